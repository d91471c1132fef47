// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.bench.UnitExam.Finding;
import io.vblk.bench.VerifyFailure.Kind;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is wrong with a read, of all its units: what happened to neighbours alike is said once, and
 * a write of which some units are there and others are not is a torn one. Thread: the one that has
 * locked the units.
 */
final class Diagnosis {
    /** Most units that are examined of one read: of more nobody wants to hear. */
    private static final int FINDINGS_MAX = 1024;

    /** A write of this run. */
    private record Write(int writer, int sequence) {}

    private final Ledger ledger;
    private final Recipe own;
    private final Unwritten unwritten;
    private final int first;
    private final int end;
    private final Map<Integer, Finding> findings = new HashMap<>();
    /** Wrong units that are not examined begin here. */
    private int enough;

    Diagnosis(Ledger ledger, Recipe own, Unwritten unwritten, int first, int end) {
        this.ledger = ledger;
        this.own = own;
        this.unwritten = unwritten;
        this.first = first;
        this.end = end;
        this.enough = end;
    }

    /** Examines a unit that is wrong; units come in order. */
    void add(int unit, byte[] data, int seen) {
        if (findings.size() < FINDINGS_MAX) {
            findings.put(unit, new UnitExam(ledger, own, unwritten, unit, data, seen).find());
        } else {
            enough = Math.min(enough, unit);
        }
    }

    /**
     * What to say.
     *
     * @param target name of the target
     * @param dumps where wrong data goes, or null
     * @param address of the first unit of the read
     */
    List<VerifyFailure> failures(String target, DumpFiles dumps, long address) {
        List<VerifyFailure> failures = new ArrayList<>();
        Set<Write> partlyThere = partlyThere();
        Set<Write> said = new HashSet<>();
        int unit = first;
        while (unit < enough) {
            Finding finding = findings.get(unit);
            int next = unit + 1;
            if (finding == null) {
                unit = next;
                continue;
            }
            if (isTorn(finding, partlyThere)) {
                if (said.add(write(unit))) {
                    failures.add(torn(write(unit), finding, target, dumps, address));
                }
            } else {
                while (next < enough && findings.get(next) != null
                        && findings.get(next).same().equals(finding.same())
                        && !isTorn(findings.get(next), partlyThere)) {
                    next++;
                }
                failures.add(failure(finding.kind(), unit, next, finding, finding.detail(),
                        target, dumps, address));
            }
            unit = next;
        }
        return failures;
    }

    private Set<Write> partlyThere() {
        Set<Write> writes = new HashSet<>();
        for (int unit = first; unit < enough; unit++) {
            Finding finding = findings.get(unit);
            if (write(unit) != null && (finding == null || finding.kind() == Kind.TORN)) {
                writes.add(write(unit));
            }
        }
        return writes;
    }

    private Write write(int unit) {
        return (ledger.bits(unit) & (Ledger.WRITTEN | Ledger.SHARED)) == Ledger.WRITTEN
                ? new Write(ledger.writer(unit), ledger.sequence(unit))
                : null;
    }

    private boolean isTorn(Finding finding, Set<Write> partlyThere) {
        return partlyThere.contains(write(finding.unit())) && isOldData(finding);
    }

    /** Whether a unit may be what a write that got only half way has left. */
    private boolean isOldData(Finding finding) {
        return switch (finding.kind()) {
            case LOST, STALE, ZEROES, TORN -> true;
            case FOREIGN -> (ledger.bits(finding.unit()) & Ledger.BEFORE) == 0;
            case MISPLACED, CORRUPT, UNREADABLE -> false;
        };
    }

    private VerifyFailure torn(Write write, Finding finding, String target, DumpFiles dumps,
            long address) {
        Labels labels = new Labels(ledger, unwritten);
        Labels.Segments segments = new Labels.Segments();
        int from = end;
        int to = first;
        for (int unit = first; unit < enough; unit++) {
            if (write.equals(write(unit))) {
                from = Math.min(from, unit);
                to = unit + 1;
                add(segments, unit, labels);
            }
        }
        return failure(Kind.TORN, from, to, finding, segments.toString(), target, dumps, address);
    }

    private void add(Labels.Segments segments, int unit, Labels labels) {
        Finding here = findings.get(unit);
        List<String> parts = here == null ? List.of(labels.expected(unit)) : here.parts();
        int partBytes = ledger.unitBytes() / parts.size();
        for (int i = 0; i < parts.size(); i++) {
            segments.add(ledger.offset(unit) + (long) i * partBytes, parts.get(i));
        }
    }

    private VerifyFailure failure(Kind kind, int from, int to, Finding finding, String detail,
            String target, DumpFiles dumps, long address) {
        long offset = ledger.offset(from);
        long lengthBytes = ledger.offset(to) - offset;
        int unitBytes = ledger.unitBytes();
        String crcs = String.format(finding.expectedCrc() == 0
                        ? "crc32c %2$08x read" : "crc32c %08x expected, %08x read",
                finding.expectedCrc(), finding.readCrc());
        String which = to - from == 1 ? ""
                : " of the " + unitBytes + " bytes at " + ledger.offset(finding.unit());
        String saved = dumps == null ? ""
                : dumps.save(ledger, from, to, address + (long) (from - first) * unitBytes,
                        unit -> expected(unit, address));
        return new VerifyFailure(kind, offset, lengthBytes, finding.expectedCrc(),
                finding.readCrc(), "verify: offset " + offset + ", length " + lengthBytes + ": "
                + target + ": " + kind + ": " + detail + " (" + crcs + which + ")" + saved);
    }

    private byte[] expected(int unit, long address) {
        byte[] received = new byte[ledger.unitBytes()];
        NativeMemory.copyToArray(address + (long) (unit - first) * received.length, received, 0,
                received.length);
        return UnitExam.expected(ledger, own, unwritten, unit, received);
    }
}
