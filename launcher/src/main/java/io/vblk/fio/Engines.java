// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Set;

/** Names of I/O engines that a job may ask for. Thread: any. */
final class Engines {
    /** Our own: a virtqueue in this process. */
    static final String VBLK = "vblk";
    /** A back-end in another process. */
    static final String VHOST_USER = "vhost-user";
    /** fio's engine for such back-ends, and others. */
    static final String LIBBLKIO = "libblkio";
    /** No device at all. */
    static final String NULL = "null";

    private static final Set<String> SYNCHRONOUS =
            Set.of("psync", "sync", "vsync", "pvsync", "pvsync2");
    private static final Set<String> ASYNCHRONOUS = Set.of("io_uring", "libaio", "posixaio");

    private Engines() {}

    static boolean isOfFiles(String name) {
        return isSynchronous(name) || ASYNCHRONOUS.contains(name);
    }

    static boolean isSynchronous(String name) {
        return SYNCHRONOUS.contains(name);
    }

    static String parse(String name) {
        if (isOfFiles(name) || Set.of(VBLK, VHOST_USER, LIBBLKIO, NULL).contains(name)) {
            return name;
        }
        throw new JobSyntaxException("ioengine=" + name + " is none of vblk, vhost-user, "
                + "libblkio, io_uring, libaio, posixaio, psync, sync, vsync, pvsync, pvsync2, "
                + "null");
    }
}
