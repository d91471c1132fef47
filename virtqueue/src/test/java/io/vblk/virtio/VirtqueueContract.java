// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every pair of driver side and device side must do; subclasses bring the pair. Kicks and
 * calls are compared with what the specification says for 64-bit counters that never wrap.
 */
abstract class VirtqueueContract {
    /** More than once around the 16-bit indices. */
    private static final int REQUESTS = 70_001;
    private static final int INDICES = 65_536;
    private static final int BUFFERS_MAX = 5;
    private static final int DATA_BYTES = 1 << 20;
    /** Different chains; a prime, so that they meet all places of a ring. */
    private static final int CHAINS = 1021;

    /** One queue to be made. */
    record Setup(int size, boolean eventIdx, boolean indirect) {
        long features() {
            return (indirect ? 1L << 28 : 0) | (eventIdx ? 1L << 29 : 0);
        }

        int buffersMax() {
            return indirect ? BUFFERS_MAX : Math.min(size, BUFFERS_MAX);
        }

        int descriptorsOf(int token) {
            return indirect ? 1 : countOf(token);
        }

        int countOf(int token) {
            return 1 + token % CHAINS % buffersMax();
        }
    }

    private GuestRam ram;
    private QueueSides.Driver driver;
    private QueueSides.Device device;
    private long data;
    private final List<List<Buffer>> chains = new ArrayList<>();

    /** The driver side, on memory that it may take from {@code memory}. */
    abstract QueueSides.Driver openDriver(GuestRam memory, Setup setup);

    /** The device side of the driver opened last. */
    abstract QueueSides.Device openDevice(GuestRam memory, Setup setup) throws VirtioException;

    /** Whether the driver is the product's, not the reference. */
    boolean driverIsOurs() {
        return true;
    }

    /** Whether the device is the product's, not the reference. */
    boolean deviceIsOurs() {
        return true;
    }

    static Stream<Setup> setups() {
        List<Setup> all = new ArrayList<>();
        for (int size : new int[] {1, 2, 4, 16, 128, 256, 1024, 32768}) {
            for (int bits = 0; bits < 4; bits++) {
                all.add(new Setup(size, (bits & 1) != 0, (bits & 2) != 0));
            }
        }
        return all.stream();
    }

    private void open(Setup setup) throws VirtioException {
        ram = GuestRam.ofBytes(8 << 20);
        data = ram.allocate(DATA_BYTES, 64);
        for (int i = 0; i < CHAINS; i++) {
            chains.add(makeChain(setup, i));
        }
        driver = openDriver(ram, setup);
        device = openDevice(ram, setup);
    }

    @AfterEach
    void close() {
        ram.close();
    }

