// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;

/** Makes a target of an engine and the names that go with it. Thread: one. */
final class TargetName {
    private static final String FILE = "file:";
    private static final String BACK_END = "vhost-user:";
    private static final List<String> PREFIXES =
            List.of(FILE, BACK_END, "null:", "memory:");

    private final JobBuilder job;

    TargetName(JobBuilder job) {
        this.job = job;
    }

    /** The target; null where the job names none. */
    String resolve() {
        String engine = job.ioengine == null ? Engines.VBLK : job.ioengine;
        if (!engine.equals(Engines.LIBBLKIO) && !engine.equals(Engines.VHOST_USER)
                && (job.blkioPath != null || job.blkioDriver != null)) {
            throw new JobSyntaxException("libblkio_path and libblkio_driver need "
                    + "ioengine=libblkio");
        }
        return switch (engine) {
            case Engines.VBLK -> name();
            case Engines.NULL -> nullDisk();
            case Engines.VHOST_USER -> prefixed(BACK_END,
                    job.blkioPath == null ? name() : job.blkioPath);
            case Engines.LIBBLKIO -> libblkio();
            default -> prefixed(FILE, name());
        };
    }

    private String libblkio() {
        String path = job.blkioPath == null ? name() : job.blkioPath;
        if (job.blkioDriver == null) {
            throw new JobSyntaxException("ioengine=libblkio needs a libblkio_driver");
        }
        return switch (job.blkioDriver) {
            case "virtio-blk-vhost-user" -> prefixed(BACK_END, path);
            case "io_uring" -> prefixed(FILE, path);
            default -> throw new JobSyntaxException("libblkio_driver=" + job.blkioDriver
                    + " is none of virtio-blk-vhost-user, io_uring");
        };
    }

    private String nullDisk() {
        long bytes = job.size.isNone() ? job.fileSize.bytes() : job.size.bytes();
        if (bytes == 0) {
            throw new JobSyntaxException("ioengine=null needs a size in bytes");
        }
        return "null:" + (job.offset.bytes() + bytes
                + job.offsetIncrement.bytes() * (job.clones - 1));
    }

    private static String prefixed(String prefix, String path) {
        return path == null || path.startsWith(prefix) ? path : prefix + path;
    }

    /** filename, below directory. A colon parts names in fio, unless a backslash is before it. */
    private String name() {
        String name = job.filename;
        if (name == null) {
            return null;
        }
        if (PREFIXES.stream().noneMatch(name::startsWith)) {
            if (name.replace("\\:", "").indexOf(':') >= 0) {
                throw new JobSyntaxException("filename=" + name + " names several files: a job "
                        + "has one; write \\: for a colon in a name");
            }
            name = name.replace("\\:", ":");
            if (job.directory != null && !name.startsWith("/")) {
                name = job.directory + "/" + name;
            }
        }
        return name;
    }
}
