// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.NativeMemory;

/**
 * Recognises the formats of other programs by the first bytes of an image. Thread: any.
 *
 * <p>Whoever later opens the file without naming a format would believe these bytes, so they decide
 * both what is refused at opening and what a guest may not write to the first block.
 *
 * <pre>
 *   0   qcow2 and qcow   "QFI" 0xfb, then the version, big endian
 *   0   qed              "QED" 0
 *   0   vmdk             "KDMV" or "COWD"; or text: lines of comment, then "version=1" to 3
 *   0   luks             "LUKS" 0xba 0xbe
 *   0   vhdx             "vhdxfile"
 *   0   vpc              "conectix"
 *   0   parallels        "WithoutFreeSpace" or "WithouFreSpacExt"
 *  64   vdi              0xbeda107f, little endian
 * </pre>
 */
final class FormatProbe {
    /** How much of an image is looked at. */
    static final int PROBE_BYTES = 512;
    /** The format that has no magic. */
    static final String RAW = "raw";

    private static final int VDI_MAGIC_OFFSET = 64;
    private static final int VDI_MAGIC = 0xbeda107f;
    private static final int QCOW_VERSION_OFFSET = 7;
    private static final byte[] VERSION = ascii("version=");

    private static final byte[] QCOW = {'Q', 'F', 'I', (byte) 0xfb};
    private static final byte[] QED = {'Q', 'E', 'D', 0};
    private static final byte[] LUKS = {'L', 'U', 'K', 'S', (byte) 0xba, (byte) 0xbe};
    private static final byte[] VMDK_SPARSE = ascii("KDMV");
    private static final byte[] VMDK_COWD = ascii("COWD");
    private static final byte[] VHDX = ascii("vhdxfile");
    private static final byte[] VPC = ascii("conectix");
    private static final byte[] PARALLELS = ascii("WithoutFreeSpace");
    private static final byte[] PARALLELS_EXT = ascii("WithouFreSpacExt");

    private FormatProbe() {}

    /** Name of the format that {@value #PROBE_BYTES} bytes at an address look like. */
    static String probe(long address) {
        if (startsWith(address, QCOW)) {
            return NativeMemory.getByte(address + QCOW_VERSION_OFFSET) == 1 ? "qcow" : "qcow2";
        }
        if (startsWith(address, QED)) {
            return "qed";
        }
        if (startsWith(address, VMDK_SPARSE) || startsWith(address, VMDK_COWD)
                || isVmdkText(address)) {
            return "vmdk";
        }
        if (startsWith(address, LUKS)) {
            return "luks";
        }
        if (startsWith(address, VHDX)) {
            return "vhdx";
        }
        if (startsWith(address, VPC)) {
            return "vpc";
        }
        if (startsWith(address, PARALLELS) || startsWith(address, PARALLELS_EXT)) {
            return "parallels";
        }
        return NativeMemory.getInt(address + VDI_MAGIC_OFFSET) == VDI_MAGIC ? "vdi" : RAW;
    }

    private static byte[] ascii(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        return bytes;
    }

    private static boolean startsWith(long address, byte[] magic) {
        for (int i = 0; i < magic.length; i++) {
            if (NativeMemory.getByte(address + i) != (magic[i] & 0xFF)) {
                return false;
            }
        }
        return true;
    }

    /** A VMDK descriptor: comments and blank lines, then the version. */
    private static boolean isVmdkText(long address) {
        if (NativeMemory.getByte(address) != '#') {
            return false;
        }
        long end = address + PROBE_BYTES;
        long line = address;
        while (line < end) {
            long next = lineAfter(line, end);
            int first = NativeMemory.getByte(line);
            if (first != '#' && !isBlank(line, next)) {
                long digit = line + VERSION.length;
                return digit < end && startsWith(line, VERSION)
                        && NativeMemory.getByte(digit) >= '1' && NativeMemory.getByte(digit) <= '3';
            }
            line = next;
        }
        return false;
    }

    private static long lineAfter(long line, long end) {
        long at = line;
        while (at < end && NativeMemory.getByte(at) != '\n') {
            at++;
        }
        return Math.min(at + 1, end);
    }

    private static boolean isBlank(long line, long next) {
        for (long at = line; at < next; at++) {
            int c = NativeMemory.getByte(at);
            if (c != ' ' && c != '\r' && c != '\n') {
                return false;
            }
        }
        return true;
    }
}
