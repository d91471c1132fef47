// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.DriverBuffers;
import io.vblk.virtio.DriverQueue;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The front-end drives QEMU's back-end. */
@Timeout(120)
class QemuStorageDaemonInteropTest {
    private static final long IMAGE_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 512;
    private static final int RING_SIZE = 16;
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(30);
    private static final int READ = 0;
    private static final int WRITE = 1;

    @TempDir
    private Path directory;

    @BeforeEach
    void requireTool() {
        QemuStorageDaemon.require();
    }

    /** One queue with one request at a time: header, a sector, status. */
    private static final class Queue implements AutoCloseable {
        private static final long HEADER = 0x8000;
        private static final long DATA = 0x9000;
        private static final long STATUS = 0xA000;

        final GuestMemory memory = GuestMemory.allocate(1 << 16);
        final EventNotifier kick = EventNotifier.create();
        final EventNotifier call = EventNotifier.create();
        final DriverQueue queue;

        Queue(long features) throws Exception {
            queue = DriverQueue.create(memory, 0, RING_SIZE, 3, features);
        }

        VhostUserFrontend.Vring vring(int base) {
            VirtqueueConfig config = queue.config();
            return new VhostUserFrontend.Vring(new VirtqueueConfig(config.size(),
                    config.descAddress(), config.availAddress(), config.usedAddress(), base),
                    kick, call);
        }

        long host(long guestAddress) {
            return memory.hostAddress(guestAddress, SECTOR_BYTES);
        }

        /** The status with which a request ends. */
        int request(int type, long sector) {
            NativeMemory.putInt(host(HEADER), type);
            NativeMemory.putLong(host(HEADER) + 8, sector);
            NativeMemory.putByte(host(STATUS), 0xFF);
            DriverBuffers buffers = new DriverBuffers(3);
            buffers.addReadable(HEADER, 16);
            if (type == WRITE) {
                buffers.addReadable(DATA, SECTOR_BYTES);
            } else {
                buffers.addWritable(DATA, SECTOR_BYTES);
            }
            buffers.addWritable(STATUS, 1);
            assertTrue(queue.add(buffers, 1));
            if (queue.publish()) {
                kick.set();
            }
            long endNs = System.nanoTime() + WAIT_NS;
            while (queue.pollUsed() == DriverQueue.NOTHING_USED) {
                assertTrue(System.nanoTime() - endNs < 0, "no answer");
                Thread.onSpinWait();
            }
            return NativeMemory.getByte(host(STATUS));
        }

        @Override
        public void close() {
            kick.close();
            call.close();
            memory.close();
        }
    }

    private static long features(VhostUserFrontend frontend) {
        return frontend.features() & (VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC
                | VirtioFeatures.EVENT_IDX);
    }

    @Test
    void offersAreRead() throws Exception {
        try (QemuStorageDaemon daemon =
                        QemuStorageDaemon.start(directory, IMAGE_BYTES, "num-queues=3");
                VhostUserFrontend frontend = VhostUserFrontend.connect(daemon.socket())) {
            assertEquals(3, frontend.queueCount());
            assertTrue(frontend.memSlotsMax() >= 8);
            assertTrue(VirtioFeatures.has(frontend.features(), VirtioFeatures.VERSION_1));
            assertTrue(VhostUserFrontend.protocolFeatureNames(
                    frontend.protocolFeaturesOffered()).contains("CONFIG"));
            byte[] capacity = frontend.readConfig(0, 8);
            assertEquals(IMAGE_BYTES / SECTOR_BYTES,
                    (capacity[0] & 0xFF) | (capacity[1] & 0xFF) << 8);
            assertThrows(VhostUserException.class, () -> frontend.useQueues(4));
        }
    }

    @Test
    void dataGoesBothWaysOverStopAndStart() throws Exception {
        for (long protocol : new long[] {VhostUserFrontend.PROTOCOL_FEATURES_KNOWN,
            VhostUserFeatures.MQ | VhostUserFeatures.CONFIG}) {
            transfers(protocol);
        }
    }

    private void transfers(long protocol) throws Exception {
        try (QemuStorageDaemon daemon = QemuStorageDaemon.start(
                        directory, IMAGE_BYTES, "num-queues=2", "writable=on");
                VhostUserFrontend frontend =
                        VhostUserFrontend.connect(daemon.socket(), protocol, WAIT_NS);
                Queue queue = new Queue(features(frontend))) {
            frontend.useQueues(2);
            int base = 0;
            for (int round = 0; round < 2; round++) {
                frontend.start(features(frontend), queue.memory, queue.vring(base));
                for (int sector = 0; sector < 40; sector++) {
                    assertEquals(0, queue.request(READ, sector));
                    int expected = round == 1 && sector == 7 ? 0x55 : sector;
                    assertEquals(expected, NativeMemory.getByte(queue.host(Queue.DATA) + 511));
                }
                NativeMemory.fill(queue.host(Queue.DATA), SECTOR_BYTES, 0x55);
                assertEquals(0, queue.request(WRITE, 7));
                assertEquals(1, queue.request(READ, IMAGE_BYTES / SECTOR_BYTES));
                frontend.look();
                base = frontend.stop()[0];
                assertEquals(42 * (round + 1), base);
            }
            try (RandomAccessFile file = new RandomAccessFile(daemon.image().toFile(), "r")) {
                file.seek(7 * SECTOR_BYTES);
                assertEquals(0x55, file.read());
            }
        }
    }

    @Test
    void deathIsNoticedAndTheBackendComesBack() throws Exception {
        QemuStorageDaemon first = QemuStorageDaemon.start(directory, IMAGE_BYTES);
        try (first; VhostUserFrontend frontend = VhostUserFrontend.connect(first.socket());
                Queue queue = new Queue(features(frontend))) {
            frontend.useQueues(1);
            frontend.start(features(frontend), queue.memory, queue.vring(0));
            assertEquals(0, queue.request(READ, 3));
            frontend.look();
            first.kill();
            assertThrows(VhostUserException.class, frontend::look);
            assertThrows(VhostUserException.class, frontend::reconnect);
            try (QemuStorageDaemon second = QemuStorageDaemon.start(directory, IMAGE_BYTES)) {
                assertEquals(first.socket(), second.socket());
                frontend.reconnect();
                frontend.start(features(frontend), queue.memory, queue.vring(1));
                assertEquals(0, queue.request(READ, 5));
                assertEquals(5, NativeMemory.getByte(queue.host(Queue.DATA)));
                frontend.stop();
            }
        }
    }
}
