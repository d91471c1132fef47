// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.UnixSocket;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.VhostUserExport;
import io.vblk.vhostuser.VhostUserListener;
import io.vblk.virtio.VirtioDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Serves simulated disks by vhost-user, all from one control thread and one iothread, as a server
 * process does. Each sector of a disk begins with its number. Thread: the test's.
 */
final class VhostUserHost implements AutoCloseable {
    static final int DISK_SECTORS = 256;
    static final int SECTOR = 512;
    private static final long DEADLINE_NS = 20_000_000_000L;
    /** A loop that is kept busy looks at its descriptors much more often: every 50 us. */
    private static final long LOOK_NS = 1_000_000L;

    final IoThread control;
    final IoThread data;
    private final Path folder;
    private final List<Disk> disks = new ArrayList<>();

    VhostUserHost() throws Exception {
        folder = Files.createTempDirectory("vblk-test");
        control = IoThread.start("control", AioOptions.of(PollingOptions.OFF));
        data = IoThread.start("data", AioOptions.of(PollingOptions.OFF));
    }

    /** A host with one disk of so many queues; {@link #first} is that. */
    static VhostUserHost withDisk(int queues) throws Exception {
        VhostUserHost host = new VhostUserHost();
        host.serve(queues, Behaviour.PLAIN);
        return host;
    }

    /** A disk with its socket. */
    final class Disk implements VhostUserExport {
        final String path;
        final SimulatedBackend backend;
        final VhostUserListener listener;
        final List<VirtioBlkDevice> devices = new ArrayList<>();
        private final BlockBackend checked;
        private final VirtioBlkOptions options;
        private boolean locked;
        /** Why rings cannot start, if so. */
        volatile String refusal;

        Disk(int queues, Behaviour behaviour) throws ErrnoException {
            path = folder + "/disk" + disks.size();
            options = new VirtioBlkOptions("serial", queues, 1024);
            backend = on(data, () -> new SimulatedBackend(
                    data.context(), (long) DISK_SECTORS * SECTOR, 1, behaviour));
            for (int i = 0; i < DISK_SECTORS; i++) {
                NativeMemory.putInt(backend.address() + (long) i * SECTOR, i);
            }
            checked = on(data, () -> new ContractFilter(backend, data.context()));
            listener = VhostUserListener.open(path, UnixSocket.listen(path), control, this);
        }

        ReferenceFrontend dial() throws ErrnoException {
            return new ReferenceFrontend(UnixSocket.connect(path));
        }

        /** A guest that has negotiated and shared its memory; nothing runs yet. */
        VhostUserGuest guest() throws Exception {
            return VhostUserGuest.connected(dial());
        }

        void awaitConnections(int count) {
            await(() -> listener.connectionCount() == count, count + " connections");
        }

        void awaitUnderWay(int count) {
            await(() -> on(data, backend::underWay) == count, count + " requests under way");
        }

        void complete(int index) {
            assertTrue(on(data, () -> backend.completeAt(index)), "nothing to complete");
        }

        boolean isLocked() {
            return on(control, () -> locked);
        }

        @Override
        public VirtioDevice connect() {
            VirtioBlkDevice device =
                    new VirtioBlkDevice(options, List.of(new QueueHome(data, checked)));
            devices.add(device);
            return device;
        }

        @Override
        public void disconnect(VirtioDevice device) {
            assertTrue(devices.remove(device), "ended twice");
        }

        @Override
        public void acquire() throws IOException {
            assertTrue(!locked, "two connections run rings");
            if (refusal != null) {
                throw new IOException(refusal);
            }
            locked = true;
        }

        @Override
        public void release() {
            assertTrue(locked, "released twice");
            locked = false;
        }
    }

    Disk serve(int queues, Behaviour behaviour) throws ErrnoException {
        Disk disk = new Disk(queues, behaviour);
        disks.add(disk);
        return disk;
    }

    Disk first() {
        return disks.get(0);
    }

    static <T> T on(IoThread thread, Supplier<T> question) {
        List<T> answer = new ArrayList<>();
        thread.call(() -> answer.add(question.get()));
        return answer.get(0);
    }

    static void await(BooleanSupplier happened, String what) {
        long endNs = System.nanoTime() + DEADLINE_NS;
        while (!happened.getAsBoolean()) {
            assertTrue(System.nanoTime() - endNs < 0, "waited in vain: " + what);
            Thread.onSpinWait();
        }
    }

    /** Waits until nobody is connected, and then for this to be open and no more. */
    void assertOnlyOpen(OpenResources before) {
        for (Disk disk : disks) {
            disk.awaitConnections(0);
        }
        settle();
        assertEquals(before, OpenResources.now(), "descriptors or mappings are left over");
    }

    /** Waits until the threads have seen and done what there is by now. */
    void settle() {
        long endNs = System.nanoTime() + LOOK_NS;
        do {
            control.call(() -> { });
            data.call(() -> { });
        } while (System.nanoTime() - endNs < 0);
        control.call(() -> { });
        data.call(() -> { });
    }

    @Override
    public void close() {
        for (Disk disk : disks) {
            data.context().execute("drain", () -> disk.backend.completeAll());
            disk.listener.close();
            settle();
            data.call(disk.checked::close);
        }
        control.close();
        data.close();
        try {
            for (Disk disk : disks) {
                Files.deleteIfExists(Path.of(disk.path));
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