    private List<Buffer> makeChain(Setup setup, int number) {
        int count = setup.countOf(number);
        int readable = number / setup.buffersMax() % (count + 1);
        List<Buffer> buffers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = 1 + (number * 31 + i * 17) % 4096;
            long offset = (number * 997L + i * 4099L) % (DATA_BYTES - 4096);
            buffers.add(new Buffer(data + offset, length, i >= readable));
        }
        return buffers;
    }

    /** The chain of a request: its number, sizes and addresses follow from the token. */
    private List<Buffer> buffersOf(int token) {
        return chains.get(token % CHAINS);
    }

    private static int usedLengthOf(int token) {
        // Some of them with the highest bit set.
        return token * 0x01234567;
    }

    // ------------------------------------------------------------------ the long way round

    @ParameterizedTest
    @MethodSource("setups")
    void keepsOrderContentAndNotificationsAroundTheIndices(Setup setup) throws VirtioException {
        open(setup);
        long seed = setup.hashCode();
        Journey journey = new Journey(setup, new Random(seed));
        try {
            while (journey.polled < REQUESTS) {
                journey.driverAdds();
                journey.deviceTakes();
                journey.deviceUses();
                journey.driverPolls();
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + " after " + journey.polled + " requests", e);
        }
    }

    /** A run with random batches; what must come out is kept in ordinary collections. */
    private final class Journey {
        private final Setup setup;
        private final Random random;
        private final Deque<Integer> available = new ArrayDeque<>();
        private final List<int[]> taken = new ArrayList<>();
        private final Deque<Integer> used = new ArrayDeque<>();
        private final Notifications kicks;
        private final Notifications calls;
        private int freeDescriptors;
        private int nextToken;
        private int popped;
        private int polled;

        Journey(Setup setup, Random random) {
            this.setup = setup;
            this.random = random;
            this.freeDescriptors = setup.size();
            this.kicks = new Notifications(setup.eventIdx());
            this.calls = new Notifications(setup.eventIdx());
        }

        void driverAdds() {
            int count = random.nextInt(setup.size() + 2);
            for (int i = 0; i < count && nextToken < REQUESTS; i++) {
                boolean fits = freeDescriptors >= setup.descriptorsOf(nextToken);
                assertEquals(fits, driver.add(nextToken, buffersOf(nextToken)), "fits");
                if (!fits) {
                    break;
                }
                freeDescriptors -= setup.descriptorsOf(nextToken);
                available.add(nextToken++);
            }
            assertEquals(kicks.due(nextToken), driver.publish(), "kick");
        }

        void deviceTakes() {
            boolean toggle = random.nextBoolean();
            if (toggle) {
                device.disableKicks();
                kicks.disable();
            }
            int count = random.nextInt(available.size() + 1);
            for (int i = 0; i < count; i++) {
                assertFalse(device.isEmpty(), "empty");
                ReferenceDevice.Chain chain = device.pop();
                int token = available.removeFirst();
                assertEquals(buffersOf(token), chain.buffers(), "chain");
                taken.add(new int[] {chain.head(), token});
                popped++;
            }
            if (available.isEmpty()) {
                assertTrue(device.isEmpty(), "empty");
                assertNull(device.pop(), "nothing left");
            }
            if (toggle) {
                device.enableKicks();
                kicks.enable(popped);
            }
        }

        void deviceUses() {
            Collections.shuffle(taken, random);
            int count = random.nextInt(taken.size() + 1);
            for (int i = 0; i < count; i++) {
                int[] chain = taken.remove(taken.size() - 1);
                device.addUsed(chain[0], usedLengthOf(chain[1]));
                used.add(chain[1]);
            }
            device.publishUsed();
            int shown = polled + used.size();
            // A device may call once at its start, for what one before it may have used.
            if (shown > 0) {
                assertEquals(calls.due(shown), device.needsCall(), "call");
            }
        }

        void driverPolls() {
            boolean toggle = random.nextBoolean();
            if (toggle) {
                driver.disableCalls();
                calls.disable();
            }
            int count = random.nextInt(used.size() + 1);
            for (int i = 0; i < count; i++) {
                assertTrue(driver.hasUsed(), "has used");
                ReferenceDriver.Used chain = driver.pollUsed();
                int token = used.removeFirst();
                assertEquals(token, chain.token(), "token");
                assertEquals(usedLengthOf(token) & 0xFFFFFFFFL, chain.length(), "length");
                freeDescriptors += setup.descriptorsOf(token);
                polled++;
            }
            if (used.isEmpty()) {
                assertFalse(driver.hasUsed(), "has used");
                assertNull(driver.pollUsed(), "nothing left");
            }
            if (toggle) {
                driver.enableCalls();
                calls.enable(polled);
            }
        }
    }

    /** When a notification is due, by counting entries without end. */
    private static final class Notifications {
        private final boolean eventIdx;
        private boolean on = true;
        private long event;
        private long decided;

        Notifications(boolean eventIdx) {
            this.eventIdx = eventIdx;
        }

        void enable(long next) {
            on = true;
            event = next;
        }

        void disable() {
            on = false;
        }

        /** Entries up to {@code shown}, not included, are to be seen now. */
        boolean due(long shown) {
            long from = decided;
            decided = shown;
            if (!eventIdx) {
                return on && from != shown;
            }
            // The field has 16 bits: it means this entry, and each 65536th one after it.
            for (long index = from; index < shown; index++) {
                if (index >= event && (index - event) % INDICES == 0) {
                    return true;
                }
            }
            return false;
        }
    }

    // ------------------------------------------------------------------ known patterns

    @ParameterizedTest
    @MethodSource("setups")
    void kicksAndCallsOncePerBatchWhileAskedTo(Setup setup) throws VirtioException {
        open(setup);
        int kicks = 0;
        int calls = 0;
        int batches = 40;
        int token = 0;
        for (int batch = 0; batch < batches; batch++) {
            int count = fill(token, 1 + batch % 7);
            kicks += driver.publish() ? 1 : 0;
            assertFalse(driver.publish(), "kick for nothing new");
            serve(count);
            device.enableKicks();
            device.publishUsed();
            calls += device.needsCall() ? 1 : 0;
            assertFalse(device.needsCall(), "call for nothing new");
            drain(count);
            driver.enableCalls();
            token += count;
        }
        assertEquals(batches, kicks);
        assertEquals(batches, calls);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void neitherKicksNorCallsWhileSwitchedOff(Setup setup) throws VirtioException {
        open(setup);
        int kicks = 0;
        int calls = 0;
        device.disableKicks();
        driver.disableCalls();
        List<Buffer> one = List.of(new Buffer(data, 1, true));
        // In threes the index comes by in the middle of a batch.
        int batch = Math.min(setup.size(), 3);
        int requests = setup.size() <= 16 ? REQUESTS : 3_000;
        for (int token = 0; token < requests; token += batch) {
            for (int i = 0; i < batch; i++) {
                assertTrue(driver.add(token + i, one));
            }
            kicks += driver.publish() ? 1 : 0;
            serve(batch);
            device.publishUsed();
            calls += device.needsCall() ? 1 : 0;
            drain(batch);
        }
        // An event index that stays where it is asks once, and again each time the index comes
        // by; one that is moved behind, as ours are, only then.
        int staying = setup.eventIdx() ? 1 + (requests - 1) / INDICES : 0;
        int behind = setup.eventIdx() ? requests / INDICES : 0;
        assertEquals(deviceIsOurs() ? behind : staying, kicks);
        // Our device calls at its first decision in any case.
        int first = setup.eventIdx() && deviceIsOurs() ? 1 : 0;
        assertEquals(driverIsOurs() ? behind + first : staying, calls);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void asksAgainAfterHavingBeenSwitchedOff(Setup setup) throws VirtioException {
        open(setup);
        for (int token = 0; token < 100; token++) {
            device.disableKicks();
            driver.disableCalls();
            fill(2 * token, 1);
            driver.publish();
            serve(1);
            device.publishUsed();
            device.needsCall();
            drain(1);
            device.enableKicks();
            driver.enableCalls();
            fill(2 * token + 1, 1);
            assertTrue(driver.publish(), "kick");
            serve(1);
            device.publishUsed();
            assertTrue(device.needsCall(), "call");
            drain(1);
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void showsNothingBeforeItIsPublished(Setup setup) throws VirtioException {
        open(setup);
        int count = fill(0, 3);
        assertTrue(device.isEmpty());
        assertNull(device.pop());
        driver.publish();
        serve(count);
        assertFalse(driver.hasUsed());
        assertNull(driver.pollUsed());
        device.publishUsed();
        drain(count);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void takesAsManyChainsAsThereAreDescriptors(Setup setup) throws VirtioException {
        open(setup);
        // Twice, so that a descriptor lost on the way would be missed.
        for (int round = 0; round < 2; round++) {
            List<Buffer> one = List.of(new Buffer(data, 1, true));
            for (int i = 0; i < setup.size(); i++) {
                assertTrue(driver.add(i, one));
            }
            assertFalse(driver.add(setup.size(), one));
            driver.publish();
            serve(setup.size());
            device.publishUsed();
            drain(setup.size());
        }
    }

    /** Adds up to {@code wanted} chains; returns how many found room. */
    private int fill(int token, int wanted) {
        int count = 0;
        while (count < wanted && driver.add(token + count, buffersOf(token + count))) {
            count++;
        }
        assertTrue(count > 0);
        return count;
    }

    private void serve(int count) {
        for (int i = 0; i < count; i++) {
            device.addUsed(device.pop().head(), 0);
        }
        assertTrue(device.isEmpty());
    }

    private void drain(int count) {
        for (int i = 0; i < count; i++) {
            driver.pollUsed();
        }
        assertFalse(driver.hasUsed());
    }
}
