// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

/**
 * Where front-ends connect: a path, or a descriptor that whoever started this process left open.
 *
 * @param path of the socket, null for a descriptor
 * @param fd the descriptor, without meaning where there is a path
 */
record SocketSpec(String path, int fd) {
    private static final int FD_MIN = 3;

    /** A socket to be made at a path. */
    static SocketSpec at(String path) {
        return new SocketSpec(path, 0);
    }

    /**
     * A socket that this process was given.
     *
     * @throws UsageException if it is no number, or one of the three that every process has
     */
    static SocketSpec inherited(String name, String number) throws UsageException {
        int fd;
        try {
            fd = Integer.parseInt(number);
        } catch (NumberFormatException e) {
            throw new UsageException(name + "=" + number + " is not the number of a descriptor");
        }
        if (fd < FD_MIN) {
            throw new UsageException(name + "=" + fd + ": descriptors 0 to 2 are the standard ones;"
                    + " hand the socket over as " + FD_MIN + " or above");
        }
        return new SocketSpec(null, fd);
    }

    /** As an operator calls it. */
    @Override
    public String toString() {
        return path != null ? path : "descriptor " + fd;
    }
}
