// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.IoThread;
import io.vblk.control.LoopControl;
import io.vblk.posix.Signals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.cli.CommandLine;

/** Disks on sockets, until told to end. Thread: main, except where it says any. */
final class DiskServer implements AutoCloseable {
    /** How often threads are looked at, which never end but by a mistake of ours. */
    private static final long LOOK_SECONDS = 1;

    private final List<IoThread> iothreads = new ArrayList<>();
    private final List<LoopControl> loops = new ArrayList<>();
    private final List<ServedDisk> disks = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private ControlSocket control;

    private DiskServer() {}

    /**
     * Opens all images, then all sockets: either every disk is served, or none.
     *
     * @throws IOException if an image or the host says no, in words for an operator
     */
    static DiskServer open(List<IothreadSpec> iothreads, List<DiskSpec> disks)
            throws IOException {
        Termination termination = Termination.handle();
        DiskServer server = new DiskServer();
        termination.stops(server::stop);
        AtomicInteger left = new AtomicInteger(disks.size());
        try {
            for (IothreadSpec spec : iothreads) {
                IoThread iothread = spec.start();
                server.iothreads.add(iothread);
                server.loops.add(new LoopControl(spec.id(), iothread.context()));
            }
            checkPaths(disks);
            for (DiskSpec spec : disks) {
                server.disks.add(ServedDisk.open(
                        spec, server.iothreads, () -> server.ended(left)));
            }
            Signals.onUser1(() -> server.disks.forEach(ServedDisk::followSize));
            for (ServedDisk disk : server.disks) {
                disk.listen();
            }
            return server;
        } catch (IOException | RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    private static void checkPaths(List<DiskSpec> disks) throws IOException {
        Set<String> paths = new HashSet<>();
        for (DiskSpec disk : disks) {
            String path = disk.socket().path();
            if (path != null && !paths.add(path)) {
                throw new IOException(path + ": is to be the socket of two disks");
            }
        }
    }

    /** A disk has lost its only connection: without any other there is nothing left to do. */
    private void ended(AtomicInteger left) {
        if (left.decrementAndGet() == 0) {
            stop();
        }
    }

    /** Lets an operator in, if the command line says so. */
    void openControl(CommandLine line) throws IOException {
        control = ControlSocket.open(line, this);
    }

    /** Ends {@link #run}. Thread: any. */
    void stop() {
        stopped.countDown();
    }

    /** The disks, in the order in which they were asked for. */
    List<ServedDisk> disks() {
        return disks;
    }

    /** The event loops, in the order in which they were asked for. */
    List<LoopControl> loops() {
        return loops;
    }

    /** Waits for the end. */
    void run() throws IOException {
        try {
            while (!stopped.await(LOOK_SECONDS, TimeUnit.SECONDS)) {
                if (!iothreads.stream().allMatch(IoThread::isAlive)
                        || !disks.stream().allMatch(ServedDisk::isAlive)) {
                    throw new IllegalStateException("an event loop has ended");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Ends all that has begun; what fails on the way keeps nothing else from its end. */
    @Override
    public void close() {
        if (control != null) {
            // First: an operator may not look at what is gone, nor hold what is to be drained.
            control.close();
        }
        disks.forEach(ServedDisk::stop);
        RuntimeException failure = null;
        List<AutoCloseable> all = new ArrayList<>(disks);
        all.addAll(iothreads);
        for (AutoCloseable one : all) {
            try {
                one.close();
            } catch (RuntimeException e) {
                failure = e;
            } catch (Exception e) {
                failure = new IllegalStateException(e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
