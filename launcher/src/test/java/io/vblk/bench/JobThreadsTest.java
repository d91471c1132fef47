// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.JobContext;
import io.vblk.fio.JobPlan;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.posix.Posix;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs beside each other: where their threads run, and whom the end of one ends. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class JobThreadsTest {
    private static final long SHOW_NS = 20_000_000L;

    private static BenchRun open(String text) throws IOException {
        List<JobSpec> jobs = JobPlan.ofStream(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), List.of(),
                List.of(), new JobContext(Set.of(), WaitMode.POLL, Map.of())).jobs().stream()
                .map(job -> job.withTarget("memory:1M")).toList();
        return BenchRun.open(jobs, Map.of("memory:1M", Jobs.TWO_QUEUES));
    }

    /** Adds what the kernel says of where the guests' threads may run. */
    private static void noteCpus(Set<String> seen) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                List<String> lines = Files.readAllLines(thread.resolve("status"));
                String name = lines.get(0).substring("Name:".length()).trim();
                if (name.startsWith("vblk-guest-")) {
                    lines.stream().filter(line -> line.startsWith("Cpus_allowed_list:"))
                            .forEach(line -> seen.add(name + line.substring(line.indexOf(':'))));
                }
            }
        } catch (IOException e) {
            // One of them has just ended.
        }
    }

    @Test
    void threadsRunWhereTheJobSays() throws IOException {
        int first = Posix.cpus().nextSetBit(0);
        int last = Posix.cpus().length() - 1;
        String cpus = first == last ? "" + first : first + "," + last;
        Set<String> seen = new ConcurrentSkipListSet<>();
        try (BenchRun run = open("[global]\nrw=randread\nwait=event\ntime_based\nruntime=30"
                + "\ncpus_allowed=" + cpus + "\ncpus_allowed_policy=split\n[a]\n[b]\n")) {
            run.showEvery(SHOW_NS);
            Set<String> expected = new TreeSet<>(
                    Set.of("vblk-guest-0:\t" + first, "vblk-guest-1:\t" + last));
            run.run(progress -> {
                noteCpus(seen);
                if (seen.containsAll(expected)) {
                    run.stop();
                }
            });
            assertTrue(seen.containsAll(expected), seen.toString());
        }
    }

    @Test
    void aProcessorThatIsNotThereIsSaidBeforeTheLoad() {
        String message = assertThrows(IllegalArgumentException.class,
                () -> open("[a]\nrw=read\ncpus_allowed=1023\n").close()).getMessage();
        assertTrue(message.startsWith("job a: processor 1023 is not there"), message);
        assertTrue(message.contains("name some of {"), message);
    }

    @Test
    void theEndOfAJobWithExitallIsTheEndOfItsGroup() throws IOException {
        try (BenchRun run = open("[short]\nrw=read\ntime_based\nruntime=300ms\nexitall\n"
                + "[long]\nrw=write\nwait=event\nverify=crc32c\ntime_based\nruntime=600\n"
                + "[later]\nstonewall\nrw=read\nnumber_ios=20\n")) {
            List<JobStats> stats = run.run(progress -> { }).results().stream()
                    .map(JobResult::stats).toList();

            assertTrue(stats.get(1).elapsedNs < 60_000_000_000L, "ended early");
            assertTrue(stats.get(1).write.ios > 0, "both ran");
            assertTrue(stats.get(1).verifiedBlocks > 0, "what it wrote is checked all the same");
            assertEquals(20, stats.get(2).read.ios, "another group");
        }
    }

    @Test
    void withoutItJobsEndByThemselves() throws IOException {
        try (BenchRun run = open("[short]\nrw=read\nnumber_ios=1\n"
                + "[longer]\nrw=read\nnumber_ios=200\n")) {
            assertEquals(200, run.run(progress -> { }).results().get(1).stats().read.ios);
        }
    }
}
