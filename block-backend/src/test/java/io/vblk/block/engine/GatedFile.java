// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A file whose reads wait until the test lets them go. Thread: any. */
final class GatedFile extends FakeFile {
    private static final long DEADLINE_NS = 20_000_000_000L;

    private final Set<Long> open = new HashSet<>();
    private boolean allOpen;
    private int inside;
    private int insidePeak;

    GatedFile(int size) {
        super(size);
    }

    @Override
    public long read(long iovecs, int count, long offset) {
        synchronized (this) {
            inside++;
            insidePeak = Math.max(insidePeak, inside);
            notifyAll();
            awaitTrue(() -> allOpen || open.contains(offset));
            inside--;
        }
        return super.read(iovecs, count, offset);
    }

    /** Lets the reads at an offset go. */
    synchronized void open(long offset) {
        open.add(offset);
        notifyAll();
    }

    /** Lets all reads go. */
    synchronized void openAll() {
        allOpen = true;
        notifyAll();
    }

    /** Waits until so many reads wait. */
    synchronized void awaitInside(int wanted) {
        awaitTrue(() -> inside == wanted);
    }

    /** Most reads that waited at the same time. */
    synchronized int insidePeak() {
        return insidePeak;
    }

    private void awaitTrue(BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("did not happen; " + inside + " reads wait");
            }
            try {
                wait(100);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
