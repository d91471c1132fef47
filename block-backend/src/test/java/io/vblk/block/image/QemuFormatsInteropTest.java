// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images that qemu-img made are recognised and refused. */
class QemuFormatsInteropTest {
    @TempDir
    Path directory;

    @BeforeEach
    void requireTools() {
        Tool.require("qemu-img", "qemu-utils");
    }

    @ParameterizedTest
    @CsvSource({
        "qcow2, qcow2, ", "qcow2, qcow2, compat=0.10", "qcow, qcow, ", "qed, qed, ",
        "vmdk, vmdk, ", "vmdk, vmdk, subformat=monolithicFlat",
        "vmdk, vmdk, subformat=twoGbMaxExtentSparse", "vmdk, vmdk, subformat=streamOptimized",
        "vhdx, vhdx, ", "vpc, vpc, ", "vdi, vdi, ", "parallels, parallels, "})
    void refusesWhatQemuMakes(String qemuName, String ourName, String option) throws Exception {
        Path path = directory.resolve("disk");
        List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-f", qemuName));
        if (option != null) {
            command.addAll(List.of("-o", option));
        }
        command.addAll(List.of(path.toString(), "1M"));
        Tool.Result made = Tool.run(command.toArray(String[]::new));
        assertEquals(0, made.exitCode(), made.output());
        ImageException e = assertThrows(
                ImageException.class, () -> Images.open(TestImages.readOnly(path, null)));
        assertTrue(e.getMessage().contains(": is a " + ourName + " image; "), e.getMessage());
        // Some of these files have odd sizes.
        assertEquals(0, Tool.run("truncate", "--size=%512", path.toString()).exitCode());
        Images.open(TestImages.readOnly(path, ImageFormat.RAW)).close();
    }
}
