// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.aio.IoThread;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.DirtyLog;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioDevice;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.Virtqueue;
import io.vblk.virtio.VirtqueueConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;

/**
 * virtio-blk device: features, configuration space, one VirtioBlkQueue per started queue.
 * Thread: control, except where it says home.
 */
public final class VirtioBlkDevice implements VirtioDevice {
    private static final long RING_FEATURES = VirtioFeatures.VERSION_1
            | VirtioFeatures.INDIRECT_DESC | VirtioFeatures.EVENT_IDX | VirtioFeatures.RING_PACKED;
    private static final long CACHE_FEATURES =
            VirtioBlkAbi.F_FLUSH | VirtioBlkAbi.F_CONFIG_WCE;

    private final VirtioBlkOptions options;
    private final List<QueueHome> homes;
    private final VirtioBlkConfig config;
    private final long offered;
    private final byte[] serial;
    private final VirtioBlkQueue[] queues;
    /** What each running queue was started with. */
    private final GuestMemory[] memories;
    /** Where the writes of each queue are logged, running or not; null if they are not. */
    private final QueueLog[] logs;
    /** Where requests of each queue note their stages, running or not; null if they do not. */
    private final RequestTrace[] traces;
    /** Made with the first start of a queue; kept from then on. */
    private final AtomicReferenceArray<LatencyRecorder> latencies;
    private volatile Counted counted = new Counted(VirtioBlkStats.NONE, List.of());
    private volatile long negotiated;
    private volatile boolean writesThrough = true;
    private volatile BlockLimits limits;
    private volatile boolean measuring;
    /** What logs call the disk; empty if there is but one. */
    private volatile String name = "";
    private Runnable configListener = () -> { };
    private volatile IntConsumer brokenListener = queue -> { };

    private record QueueLog(DirtyLog log, long usedLogAddress) {}

    /** Makes a device whose queues all run on one iothread. */
    public VirtioBlkDevice(VirtioBlkOptions options, IoThread ioThread, BlockBackend backend) {
        this(options, List.of(new QueueHome(ioThread, backend)));
    }

    /**
     * Makes a device.
     *
     * @param homes where its queues run, shared out as the options say; all with the same disk
     */
    public VirtioBlkDevice(VirtioBlkOptions options, List<QueueHome> homes) {
        for (int home : options.vqMapping()) {
            if (home < 0 || home >= homes.size()) {
                throw new IllegalArgumentException("iothread-vq-mapping names iothread " + home
                        + ", there are 0 to " + (homes.size() - 1));
            }
        }
        this.options = options;
        this.homes = List.copyOf(homes);
        this.limits = homes.get(0).backend().limits();
        this.config = new VirtioBlkConfig(options, limits);
        this.offered = offer(options, limits);
        this.serial = Arrays.copyOf(
                options.serial().getBytes(StandardCharsets.US_ASCII), VirtioBlkAbi.ID_BYTES);
        this.queues = new VirtioBlkQueue[options.numQueues()];
        this.memories = new GuestMemory[options.numQueues()];
        this.logs = new QueueLog[options.numQueues()];
        this.traces = new RequestTrace[options.numQueues()];
        this.latencies = new AtomicReferenceArray<>(queues.length);
    }

    /** Whose counters are to be added up, in one piece: others read while a queue ends. */
    private record Counted(VirtioBlkStats ended, List<VirtioBlkQueue> running) {
        Counted with(VirtioBlkQueue queue) {
            List<VirtioBlkQueue> more = new ArrayList<>(running);
            more.add(queue);
            return new Counted(ended, more);
        }

        Counted without(VirtioBlkQueue queue) {
            List<VirtioBlkQueue> fewer = new ArrayList<>(running);
            fewer.remove(queue);
            return new Counted(ended.plus(queue.stats()), fewer);
        }

        VirtioBlkStats sum() {
            VirtioBlkStats sum = ended;
            for (VirtioBlkQueue queue : running) {
                sum = sum.plus(queue.stats());
            }
            return sum;
        }
    }

    private static long offer(VirtioBlkOptions options, BlockLimits limits) {
        // SIZE_MAX stays away: with 0 in its field Linux takes 4096 as the longest segment.
        long features = RING_FEATURES | VirtioBlkAbi.F_SEG_MAX | VirtioBlkAbi.F_BLK_SIZE
                | VirtioBlkAbi.F_TOPOLOGY | VirtioBlkAbi.F_FLUSH | VirtioBlkAbi.F_CONFIG_WCE;
        if (options.inOrder()) {
            features |= VirtioFeatures.IN_ORDER;
        }
        if (options.numQueues() > 1) {
            features |= VirtioBlkAbi.F_MQ;
        }
        if (limits.readOnly()) {
            return features | VirtioBlkAbi.F_RO;
        }
        if (limits.canDiscard()) {
            features |= VirtioBlkAbi.F_DISCARD;
        }
        if (limits.canWriteZeroes()) {
            features |= VirtioBlkAbi.F_WRITE_ZEROES;
        }
        if (limits.canSecureErase()) {
            features |= VirtioBlkAbi.F_SECURE_ERASE;
        }
        return features;
    }

