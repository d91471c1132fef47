// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FormatProbeTest {
    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String probe(int offset, byte[] magic) throws Exception {
        try (MappedMemory block = MappedMemory.anonymous(FormatProbe.PROBE_BYTES)) {
            NativeMemory.copyFromArray(magic, 0, block.address() + offset, magic.length);
            return FormatProbe.probe(block.address());
        }
    }

    private static String probe(String magic) throws Exception {
        return probe(0, latin1(magic));
    }

    @Test
    void knowsTheMagicOfEachFormat() throws Exception {
        assertEquals("qcow", probe("QFI\u00fb\0\0\0\1"));
        assertEquals("qcow2", probe("QFI\u00fb\0\0\0\2"));
        assertEquals("qcow2", probe("QFI\u00fb\0\0\0\3"));
        assertEquals("qcow2", probe("QFI\u00fb\0\0\0\4"), "of an unknown version");
        assertEquals("qed", probe("QED\0"));
        assertEquals("vmdk", probe("KDMV"));
        assertEquals("vmdk", probe("COWD"));
        assertEquals("luks", probe("LUKS\u00ba\u00be"));
        assertEquals("vhdx", probe("vhdxfile"));
        assertEquals("vpc", probe("conectix"));
        assertEquals("parallels", probe("WithoutFreeSpace"));
        assertEquals("parallels", probe("WithouFreSpacExt"));
        assertEquals("vdi", probe(64, latin1("\u007f\u0010\u00da\u00be")));
    }

    @Test
    void knowsTextDescriptorsAsQemuReadsThem() throws Exception {
        assertEquals("vmdk", probe("# Disk DescriptorFile\nversion=1\n"));
        assertEquals("vmdk", probe("#\n# x\n  \r\n\nversion=3\r\n"));
        assertEquals("raw", probe("# Disk DescriptorFile\nversion=4\n"));
        assertEquals("raw", probe("# Disk DescriptorFile\nCID=1\nversion=1\n"));
        assertEquals("raw", probe("#!/bin/sh\nexit 0\n"));
        assertEquals("raw", probe("#" + "x".repeat(511)));
        assertEquals("raw", probe("#" + "\n".repeat(503) + "version="));
        assertEquals("raw", probe("#" + "\n".repeat(508) + "ver"));
        assertEquals("raw", probe("version=1\n"));
    }

    @Test
    void takesEverythingElseForRaw() throws Exception {
        assertEquals("raw", probe(""));
        assertEquals("raw", probe("QFI\u00fa"));
        assertEquals("raw", probe(1, latin1("QFI\u00fb\0\0\0\3")), "not at its place");
        assertEquals("raw", probe(510, new byte[] {0x55, (byte) 0xaa}));
        SplittableRandom random = new SplittableRandom(1);
        byte[] noise = new byte[FormatProbe.PROBE_BYTES];
        for (int round = 0; round < 1000; round++) {
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (byte) random.nextInt();
            }
            assertEquals("raw", probe(0, noise));
        }
    }
}
