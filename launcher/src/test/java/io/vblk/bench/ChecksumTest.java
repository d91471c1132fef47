// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.fio.VerifySpec.Method;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Checksums are those of their names. */
final class ChecksumTest {
    private static final int PRIME = 0x9E3779B1;

    @ParameterizedTest
    @CsvSource({
        // crcs: the check values of 123456789 in the catalogue of CRC algorithms, little endian
        "CRC32C, 123456789, 839206e3",
        "PATTERN_HDR, 123456789, 839206e3",
        "CRC32, 123456789, 2639f4cb",
        "XXHASH, abc, ff53d132",
        "MD5, abc, 900150983cd24fb0d6963f7d28e17f72",
        "SHA1, abc, a9993e364706816aba3e25717850c26c9cd0d89d",
        "SHA256, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA512, abc, ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"})
    void sumsAreThoseOfTheStandards(Method method, String text, String hex) {
        Checksum checksum = Checksum.of(method);
        byte[] data = ("__" + text + "!").getBytes(StandardCharsets.US_ASCII);
        byte[] sum = new byte[Checksum.BYTES_MAX + 1];
        for (int again = 0; again < 2; again++) {
            checksum.put(data, 2, text.length(), sum, 1);
            assertEquals(hex, HexFormat.of().formatHex(sum, 1, 1 + checksum.lengthBytes()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 02cc5d05", "1, 0, b85cbee5", "14, 0, e5aa0ab4", "101, 0, 1f1aa412",
        "0, 1, 36b78ae7", "1, 1, d5845d64", "14, 1, 4481951d", "101, 1, 498ec8e2"})
    void xxhashHasTheValuesOfItsOwnSelfTest(int lengthBytes, int seeds, String hex) {
        byte[] data = new byte[lengthBytes + 1];
        int value = PRIME;
        for (int i = 0; i < lengthBytes; i++) {
            data[i + 1] = (byte) (value >>> 24);
            value *= value;
        }
        assertEquals(hex, String.format(
                "%08x", XxHash32.hash(data, 1, lengthBytes, seeds * PRIME)));
    }

    @Test
    void xxhashOfText() {
        byte[] text = "Nobody inspects the spammish repetition".getBytes(
                StandardCharsets.US_ASCII);
        assertEquals(0xE2293B2F, XxHash32.hash(text, 0, text.length, 0));
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "NULL", "PATTERN"})
    void othersHaveNone(Method method) {
        assertThrows(IllegalArgumentException.class, () -> Checksum.of(method));
    }
}
