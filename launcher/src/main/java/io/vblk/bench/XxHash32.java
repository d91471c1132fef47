// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * xxHash with 32 bits, of the XXH32 algorithm description (xxHash fast digest algorithm, 0.1.1).
 * Thread: any.
 */
final class XxHash32 {
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int P1 = 0x9E3779B1;
    private static final int P2 = 0x85EBCA77;
    private static final int P3 = 0xC2B2AE3D;
    private static final int P4 = 0x27D4EB2F;
    private static final int P5 = 0x165667B1;
    private static final int STRIPE_BYTES = 16;

    private XxHash32() {}

    static int hash(byte[] data, int from, int lengthBytes, int seed) {
        int end = from + lengthBytes;
        int at = from;
        int hash;
        if (lengthBytes >= STRIPE_BYTES) {
            int a = seed + P1 + P2;
            int b = seed + P2;
            int c = seed;
            int d = seed - P1;
            while (at <= end - STRIPE_BYTES) {
                a = round(a, (int) INTS.get(data, at));
                b = round(b, (int) INTS.get(data, at + 4));
                c = round(c, (int) INTS.get(data, at + 8));
                d = round(d, (int) INTS.get(data, at + 12));
                at += STRIPE_BYTES;
            }
            hash = Integer.rotateLeft(a, 1) + Integer.rotateLeft(b, 7)
                    + Integer.rotateLeft(c, 12) + Integer.rotateLeft(d, 18);
        } else {
            hash = seed + P5;
        }
        hash += lengthBytes;
        while (at <= end - Integer.BYTES) {
            hash = Integer.rotateLeft(hash + (int) INTS.get(data, at) * P3, 17) * P4;
            at += Integer.BYTES;
        }
        while (at < end) {
            hash = Integer.rotateLeft(hash + (data[at++] & 0xFF) * P5, 11) * P1;
        }
        hash = (hash ^ hash >>> 15) * P2;
        hash = (hash ^ hash >>> 13) * P3;
        return hash ^ hash >>> 16;
    }

    private static int round(int lane, int word) {
        return Integer.rotateLeft(lane + word * P2, 13) * P1;
    }
}
