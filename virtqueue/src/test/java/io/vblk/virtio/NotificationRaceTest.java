// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One side publishes at the moment at which the other one asks for a notification and looks: either
 * the notification is due or the look finds something. Two threads meet in round after round; that
 * the fences are needed at all is shown by {@link NotificationModelTest}.
 */
class NotificationRaceTest {
    private static final int ROUNDS = 200_000;
    /** A loaded machine gets through fewer rounds in this time, which is no fault. */
    private static final long ROUNDS_MAX_NS = TimeUnit.MILLISECONDS.toNanos(700);
    private static final int JITTER_SPINS = 10;
    private static final int SPINS_BEFORE_YIELD = 2_000;
    private static final long SEED = 11;
    private static final int END = Integer.MIN_VALUE;

    private final GuestRam ram = GuestRam.ofBytes(1 << 20);
    private final DriverBuffers buffers = new DriverBuffers(1);
    private SplitDriverQueue driver;
    private Virtqueue device;
    private DescriptorChain chain;

    /** What the two threads do at the same time; an answer of false twice is a loss. */
    private interface Meeting {
        /** Before the meeting, by the driver's thread; the other one waits. */
        void prepare() throws VirtioException;

        boolean driverMeets();

        boolean deviceMeets();

        /** After the meeting, by the driver's thread; the other one waits. */
        void tidy() throws VirtioException;
    }

    private void open(boolean eventIdx) throws VirtioException, ErrnoException {
        long features = eventIdx ? VirtioFeatures.EVENT_IDX : 0;
        driver = new SplitDriverQueue(ram.memory(), 0, 4, 1, features);
        device = driver.config().activate(ram.memory(), features);
        buffers.clear();
        buffers.addWritable(0x80000, 1);
        device.needsCall();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eitherKickIsDueOrTheRingIsSeenNotEmpty(boolean eventIdx) throws Exception {
        run(eventIdx, new Meeting() {
            @Override
            public void prepare() {
                device.disableKicks();
                driver.add(buffers, 1);
            }

            @Override
            public boolean driverMeets() {
                return driver.publish();
            }

            @Override
            public boolean deviceMeets() {
                device.enableKicks();
                return !device.isEmpty();
            }

            @Override
            public void tidy() throws VirtioException {
                device.pop(chain);
                device.addUsed(chain, 0);
                device.publishUsed();
                driver.pollUsed();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eitherCallIsDueOrSomethingIsSeenUsed(boolean eventIdx) throws Exception {
        run(eventIdx, new Meeting() {
            @Override
            public void prepare() throws VirtioException {
                driver.disableCalls();
                driver.add(buffers, 1);
                driver.publish();
                device.pop(chain);
                device.addUsed(chain, 0);
            }

            @Override
            public boolean driverMeets() {
                driver.enableCalls();
                return driver.hasUsed();
            }

            @Override
            public boolean deviceMeets() {
                device.publishUsed();
                return device.needsCall();
            }

            @Override
            public void tidy() {
                driver.pollUsed();
            }
        });
    }

    // ------------------------------------------------------------------ rounds

    /** Round that the device's thread may enter, and the one it has done; negative: get ready. */
    private final AtomicInteger entered = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private boolean deviceAnswer;

    private void run(boolean eventIdx, Meeting meeting) throws Exception {
        try (ram; MappedMemory iovecs = MappedMemory.anonymous(GuestRam.PAGE)) {
            open(eventIdx);
            chain = new DescriptorChain(new IovecArray(iovecs.address(), 1));
            Thread other = new Thread(() -> meetAsDevice(meeting), "race-device");
            other.setDaemon(true);
            other.start();
            try {
                meetAsDriver(meeting);
            } finally {
                entered.set(END);
                other.join();
            }
        }
    }

    private void meetAsDriver(Meeting meeting) throws VirtioException {
        Random random = new Random(SEED);
        long deadlineNs = System.nanoTime() + ROUNDS_MAX_NS;
        for (int round = 1; round <= ROUNDS && System.nanoTime() < deadlineNs; round++) {
            meeting.prepare();
            // Each has in its cache what the other one is about to write, so that the stores are
            // slow and the loads are fast.
            entered.set(-round);
            await(done, -round);
            driver.hasUsed();
            entered.set(round);
            spin(random.nextInt(JITTER_SPINS));
            boolean driverAnswer = meeting.driverMeets();
            await(done, round);
            if (!driverAnswer && !deviceAnswer) {
                throw new AssertionError("lost in round " + round + ", seed " + SEED);
            }
            meeting.tidy();
        }
    }

    private void meetAsDevice(Meeting meeting) {
        Random random = new Random(SEED + 1);
        for (int round = 1; await(entered, -round); round++) {
            device.isEmpty();
            done.set(-round);
            await(entered, round);
            spin(random.nextInt(JITTER_SPINS));
            deviceAnswer = meeting.deviceMeets();
            done.set(round);
        }
    }

    private static void spin(int rounds) {
        for (int i = 0; i < rounds; i++) {
            Thread.onSpinWait();
        }
    }

    /** Waits for a value; returns false if it is the end instead. */
    private static boolean await(AtomicInteger cell, int value) {
        for (int spins = 0; cell.get() != value; spins++) {
            if (cell.get() == END) {
                return false;
            }
            if (spins < SPINS_BEFORE_YIELD) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        return true;
    }
}