    /** Sets what logs call the disk. */
    public void setName(String diskName) {
        name = diskName;
    }

    /** What tells the disk apart in the log of a server of several. Thread: any. */
    String logPrefix() {
        return name.isEmpty() ? "" : name + ": ";
    }

    @Override
    public int queueCount() {
        return queues.length;
    }

    @Override
    public int queueSizeMax() {
        return options.queueSize();
    }

    @Override
    public long features() {
        return offered;
    }

    @Override
    public void acknowledgeFeatures(long features) throws VirtioException {
        if ((features & ~offered) != 0) {
            throw new VirtioException("features 0x" + Long.toHexString(features & ~offered)
                    + " were not offered");
        }
        if (!VirtioFeatures.has(features, VirtioFeatures.VERSION_1)) {
            throw new VirtioException("the driver must take VERSION_1 (virtio 1.3, 6.1)");
        }
        for (VirtioBlkQueue queue : queues) {
            if (queue != null) {
                throw new VirtioException("features cannot change while a queue runs");
            }
        }
        if (negotiated == 0 || ((features ^ negotiated) & CACHE_FEATURES) != 0) {
            // Another driver than before starts with the cache as the operator has it if it can
            // flush, and off if not: 5.2.5.2. The same features said again leave its choice alone.
            config.setWriteback(options.writeCache()
                    && VirtioFeatures.has(features, VirtioBlkAbi.F_FLUSH));
        }
        negotiated = features;
        updateWriteCache();
    }

    /** Without a way to flush nothing may stay in a cache, whatever the driver switches. */
    private void updateWriteCache() {
        writesThrough = !config.writeback() || !isNegotiated(VirtioBlkAbi.F_FLUSH);
    }

    @Override
    public void readConfig(int offset, byte[] target) {
        config.read(offset, target);
    }

    @Override
    public void writeConfig(int offset, byte[] source) throws VirtioException {
        if (!isNegotiated(VirtioBlkAbi.F_CONFIG_WCE)) {
            throw new VirtioException("the write cache cannot be switched: not negotiated");
        }
        config.write(offset, source);
        updateWriteCache();
    }

    @Override
    public void onConfigChange(Runnable listener) {
        configListener = listener;
    }

    @Override
    public void onQueueBroken(IntConsumer listener) {
        brokenListener = listener;
    }

    /** A queue has stopped because of its guest. Thread: the queue's home. */
    void queueBroke(int index) {
        brokenListener.accept(index);
    }

    @Override
    public void reset() {
        negotiated = 0;
        config.setWriteback(options.writeCache());
        writesThrough = true;
    }

    /**
     * Shows the driver that the disk has grown: a new capacity, and a configuration change. The
     * backends know it already.
     */
    public void grow() {
        limits = homes.get(0).backend().limits();
        config.setCapacity(limits);
        configListener.run();
    }

    @Override
    public void startQueue(int index, GuestMemory memory, VirtqueueConfig queueConfig,
            EventNotifier kick, EventNotifier call) throws VirtioException, ErrnoException {
        if (index < 0 || index >= queues.length) {
            throw new VirtioException("there is no queue " + index);
        }
        if (queueConfig.size() > options.queueSize()) {
            throw new VirtioException("queue size " + queueConfig.size() + " is above "
                    + options.queueSize());
        }
        if (queues[index] != null) {
            throw new VirtioException("queue " + index + " runs already");
        }
        Virtqueue ring = queueConfig.activate(memory, negotiated);
        if (logs[index] != null) {
            ring.logWrites(logs[index].log, logs[index].usedLogAddress);
        }
        VirtioBlkQueue queue = new VirtioBlkQueue(
                this, index, homeOf(index), ring, kick, call, options.coalescing(),
                latencyOf(index));
        queue.setTrace(traces[index]);
        // Noted before: if the wait for the iothread is broken off, the queue may run all the same.
        queues[index] = queue;
        memories[index] = memory;
        counted = counted.with(queue);
        String refusal = startOnHome(homeOf(index), queue, memory);
        if (refusal != null) {
            queues[index] = null;
            counted = counted.without(queue);
            queue.free();
            throw new VirtioException(
                    "queue " + index + ": its kick cannot be watched: " + refusal);
        }
    }

