// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A job while its options are read; fields are as options leave them. Thread: one. */
final class JobBuilder {
    private static final Set<String> FIRST = Set.of("kb_base", "name");

    final JobContext context;
    final List<String> warnings = new ArrayList<>();
    final TreeSet<String> withoutEffect = new TreeSet<>();
    final Map<String, String> device = new LinkedHashMap<>();
    int kbBase = Units.KB_BASE_DEFAULT;

    String name;
    String filename;
    String directory;
    String ioengine;
    String blkioDriver;
    String blkioPath;
    Boolean direct;

    int clones = 1;
    boolean stonewall;
    boolean newGroup;
    boolean group;
    boolean exitAll;
    BitSet cpus = new BitSet();
    boolean splitCpus;

    ReadWrite rw = ReadWrite.READ;
    int sequence = 1;
    long skipBytes;
    int rwMixRead = Access.RWMIX_DEFAULT;
    final Integer[] sizes = new Integer[3];
    final SizeSplit[] ranges = new SizeSplit[3];
    final SizeSplit[] splits = new SizeSplit[3];
    Distribution distribution = Distribution.UNIFORM;
    boolean randomMap = true;
    boolean repeatable = true;
    Long randSeed;
    boolean zeroesForTrims;

    Amount offset = Amount.NONE;
    Amount size = Amount.NONE;
    Amount fileSize = Amount.NONE;
    Amount offsetIncrement = Amount.NONE;
    Amount ioSize = Amount.NONE;
    int loops = 1;
    long numberIos;

    long runtimeNs;
    boolean timeBased;
    long rampNs;
    long startDelayNs;
    long thinkNs;
    long thinkSpinNs;
    int thinkBlocks = 1;
    final Long[] rateBytes = new Long[3];
    final Long[] rateIops = new Long[3];
    final Long[] leastBytes = new Long[3];
    final Long[] leastIops = new Long[3];
    ArrivalRate.Process process = ArrivalRate.Process.LINEAR;

    int depth = 1;
    int batchSubmit = 1;
    int batchCompleteMin = 1;
    int batchCompleteMax = Integer.MAX_VALUE;
    int depthLow;
    WaitMode waitMode;
    boolean serializeOverlap;

    int fsyncEvery;
    int fdatasyncEvery;
    boolean endFsync;
    boolean syncWrites;

    VerifySpec.Method verify;
    short[] verifyPattern;
    int verifyInterval;
    boolean doVerify = true;
    int verifyBacklog;
    int verifyBacklogBatch;
    boolean verifyFatal;
    boolean verifyDump;
    boolean verifyOnly;
    boolean trimVerifyZero;

    boolean zeroBuffers;
    boolean refillBuffers;
    boolean scrambleBuffers = true;
    short[] bufferPattern;
    int compressPercent;
    int compressChunk;
    int dedupePercent;

    long latencyTargetNs;
    long latencyWindowNs;
    double latencyPercentile = 100;
    boolean latencyRun;
    Goals.SteadyState.Kind steadyKind;
    double steadyLimit;
    boolean steadyIsPercent;
    long steadyNs;
    long steadyRampNs;
    long steadyIntervalNs = Units.SECOND_NS;
    long maxLatencyNs;
    boolean continueOnRead;
    boolean continueOnWrite;
    boolean continueOnVerify;

    List<Double> percentiles = Reporting.PERCENTILES_DEFAULT;
    boolean slatPercentiles;
    boolean clatPercentiles = true;
    boolean latPercentiles;
    String bwLog;
    String latLog;
    String iopsLog;
    String histLog;
    String hdrLog;
    int logAverageMs;
    int logHistMs;
    int logCoarseness;
    boolean logOffset;
    boolean logUnixEpoch;

    JobBuilder(JobContext context, String name) {
        this.context = context;
        this.name = name;
        waitMode = context.waitMode();
    }

    /** Takes over options; a later one replaces an earlier one. */
    void apply(List<NameValue> options) {
        // Units and the name count for all options of a job, wherever they stand.
        options.stream().filter(option -> FIRST.contains(option.name())).forEach(this::apply);
        options.stream().filter(option -> !FIRST.contains(option.name())).forEach(this::apply);
    }

    private void apply(NameValue option) {
        try {
            if (context.deviceOptions().contains(option.name())) {
                device.put(option.name(), option.value() == null ? "1" : option.value());
                return;
            }
            FioOption row = OptionTable.require(option.name());
            switch (row.role()) {
                case WORKS -> row.setter().accept(this, value(row, option));
                case NO_EFFECT -> withoutEffect.add(row.name());
                case REFUSED -> refuse(row, option);
                case MET -> { }
            }
        } catch (JobSyntaxException e) {
            throw JobSyntaxException.at(option.where(), named(option, e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw JobSyntaxException.at(option.where(), e.getMessage());
        }
    }

    private static void refuse(FioOption row, NameValue option) {
        if (row.refuses(option.value())) {
            throw new JobSyntaxException(option + " is not supported: " + row.help());
        }
    }

    private static String named(NameValue option, String message) {
        return message.contains(option.name()) ? message : option.name() + ": " + message;
    }

    private OptionValue value(FioOption row, NameValue option) {
        String text = option.value() == null ? null : option.value().trim();
        if (text == null || text.isEmpty() && row.kind() != FioOption.Kind.OPTIONAL) {
            if (!row.isFlag() || text != null) {
                throw new JobSyntaxException("option " + option.name() + " needs a value");
            }
            text = row.kind() == FioOption.Kind.FLAG ? "1" : "";
        }
        if (row.kind() != FioOption.Kind.TEXT && Units.hasSwappedPrefix(text, kbBase)) {
            warnings.add(option.name() + "=" + text + ": with kb_base=1024 a kib is 1000 bytes,"
                    + " as in fio; write k for 1024");
        }
        return new OptionValue(option.name(), text, kbBase);
    }


    /** What a log is called: its value, or the job. */
    String logName(OptionValue value) {
        return value.text().isEmpty() ? name : value.text();
    }

    /** The job. */
    JobSpec build(Map<String, String> written) {
        return new JobAssembly(this).job(written);
    }

    static void fill(Object[] target, List<?> values) {
        Arrays.setAll(target, i -> values.get(i) == null ? target[i] : values.get(i));
    }
}
