// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Job files as people write them, and what becomes of them. */
final class JobFilesTest {
    private static JobPlan plan(String name) {
        return JobFiles.plan(JobFiles.directory().resolve(name));
    }

    private static JobSpec job(String file, int number) {
        return plan(file).jobs().get(number);
    }

    /** What they are as command lines, and what is said of them, stands in expected.txt. */
    @Test
    void eachIsReadAsExpected() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path file : JobFiles.all()) {
            JobPlan plan = JobFiles.plan(file);
            text.append(file.getFileName()).append('\n')
                    .append("    ").append(plan.command()).append('\n');
            plan.warnings().forEach(line -> text.append("  ! ").append(line).append('\n'));
        }
        int cpus = Runtime.getRuntime().availableProcessors();
        String expected = Files.readString(JobFiles.directory().resolve("expected.txt"))
                .replace("{4 x cpus}", Integer.toString(4 * cpus))
                .replace("{cpus}", Integer.toString(cpus));
        assertEquals(expected, text.toString());
    }

    @Test
    void phasesWaitForEachOther() {
        List<JobSpec> jobs = plan("four-phases.fio").jobs();
        assertEquals(List.of(false, true, true, true),
                jobs.stream().map(JobSpec::stonewall).toList());
        assertEquals(List.of(ReadWrite.READ, ReadWrite.RANDREAD, ReadWrite.WRITE,
                ReadWrite.RANDWRITE), jobs.stream().map(JobSpec::rw).toList());
        assertEquals("file:/dev/vdb", jobs.get(0).target());
        assertTrue(jobs.get(2).syncs().endFsync());
        assertEquals(32, jobs.get(3).syncs().fsyncEvery());
    }

    @Test
    void anIntegrityJobIsAllThere() {
        JobSpec job = job("integrity.fio", 1);
        assertEquals(new VerifySpec(VerifySpec.Method.MD5, null, 0, true, 1024, 8, true, true,
                false, false), job.verify());
        assertEquals(new Queueing(512, 128, 1, Integer.MAX_VALUE, 256, WaitMode.POLL, true),
                job.queueing());
        assertEquals(SizeSplit.range(4096, 512 << 10), job.access().sizes().write());
        assertEquals(30, job.access().rwMixRead());
        assertFalse(job.access().randomMap());
        assertEquals(true, job.attachment().direct());
    }

    @Test
    void includedFilesAreFoundBesideTheFileThatNamesThem() {
        JobSpec read = job("include.fio", 0);
        JobSpec write = job("include.fio", 1);
        assertEquals(new Queueing(64, 16, 4, 32, 64, WaitMode.POLL, false), read.queueing());
        assertEquals(new Queueing(4, 4, 4, 32, 4, WaitMode.POLL, false), write.queueing());
        assertEquals(512L << 20, write.extent().size().bytes());
    }

    @Test
    void oneDiskIsSharedByPercent() {
        List<JobSpec> jobs = plan("shares.fio").jobs();
        assertEquals(new Amount(0, 13), jobs.get(0).extent().size());
        assertEquals(new Amount(0, 13), jobs.get(1).extent().offset());
        assertFalse(jobs.get(1).verify().only());
        assertFalse(jobs.get(2).verify().isOn());
        assertEquals(new Amount(0, 10), jobs.get(2).extent().ioSize());
    }

    @Test
    void waysToWaitAreThoseOfLibblkio() {
        List<JobSpec> jobs = plan("waits.fio").jobs();
        assertEquals(List.of(WaitMode.POLL, WaitMode.EVENT, WaitMode.EVENT),
                jobs.stream().map(job -> job.queueing().waitMode()).toList());
        assertEquals("vhost-user:disk.sock", jobs.get(0).target());
        assertEquals(Map.of("poll-max-ns", "0", "cache", "none"),
                jobs.get(2).attachment().device());
    }
}
