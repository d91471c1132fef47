// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.bench.LoopSetup;
import io.vblk.block.BlockOp;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import io.vblk.vhostuser.VhostUserFrontend;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtioblk.VirtioBlkDriver;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server with a guest on one socket and an operator on the other. */
@Timeout(120)
class ControlledDiskTest {
    private static final int BLOCK = 4096;
    private static final int DEPTH = 4;
    private static final int QUEUE_SIZE = 64;
    private static final long DISK_BYTES = 1 << 20;
    private static final long WAIT_NS = 20_000_000_000L;
    private static final long SHORT_NS = 20_000_000L;

    @TempDir
    Path directory;

    private Path image;
    private String operator;
    private DiskServer server;

    @BeforeEach
    void serve() throws Exception {
        image = directory.resolve("disk.raw");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        operator = directory.resolve("ctl").toString();
        LoopSetup loop = new LoopSetup(AioOptions.of(PollingOptions.DEFAULT));
        DiskSpec disk = new DiskSpec("disk",
                new ImageSpec(image.toString(), ImageFormat.RAW, false, false, IoEngineKind.SYNC),
                new VirtioBlkOptions("", 1, QUEUE_SIZE), List.of(0),
                SocketSpec.at(directory.resolve("disk.sock").toString()));
        CommandLine line = new DefaultParser().parse(
                new Options().addOption(ControlSocket.option()),
                new String[] {"--control=" + operator});
        server = DiskServer.open(
                IothreadSpec.all(loop), ControlSocket.prepare(line, List.of(disk)));
        server.openControl(line);
    }

    @AfterEach
    void end() {
        server.close();
        assertFalse(Files.exists(Path.of(operator)), "its socket is gone");
    }

    private JsonTree ctl(String... words) throws Exception {
        String[] all = new String[words.length + 3];
        all[0] = "ctl";
        all[1] = operator;
        all[2] = "--output-format=json";
        System.arraycopy(words, 0, all, 3, words.length);
        return JsonTree.parse(VblkRun.of(all).succeeded().out());
    }

    /** A guest's driver over the disk's socket. */
    private final class Guest implements AutoCloseable {
        private final GuestMemory memory = GuestMemory.allocate(
                VirtioBlkDriver.bytesNeeded(QUEUE_SIZE, DEPTH, BLOCK));
        private final VhostUserFrontend frontend;
        private final VirtioBlkDriver driver;

        Guest() throws Exception {
            frontend = VhostUserFrontend.connect(directory.resolve("disk.sock").toString());
            long features = frontend.features() & ~VirtioFeatures.RING_PACKED;
            driver = new VirtioBlkDriver(memory, 0, QUEUE_SIZE, DEPTH, BLOCK, features);
            frontend.useQueues(1);
            frontend.start(features, memory, new VhostUserFrontend.Vring(
                    driver.config(), driver.kickNotifier(), driver.callNotifier()));
        }

        void offer(BlockOp op, int slot) {
            assertTrue(driver.transfer(slot, op, (long) slot * BLOCK, BLOCK));
            driver.kick();
        }

        boolean ended(long waitNs) {
            long untilNs = System.nanoTime() + waitNs;
            int slot = driver.poll();
            while (slot == VirtioBlkDriver.NOTHING && System.nanoTime() - untilNs < 0) {
                driver.await(Math.min(waitNs, SHORT_NS));
                slot = driver.poll();
            }
            return slot != VirtioBlkDriver.NOTHING
                    && driver.status(slot) == VirtioBlkDriver.STATUS_OK;
        }

        void readsOne(int slot) {
            offer(BlockOp.READ, slot);
            assertTrue(ended(WAIT_NS));
        }

        @Override
        public void close() {
            frontend.close();
            driver.close();
            memory.close();
        }
    }

    @Test
    void countsWhatGuestsDoAcrossConnections() throws Exception {
        try (Guest guest = new Guest()) {
            guest.readsOne(0);
            ctl("set-latency", "enable=on");
            guest.readsOne(1);
            guest.offer(BlockOp.WRITE, 2);
            assertTrue(guest.ended(WAIT_NS));
            JsonTree disks = ctl("query-disks");
            assertEquals(1, disks.integer("return[0].connections"));
            assertEquals(1, disks.integer("return[0].rings-running"));
            assertEquals("true", disks.text("return[0].latency-measured"));
        }
        while (ctl("query-disks").integer("return[0].connections") > 0) {
            Thread.onSpinWait();
        }
        try (Guest guest = new Guest()) {
            guest.readsOne(3);
        }
        JsonTree stats = ctl("query-stats", "disk=disk");
        assertEquals(4, stats.integer("return.disks[0].requests"));
        assertEquals(3 * BLOCK, stats.integer("return.disks[0].bytes-read"));
        JsonTree latency = ctl("query-latency", "reset=on");
        assertEquals(2, latency.integer("return[0].queues[0].read.count"));
        assertEquals(1, latency.integer("return[0].queues[0].write.count"));
        assertTrue(latency.integer("return[0].queues[0].write.max-ns") > 0);
        assertEquals(0, ctl("query-latency").integer("return[0].queues[0].read.count"));
    }

    @Test
    void holdsRequestsUntilResumed() throws Exception {
        try (Guest guest = new Guest()) {
            guest.readsOne(0);
            ctl("hold", "disk=disk");
            guest.offer(BlockOp.READ, 1);
            assertFalse(guest.ended(10 * SHORT_NS));
            assertEquals("true", ctl("query-disks").text("return[0].held"));
            ctl("resume");
            assertTrue(guest.ended(WAIT_NS));
        }
    }

    @Test
    void aServerThatEndsHandsOnWhatItHeld() throws Exception {
        try (Guest guest = new Guest()) {
            ctl("hold");
            guest.offer(BlockOp.READ, 1);
            assertFalse(guest.ended(SHORT_NS));
            ctl("quit");
            server.run();
            server.close();
            assertTrue(guest.ended(WAIT_NS));
        } finally {
            serve();
        }
    }

    /** Such as one that migrates here, from a server that its disk has grown under. */
    @Test
    void aGuestThatStartsSeesWhatTheImageHasGained() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(2 * DISK_BYTES);
        }
        assertEquals(DISK_BYTES, ctl("query-disks").integer("return[0].size"));
        try (Guest guest = new Guest()) {
            guest.readsOne(0);
            assertEquals(2 * DISK_BYTES, ctl("query-disks").integer("return[0].size"));
            assertTrue(guest.frontend.takeConfigChanged());
        }
    }

    @Test
    void growsTheFileAndShowsTheGuest() throws Exception {
        try (Guest guest = new Guest()) {
            assertEquals(2 * DISK_BYTES, ctl("grow", "size=2M").integer("return.size"));
            assertEquals(2 * DISK_BYTES, Files.size(image));
            byte[] sectors = guest.frontend.readConfig(0, 8);
            assertEquals(0x10, sectors[1], "4096 sectors, little-endian");
            guest.frontend.look();
            assertTrue(guest.frontend.takeConfigChanged());
        }
        VblkRun.of("ctl", operator, "grow", "size=1M").failed(1, "never made shorter");
        VblkRun.of("ctl", operator, "grow", "size=2097153").failed(1, "whole blocks");
        assertEquals(2 * DISK_BYTES, Files.size(image));
    }
}
