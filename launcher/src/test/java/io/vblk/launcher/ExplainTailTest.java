// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** bench --explain-tail: a table of causes, and a cause that was provoked is in it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ExplainTailTest {
    private static final List<String> CAUSES = List.of("garbage_collection", "safepoint",
            "jit_compiler", "scheduler", "this_measurement", "page_fault",
            "deoptimised_code", "host_steal", "guest_held_up", "device_asleep", "unexplained");

    private static VblkRun bench(String... options) {
        String[] words = new String[options.length + 4];
        System.arraycopy(new String[] {"bench", "memory:1M", "--rw=randread", "--explain-tail"},
                0, words, 0, 4);
        System.arraycopy(options, 0, words, 4, options.length);
        return VblkRun.of(words).succeeded();
    }

    private static JsonTree json(VblkRun run) throws Exception {
        return JsonTree.parse(run.out());
    }

    @Test
    void collectionsDuringALoadAreNamed() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Thread collects = new Thread(() -> {
            while (!over.get()) {
                System.gc();
            }
        });
        collects.start();
        VblkRun run;
        try {
            run = bench("--aio=sync", "--time_based", "--runtime=1", "--output-format=json");
        } finally {
            over.set(true);
            collects.join();
        }
        String gc = "jobs[0].vblk.tail.causes[0]";
        JsonTree json = json(run);
        assertEquals("garbage_collection", json.text(gc + ".cause"));
        assertTrue(json.integer(gc + ".events") > 0, run.out());
        assertTrue(json.integer(gc + ".requests") > 0, run.out());
        assertTrue(json.integer(gc + ".longest_ns")
                >= json.integer("jobs[0].vblk.tail.p99_9_ns"), run.out());
    }

    @Test
    void everyRequestLookedAtHasOneCause() throws Exception {
        for (String load : List.of("wait=poll", "wait=event", "rw=randtrim")) {
            JsonTree json = json(bench("--iodepth=8", "--numjobs=2", "--time_based",
                    "--runtime=300ms", "--" + load, "--output-format=json"));
            String tail = "jobs[0].vblk.tail.";
            long sum = 0;
            for (int i = 0; i < CAUSES.size(); i++) {
                assertEquals(CAUSES.get(i), json.text(tail + "causes[" + i + "].cause"));
                sum += json.integer(tail + "causes[" + i + "].requests");
            }
            assertEquals(json.integer(tail + "looked_at"), sum);
            assertTrue(sum <= json.integer(tail + "above"), load + ": " + sum);
            assertTrue(json.integer(tail + "p99_9_ns") > 0, load);
            assertTrue(json.integer(tail + "slowest.clat_ns")
                    >= json.integer(tail + "p99_99_ns") * 0.99);
        }
    }

    @Test
    void theTextNamesEveryCauseAndNobodyGetsItUnasked() {
        String text = bench("--aio=sync").out();
        for (String cause : CAUSES) {
            String words = cause.replace('_', ' ').replace("jit", "JIT");
            assertTrue(text.contains("\n  " + words + " "), words + " in " + text);
        }
        assertFalse(VblkRun.of("bench", "memory:1M", "--rw=read").out().contains("Tail of"));
    }
}
