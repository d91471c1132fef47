// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.VerifySpec;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** The checksum in a header. Thread: one. */
abstract class Checksum {
    /** Longest one: SHA-512. */
    static final int BYTES_MAX = 64;

    private static final int WORD_BYTES = 4;

    private final int lengthBytes;

    private Checksum(int lengthBytes) {
        this.lengthBytes = lengthBytes;
    }

    /**
     * That of a method with headers. A header before a pattern has a crc32c.
     *
     * @throws IllegalArgumentException if the method has none
     */
    static Checksum of(VerifySpec.Method method) {
        return switch (method) {
            case CRC32C, PATTERN_HDR -> new Word() {
                private final CRC32C crc = new CRC32C();

                @Override
                int sum(byte[] data, int from, int dataBytes) {
                    crc.reset();
                    crc.update(data, from, dataBytes);
                    return (int) crc.getValue();
                }
            };
            case CRC32 -> new Word() {
                private final CRC32 crc = new CRC32();

                @Override
                int sum(byte[] data, int from, int dataBytes) {
                    crc.reset();
                    crc.update(data, from, dataBytes);
                    return (int) crc.getValue();
                }
            };
            case XXHASH -> new Word() {
                @Override
                int sum(byte[] data, int from, int dataBytes) {
                    return XxHash32.hash(data, from, dataBytes, 0);
                }
            };
            case MD5 -> new Digest("MD5");
            case SHA1 -> new Digest("SHA-1");
            case SHA256 -> new Digest("SHA-256");
            case SHA512 -> new Digest("SHA-512");
            case NONE, NULL, PATTERN ->
                throw new IllegalArgumentException(method.fioName() + " has no checksum");
        };
    }

    /** Length in bytes. */
    final int lengthBytes() {
        return lengthBytes;
    }

    /** Sums bytes up and puts {@link #lengthBytes} bytes there; words are little endian. */
    abstract void put(byte[] data, int from, int dataBytes, byte[] to, int at);

    private abstract static class Word extends Checksum {
        Word() {
            super(WORD_BYTES);
        }

        abstract int sum(byte[] data, int from, int dataBytes);

        @Override
        final void put(byte[] data, int from, int dataBytes, byte[] to, int at) {
            int sum = sum(data, from, dataBytes);
            for (int i = 0; i < WORD_BYTES; i++) {
                to[at + i] = (byte) (sum >>> i * Byte.SIZE);
            }
        }
    }

    private static final class Digest extends Checksum {
        private final MessageDigest digest;

        Digest(String algorithm) {
            this(digest(algorithm));
        }

        private Digest(MessageDigest digest) {
            super(digest.getDigestLength());
            this.digest = digest;
        }

        private static MessageDigest digest(String algorithm) {
            try {
                return MessageDigest.getInstance(algorithm);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalArgumentException(
                        "this Java has no " + algorithm + ": use verify=crc32c", e);
            }
        }

        @Override
        void put(byte[] data, int from, int dataBytes, byte[] to, int at) {
            digest.update(data, from, dataBytes);
            try {
                digest.digest(to, at, lengthBytes());
            } catch (DigestException e) {
                throw new IllegalStateException("there is room for the digest", e);
            }
        }
    }
}
