// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Loop devices over files, and file systems on them, until closed. Skips the test without. */
final class LoopDevices implements AutoCloseable {
    private final Deque<String[]> undo = new ArrayDeque<>();

    LoopDevices() {
        Tool.require("losetup", "mount");
    }

    /** A device with so large sectors. */
    Path attach(Path backing, int sectorBytes, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("losetup", "--find", "--show",
                "--sector-size", Integer.toString(sectorBytes)));
        command.addAll(List.of(options));
        command.add(backing.toString());
        Path device = Path.of(run("no loop device", command.toArray(String[]::new)));
        undo.push(new String[] {"losetup", "-d", device.toString()});
        return device;
    }

    /** Makes an ext4 on a device and mounts it at a directory. */
    void mount(Path device, Path directory) throws Exception {
        Tool.require("mkfs.ext4", "e2fsprogs");
        run("no ext4", "mkfs.ext4", "-q", "-b", "4096", device.toString());
        run("no mount", "mount", device.toString(), directory.toString());
        undo.push(new String[] {"umount", directory.toString()});
    }

    private static String run(String missing, String... command) throws Exception {
        Tool.Result result = Tool.run(command);
        if (result.exitCode() != 0) {
            System.out.println("SKIPPED: " + missing + ": " + result.output());
        }
        assumeTrue(result.exitCode() == 0, missing + ": " + result.output());
        return result.output();
    }

    @Override
    public void close() throws IOException {
        while (!undo.isEmpty()) {
            try {
                Tool.Result result = Tool.run(undo.pop());
                assertEquals(0, result.exitCode(), result.output());
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
