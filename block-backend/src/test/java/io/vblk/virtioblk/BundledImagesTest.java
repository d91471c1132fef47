// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every byte of every bundled image, read through the virtqueue, is the one in MANIFEST. */
class BundledImagesTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("basedir", ""), "..", "disk-images");
    private static final int MANIFEST_FIELDS = 5;
    private static final int QUEUE_SIZE = 32;
    private static final int DEPTH = 8;
    private static final long AWAIT_NS = 1_000_000_000L;
    private static final int[] REQUEST_SIZES = {512, 1536, 4096, 65536};

    /** A line of MANIFEST. */
    private record Image(String name, int size, String format, String sha256) {
        static Image of(String line) {
            String[] fields = line.split(" ");
            assertEquals(MANIFEST_FIELDS, fields.length, line);
            return new Image(fields[0], Integer.parseInt(fields[1]), fields[2], fields[3]);
        }
    }

    private record Case(Image image, IoEngineKind engine, int requestBytes) {
        @Override
        public String toString() {
            return image.name() + ", aio=" + engine + ", requests of " + requestBytes + " bytes";
        }
    }

    private static List<Image> manifest() {
        List<Image> images = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(FOLDER.resolve("MANIFEST"))) {
                if (!line.startsWith("#") && !line.isBlank()) {
                    images.add(Image.of(line));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return images;
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Image image : manifest()) {
            for (IoEngineKind engine : List.of(IoEngineKind.SYNC, IoEngineKind.THREADS)) {
                for (int requestBytes : REQUEST_SIZES) {
                    cases.add(new Case(image, engine, requestBytes));
                }
            }
        }
        return cases;
    }

    @Test
    void theManifestNamesImages() {
        assertFalse(manifest().isEmpty());
        for (Image image : manifest()) {
            assertTrue(Files.isRegularFile(FOLDER.resolve(image.name())), image.name());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyByteIsReadThroughTheVirtqueue(Case read) throws Exception {
        Image image = read.image();
        ImageSpec spec = new ImageSpec(FOLDER.resolve(image.name()).toString(),
                ImageFormat.of(image.format()), true, false, read.engine());
        byte[] bytes;
        try (OpenImage open = Images.open(spec);
                IoThread ioThread =
                        IoThread.start("iothread", AioOptions.of(PollingOptions.DEFAULT))) {
            assertEquals(image.size(), open.limits().capacityBytes());
            BlockBackend backend = open.attach(ioThread.context());
            try {
                bytes = readAll(ioThread, backend, image.size(), read.requestBytes());
            } finally {
                ioThread.call(backend::close);
            }
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        assertEquals(image.sha256(), HexFormat.of().formatHex(digest));
    }

    private static byte[] readAll(IoThread ioThread, BlockBackend backend, int size,
            int requestBytes) throws Exception {
        try (GuestMemory memory = GuestMemory.allocate(
                        VirtioBlkDriver.bytesNeeded(QUEUE_SIZE, DEPTH, requestBytes));
                VirtioBlkDevice device = new VirtioBlkDevice(
                        new VirtioBlkOptions("", 1, QUEUE_SIZE), ioThread, backend)) {
            long features = device.features() & ~VirtioFeatures.RING_PACKED;
            device.acknowledgeFeatures(features);
            try (VirtioBlkDriver driver = new VirtioBlkDriver(
                    memory, 0, QUEUE_SIZE, DEPTH, requestBytes, features)) {
                device.startQueue(0, memory, driver.config(), driver.kickNotifier(),
                        driver.callNotifier());
                byte[] bytes = new Reader(driver, size, requestBytes).readAll();
                device.stopQueue(0);
                return bytes;
            }
        }
    }

    /** Reads a disk from its start to its end with several requests in flight. */
    private static final class Reader {
        private final VirtioBlkDriver driver;
        private final int requestBytes;
        private final byte[] bytes;
        private final int[] offsets = new int[DEPTH];
        private int next;
        private int inFlight;

        Reader(VirtioBlkDriver driver, int size, int requestBytes) {
            this.driver = driver;
            this.requestBytes = requestBytes;
            this.bytes = new byte[size];
        }

        byte[] readAll() {
            for (int slot = 0; slot < DEPTH; slot++) {
                submit(slot);
            }
            while (inFlight > 0) {
                int slot = driver.poll();
                if (slot == VirtioBlkDriver.NOTHING) {
                    driver.await(AWAIT_NS);
                } else {
                    take(slot);
                    submit(slot);
                }
            }
            return bytes;
        }

        private int length(int offset) {
            return Math.min(requestBytes, bytes.length - offset);
        }

        private void submit(int slot) {
            if (next < bytes.length) {
                offsets[slot] = next;
                assertTrue(driver.transfer(slot, BlockOp.READ, next, length(next)));
                next += length(next);
                inFlight++;
                driver.kick();
            }
        }

        private void take(int slot) {
            inFlight--;
            int offset = offsets[slot];
            assertEquals(VirtioBlkDriver.STATUS_OK, driver.status(slot), "at " + offset);
            assertEquals(length(offset) + 1, driver.lastUsedBytes(), "at " + offset);
            NativeMemory.copyToArray(driver.dataAddress(slot), bytes, offset, length(offset));
        }
    }
}
