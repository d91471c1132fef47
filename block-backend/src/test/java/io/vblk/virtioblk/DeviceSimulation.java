// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.AioTimer;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoThread;
import io.vblk.aio.ManualClock;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockLimits;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.DiskModel.Kind;
import io.vblk.virtioblk.DiskModel.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One run of {@link DeviceSimulationTest}: everything follows from its seed. Thread: one. */
final class DeviceSimulation implements AutoCloseable {
    private static final int SECTORS = 512;
    private static final int SECTORS_PER_RANGE_MAX = 8;
    private static final int STEP_NS = 50_000;
    /** Steps without an answer after which a request counts as lost. */
    private static final int IDLE_STEPS_MAX = 1_000;
    /** Longest stop of a queue, in the loop's time. */
    private static final long STOP_NS_MAX = 1_000_000_000L;
    private static final int STOPS_PER_RUN = 4;
    private static final int CUTS_PER_RUN = 6;
    private static final int SWITCHES_PER_RUN = 6;
    private static final int GUESTS_MAX = 4;
    /** Each guest gets at least this part of what would be its even share. */
    private static final int SHARE = 4;
    private static final Kind[] KINDS = {
        Kind.READ, Kind.READ, Kind.READ, Kind.READ, Kind.WRITE, Kind.WRITE, Kind.WRITE,
        Kind.WRITE, Kind.FLUSH, Kind.DISCARD, Kind.WRITE_ZEROES, Kind.SECURE_ERASE, Kind.GET_ID};
    private static final CallCoalescing[] CALLS = {CallCoalescing.OFF, CallCoalescing.OFF,
        new CallCoalescing(100_000, 4), new CallCoalescing(2_000_000, 32)};

    /** Kinds of rings: split or packed, flags or event index, indirect or not, any order or not. */
    static final int SHAPES = 16;

    private final SplittableRandom random;
    private final ManualClock clock = new ManualClock(1);
    private final IoThread loop;
    private final SimulatedBackend disk;
    private final ContractFilter contract;
    private final VirtioBlkDevice device;
    private final List<SimulatedGuest> guests = new ArrayList<>();
    private final DiskModel model = new DiskModel(SECTORS);
    private final SimulationCoverage coverage;
    private final int shape;
    private final CallCoalescing coalescing;
    private final long[] answeredBy = new long[GUESTS_MAX];
    /** Since when each guest waits for a call that it is owed, 0 if it does not. */
    private final long[] owedSinceNs = new long[GUESTS_MAX];
    private final AioTimer deadline;
    private boolean writesThrough;
    private long answered;
    private long failed;
    private int lastWriter;