    private LatencyRecorder latencyOf(int index) {
        if (latencies.get(index) == null) {
            latencies.set(index, new LatencyRecorder());
        }
        latencies.get(index).measure(measuring);
        return latencies.get(index);
    }

    private QueueHome homeOf(int index) {
        return homes.get(options.homeOf(index, homes.size()));
    }

    /** Returns why the kick cannot be watched, or null. */
    private static String startOnHome(QueueHome home, VirtioBlkQueue queue, GuestMemory memory) {
        AtomicReference<String> refusal = new AtomicReference<>();
        home.ioThread().call(() -> {
            home.addBuffers(memory);
            try {
                queue.start();
            } catch (ErrnoException | IllegalArgumentException e) {
                home.removeBuffers(memory);
                refusal.set(e.getMessage());
            }
        });
        return refusal.get();
    }

    @Override
    public void setCall(int index, EventNotifier call) {
        VirtioBlkQueue queue = queues[index];
        homeOf(index).ioThread().call(() -> queue.setCall(call));
    }

    @Override
    public void logWrites(int index, DirtyLog log, long usedLogAddress) {
        logs[index] = log == null ? null : new QueueLog(log, usedLogAddress);
        VirtioBlkQueue queue = queues[index];
        if (queue != null) {
            homeOf(index).ioThread().call(() -> queue.logWrites(log, usedLogAddress));
        }
    }

    /**
     * Lets the sampled requests of a queue note when they reach each stage, from the next chain on,
     * over stops and starts of the queue too. No request of the queue may be under way.
     *
     * @param trace one that counts as the queue's driver does; null for no more
     */
    public void traceRequests(int index, RequestTrace trace) {
        traces[index] = trace;
        VirtioBlkQueue queue = queues[index];
        if (queue != null) {
            homeOf(index).ioThread().call(() -> queue.setTrace(trace));
        }
    }

    @Override
    public int stopQueue(int index) {
        VirtioBlkQueue queue = queues[index];
        if (queue == null) {
            return VirtqueueConfig.freshBase(negotiated);
        }
        QueueHome home = homeOf(index);
        IoThread ioThread = home.ioThread();
        GuestMemory memory = memories[index];
        CompletableFuture<Void> drained = new CompletableFuture<>();
        ioThread.call(() -> queue.stop(() -> {
            home.removeBuffers(memory);
            drained.complete(null);
        }));
        ioThread.await(drained);
        queues[index] = null;
        counted = counted.without(queue);
        int base = queue.base();
        queue.free();
        return base;
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        for (int i = 0; i < queues.length; i++) {
            try {
                stopQueue(i);
            } catch (RuntimeException e) {
                // An iothread has died, and its queues with it; those of the others are to stop.
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Number of queues that run at the moment. Thread: any. */
    public int queuesRunning() {
        int running = 0;
        for (VirtioBlkQueue queue : queues) {
            running += queue != null ? 1 : 0;
        }
        return running;
    }

    /** Counters of all queues, stopped ones included; exact while nothing runs. Thread: any. */
    public VirtioBlkStats stats() {
        return counted.sum();
    }

    /** Switches measuring the latency of requests on or off, off at first. Thread: any. */
    public void measureLatency(boolean wanted) {
        measuring = wanted;
        for (int i = 0; i < queues.length; i++) {
            LatencyRecorder recorder = latencies.get(i);
            if (recorder != null) {
                recorder.measure(wanted);
            }
        }
    }

    /** Latencies measured so far of each queue that has ever run. Thread: any. */
    public List<QueueLatency> latency() {
        List<QueueLatency> all = new ArrayList<>();
        for (int i = 0; i < queues.length; i++) {
            LatencyRecorder recorder = latencies.get(i);
            if (recorder != null) {
                all.add(recorder.snapshot(i));
            }
        }
        return all;
    }

    /** Whether a queue has stopped because the guest broke its ring. */
    public boolean isBroken(int index) {
        return queues[index] != null && queues[index].isBroken();
    }

    /** Whether the driver took a feature. Thread: any. */
    boolean isNegotiated(long feature) {
        return VirtioFeatures.has(negotiated, feature);
    }

    /** Whether each write must be stable at its completion. Thread: any. */
    boolean writesThrough() {
        return writesThrough;
    }

    /** What the disk can do at present. Thread: any. */
    BlockLimits limits() {
        return limits;
    }

    byte[] serial() {
        return serial;
    }
}
