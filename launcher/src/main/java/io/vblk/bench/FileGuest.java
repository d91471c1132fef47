// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.fio.WaitMode;
import io.vblk.posix.IovecArray;
import java.io.IOException;
import java.util.List;

/** A disk that jobs use without a device between. Thread: control, except where it says so. */
final class FileGuest implements GuestTarget {
    /** A job that polls does so for as long as a request takes. */
    private static final long POLL_NS = 1_000_000_000L;

    private final FileSetup setup;
    private final OpenImage image;
    private List<QueueNeed> needs = List.of();
    private AioContext[] contexts;
    private FilePort[] ports;

    private FileGuest(FileSetup setup, OpenImage image) {
        this.setup = setup;
        this.image = image;
    }

    static FileGuest open(FileSetup setup) throws IOException {
        return new FileGuest(setup, Images.open(setup.image()));
    }

    @Override
    public long capacityBytes() {
        return image.limits().capacityBytes();
    }

    @Override
    public int blockBytes() {
        return image.limits().blockBytes();
    }

    @Override
    public Reference reference() {
        // It would be the same file, read the same way.
        return null;
    }

    @Override
    public void plugIn(List<QueueNeed> queues) {
        long bytes = queues.stream()
                .mapToLong(need -> (long) need.iodepth() * need.dataBytesMax()).sum();
        if (bytes > GuestDrivers.GUEST_BYTES_MAX) {
            throw new IllegalArgumentException("numjobs times iodepth times bs needs more than "
                    + FioFormat.binaryBytes(GuestDrivers.GUEST_BYTES_MAX) + " of memory");
        }
        if (QueueNeed.iodepthMax(queues) > IovecArray.ELEMENTS_MAX) {
            throw new IllegalArgumentException("iodepth must be at most "
                    + IovecArray.ELEMENTS_MAX + " straight on a file: "
                    + QueueNeed.iodepthMax(queues));
        }
        needs = List.copyOf(queues);
        contexts = new AioContext[queues.size()];
        ports = new FilePort[queues.size()];
    }

    @Override
    public RequestPort port(int queue, WaitMode wait, boolean zeroesForTrims) throws IOException {
        leave(queue);
        PollingOptions polling = wait == WaitMode.POLL
                ? new PollingOptions(POLL_NS, 0, 0, 0, PollingOptions.POLICY_DEFAULT)
                : PollingOptions.OFF;
        AioOptions loop = setup.loop();
        contexts[queue] = AioContext.create("file " + queue,
                new AioOptions(polling, loop.fdMonitor(), loop.epollThreshold(), loop.clock(),
                        loop.wallClock(), loop.ioLimits()));
        BlockBackend backend = image.attach(contexts[queue]);
        try {
            ports[queue] = new FilePort(
                    contexts[queue], backend, needs.get(queue), zeroesForTrims);
        } catch (IOException | RuntimeException | Error e) {
            backend.close();
            throw e;
        }
        return ports[queue];
    }

    @Override
    public void leave(int queue) {
        if (ports[queue] != null) {
            ports[queue].close();
            ports[queue] = null;
        }
        if (contexts[queue] != null) {
            contexts[queue].close();
            contexts[queue] = null;
        }
    }

    @Override
    public void checkAlive() {
        // The kernel ends what it has begun.
    }

    @Override
    public boolean serves(int queue) {
        return true;
    }

    @Override
    public boolean canFlush() {
        return true;
    }

    @Override
    public void beginReport() {
        // There is no device whose counters could be read.
    }

    @Override
    public TargetReport report() {
        return new TargetReport("file:" + setup.image().target(), image.description(),
                image.engine(), blockBytes(), needs.size(), 0, null, 0, 0, null);
    }

    @Override
    public void close() {
        image.close();
    }
}