    /**
     * A run.
     *
     * @param shape features of all rings, below {@link #SHAPES}
     */
    DeviceSimulation(long seed, int shape, SimulationCoverage coverage) throws Exception {
        this.random = new SplittableRandom(seed);
        this.shape = shape;
        this.coverage = coverage;
        loop = IoThread.adoptCurrent(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 64, clock));
        deadline = loop.context().timer("deadline", () -> {
            throw new AssertionError("the queue does not stop; " + stuck());
        });
        disk = new SimulatedBackend(loop.context(), new BlockLimits(
                SECTORS * DiskModel.SECTOR_BYTES, 512, 4096, 0, false, true, true, true),
                random.nextLong(), behaviour());
        contract = new ContractFilter(disk, loop.context());
        coalescing = CALLS[random.nextInt(CALLS.length)];
        int queues = 2 + random.nextInt(GUESTS_MAX - 1);
        device = new VirtioBlkDevice(
                new VirtioBlkOptions("simulated", queues, 64, List.of(), true, coalescing),
                loop, contract);
        long features = device.features();
        long[] choices = {VirtioFeatures.RING_PACKED, VirtioFeatures.EVENT_IDX,
            VirtioFeatures.INDIRECT_DESC, VirtioFeatures.IN_ORDER};
        for (int i = 0; i < choices.length; i++) {
            features &= (shape >> i & 1) != 0 ? -1 : ~choices[i];
        }
        device.acknowledgeFeatures(features);
        for (int i = 0; i < queues; i++) {
            boolean odd = i == 1 || i > 1 && random.nextBoolean();
            guests.add(odd ? new OddGuest(features, random.split()) : new OrdinaryGuest(features));
            start(i, guests.get(i).ring().base());
        }
        if (random.nextInt(3) == 0) {
            switchCache();
        }
    }

    private Behaviour behaviour() {
        return new Behaviour(oneOf(0, 20, 100), oneOf(0, 10, 50), oneOf(0, 5, 20),
                oneOf(0, 100_000, 1_000_000), false);
    }

    private int oneOf(int... values) {
        return values[random.nextInt(values.length)];
    }

    private void start(int index, int base) throws Exception {
        SimulatedGuest guest = guests.get(index);
        VirtqueueConfig ring = guest.ring();
        device.startQueue(index, guest.memory(), new VirtqueueConfig(ring.size(),
                ring.descAddress(), ring.availAddress(), ring.usedAddress(), base),
                guest.kickNotifier(), guest.callNotifier());
    }

    /** Sends so many requests, in random steps, and awaits their answers. */
    void run(int requests) throws Exception {
        int left = requests;
        int idle = 0;
        while (left > 0 || answered < requests) {
            long before = answered;
            int sent = send(left);
            left -= sent;
            turn();
            idle = answered == before && sent == 0 ? idle + 1 : 0;
            assertTrue(idle < IDLE_STEPS_MAX, this::stuck);
            if (random.nextInt(requests / STOPS_PER_RUN) == 0) {
                stopAndStart(random.nextInt(guests.size()));
            }
            if (random.nextInt(requests / SWITCHES_PER_RUN) == 0) {
                switchCache();
            }
            if (left > 0 && random.nextInt(requests / CUTS_PER_RUN) == 0) {
                cutPower();
            }
        }
        finish(requests);
    }

    private String stuck() {
        return "in flight: " + guests.stream().map(SimulatedGuest::inFlight).toList()
                + ", on the disk: " + disk.underWay() + ", " + device.stats();
    }

    /** Some requests of one guest; returns how many were sent. */
    private int send(int left) {
        SimulatedGuest guest = guests.get(random.nextInt(guests.size()));
        int sent = 0;
        for (int i = random.nextInt(8); i > 0 && sent < left; i--) {
            Request request = request();
            if (guest.accepts(request) && model.begin(request)) {
                if (!guest.add(request)) {
                    model.cancel(request);
                    break;
                }
                sent++;
            }
        }
        guest.publish();
        return sent;
    }

    private Request request() {
        Kind kind = KINDS[random.nextInt(KINDS.length)];
        int ranges = kind == Kind.FLUSH || kind == Kind.GET_ID
                ? 0 : kind.hasRanges() ? 1 + random.nextInt(OddGuest.RANGES_MAX) : 1;
        int[] sectors = new int[ranges];
        int[] counts = new int[ranges];
        for (int i = 0; i < ranges; i++) {
            // Each range in a part of the disk of its own: they must not overlap.
            int part = SECTORS / ranges;
            counts[i] = 1 + random.nextInt(SECTORS_PER_RANGE_MAX);
            sectors[i] = i * part + random.nextInt(part - counts[i] + 1);
        }
        long stamp = kind == Kind.WRITE ? model.takeStamps(counts[0]) : 0;
        return new Request(kind, sectors, counts, stamp);
    }

    private void turn() {
        clock.advance(random.nextInt(STEP_NS));
        for (int i = random.nextInt(3); i >= 0; i--) {
            loop.context().poll(false);
        }
        for (int i = 0; i < guests.size(); i++) {
            SimulatedGuest.Answer answer = guests.get(i).poll();
            while (answer != null) {
                take(i, answer);
                answer = guests.get(i).poll();
            }
            awaitCall(i);
        }
    }

    /** A guest that sleeps is called at once, or within the delay that the operator allowed. */
    private void awaitCall(int index) {
        if (!guests.get(index).awaitsCall()) {
            owedSinceNs[index] = 0;
            return;
        }
        long nowNs = clock.nanoTime();
        if (owedSinceNs[index] == 0) {
            owedSinceNs[index] = nowNs;
        }
        assertTrue(nowNs - owedSinceNs[index] <= coalescing.delayNs(),
                () -> "a call of queue " + index + " is overdue; " + stuck());
    }

    private void take(int index, SimulatedGuest.Answer answer) {
        Request request = answer.request();
        answered++;
        answeredBy[index]++;
        boolean error = answer.status() == HandMadeGuest.IOERR;
        if (error) {
            failed++;
        } else {
            assertEquals(HandMadeGuest.OK, answer.status(), () -> "status of " + request);
        }
        long written = error ? 0 : switch (request.kind()) {
            case READ -> (long) request.totalSectors() * DiskModel.SECTOR_BYTES;
            case GET_ID -> VirtioBlkAbi.ID_BYTES;
            default -> 0;
        };
        assertEquals(written + 1, answer.usedLength(), () -> "used length of " + request);
        model.end(request, error, answer.data());
        Kind kind = request.kind();
        coverage.add(((shape & 1) != 0 ? "packed " : "split ") + kind + (error ? " IOERR" : " OK"),
                1);
        if (kind == Kind.WRITE) {
            lastWriter = index;
        } else if (kind == Kind.FLUSH && !error && lastWriter != index) {
            coverage.add("flush covers another queue's write", 1);
        }
    }

    private void stopAndStart(int index) throws Exception {
        // Whoever waits for the stop runs the loop, and its clock has to go on meanwhile.
        clock.stepOnRead(STEP_NS);
        deadline.modify(clock.nanoTime() + STOP_NS_MAX);
        int base = device.stopQueue(index);
        deadline.cancel();
        clock.stepOnRead(0);
        start(index, base);
        coverage.add("queue stopped and started", 1);
    }

    /** The driver switches the write cache, also while requests are under way. */
    private void switchCache() throws Exception {
        writesThrough = !writesThrough;
        device.writeConfig(
                VirtioBlkAbi.CONFIG_WRITEBACK, new byte[] {(byte) (writesThrough ? 0 : 1)});
        model.writesThrough(writesThrough);
        coverage.add(writesThrough ? "cache off" : "cache on", 1);
    }

    /**
     * The power goes when nothing is under way. What was stable stays, by a flush of any guest or
     * because the driver had switched the write cache off.
     */
    private void cutPower() {
        for (int turns = 0; inFlight() > 0; turns++) {
            assertTrue(turns < IDLE_STEPS_MAX, this::stuck);
            turn();
        }
        disk.cutPower();
        coverage.add("sectors lost by power cuts", model.checkAfterCut(disk.address()));
        coverage.add(writesThrough ? "power cut with the cache off" : "power cut", 1);
    }

    private int inFlight() {
        return guests.stream().mapToInt(SimulatedGuest::inFlight).sum();
    }

    private void finish(int requests) {
        VirtioBlkStats stats = device.stats();
        assertEquals(requests, stats.requests());
        assertEquals(failed, stats.errors());
        assertEquals(0, stats.malformed() + stats.unsupported());
        assertEquals(0, disk.underWay());
        assertEquals(0, inFlight());
        model.check(disk.address(), 0, SECTORS);
        String ring = SimulationCoverage.ring(shape);
        for (int i = 0; i < guests.size(); i++) {
            long share = answeredBy[i];
            assertTrue(share >= requests / guests.size() / SHARE,
                    () -> "a guest got only " + share + " of " + requests + " answers");
            coverage.add(ring + " " + guests.get(i).getClass().getSimpleName(), share);
            if (guests.get(i) instanceof OddGuest odd) {
                coverage.add("layout " + odd.layout(), 1);
                coverage.add("slept until called", odd.sleeps());
            }
        }
        coverage.add(((shape & 1) != 0 ? "packed" : "split")
                + (coalescing.isOn() ? " calls held back" : " calls at once"), stats.calls());
        coverage.add("BUSY", stats.busy());
        coverage.add("EIO", disk.ioErrors());
        coverage.add("ENOSPC", disk.noSpace());
        coverage.add("short transfer", disk.shortTransfers());
        coverage.add("overtaking", disk.overtakings());
    }

    @Override
    public void close() {
        clock.stepOnRead(STEP_NS);
        device.close();
        contract.close();
        loop.close();
        guests.forEach(SimulatedGuest::close);
    }
}
