// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.posix.Posix;
import io.vblk.regress.Watcher;
import java.util.Locale;

/** How far a comparison is, on stderr, only if that is a terminal. Thread: main. */
final class RegressProgress implements Watcher, AutoCloseable {
    private static final int STDERR = 2;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SHOWN_NS = 200_000_000L;
    /** Before this much is done an estimate is a guess. */
    private static final double ESTIMATED_FROM = 0.02;

    private final boolean shown;
    private final long beganNs = System.nanoTime();
    private long shownNs = beganNs - SHOWN_NS;
    private String phase = "";
    private int width;

    RegressProgress(boolean shown) {
        this.shown = shown;
    }

    static RegressProgress onTerminal() {
        return new RegressProgress(Posix.isTerminal(STDERR));
    }

    @Override
    public void hear(String scenario, String what, double done) {
        if (done >= 1) {
            close();
            return;
        }
        long nowNs = System.nanoTime();
        boolean isNew = !phase.equals(scenario + what.replaceAll("\\d+", ""));
        if (!shown || nowNs - shownNs < SHOWN_NS && !isNew) {
            return;
        }
        shownNs = nowNs;
        phase = scenario + what.replaceAll("\\d+", "");
        show(line(scenario, what, done, (nowNs - beganNs) / NANOS_PER_SECOND));
    }

    static String line(String scenario, String what, double done, double elapsedSeconds) {
        String eta = "";
        if (done >= ESTIMATED_FROM) {
            long seconds = Math.round(elapsedSeconds * (1 - done) / done);
            eta = String.format(Locale.ROOT, " [eta %02dm:%02ds]", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%s: %s [%.0f%%]%s", scenario, what, 100 * done, eta);
    }

    private void show(String text) {
        System.err.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
        System.err.flush();
        width = text.length();
    }

    @Override
    public void close() {
        if (width > 0) {
            show("");
            System.err.print("\r");
            width = 0;
        }
    }
}
