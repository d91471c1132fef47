// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers as fio 3.33 prints them; the expected texts are from its reports. */
final class FioFormatTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "1, 1", "250, 250", "1000, 1000", "2777, 2777", "5681, 5681", "7930, 7930",
        "9999, 9999", "18600, 18.6k", "22900, 22.9k", "64000, 64.0k", "105000, 105k",
        "731000, 731k", "1036000, 1036k", "9999000, 9999k", "12300000, 12.3M"})
    void counts(double value, String text) {
        assertEquals(text, FioFormat.count(value));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0B", "512, 512B", "12288, 12.0KiB", "102400, 100KiB", "1048576, 1024KiB",
        "1536000, 1500KiB", "10485760, 10.0MiB", "76336333, 72.8MiB", "67108864, 64.0MiB",
        "104857600, 100MiB", "4242538496, 4046MiB", "12777947136, 11.9GiB"})
    void binaryBytes(double bytes, String text) {
        assertEquals(text, FioFormat.binaryBytes(bytes));
    }

    @ParameterizedTest
    @CsvSource({"4096, 4096B", "8192, 8192B", "9999, 9999B"})
    void bytesStayBytesUpToFourDigits(double bytes, String text) {
        assertEquals(text, FioFormat.binaryBytes(bytes));
        assertEquals(text, FioFormat.decimalBytes(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0B", "12288, 12.3kB", "102400, 102kB", "1048576, 1049kB", "1536000, 1536kB",
        "10485760, 10.5MB", "76400000, 76.4MB", "67108864, 67.1MB", "4243000000, 4243MB"})
    void decimalBytes(double bytes, String text) {
        assertEquals(text, FioFormat.decimalBytes(bytes));
    }

    @ParameterizedTest
    @ValueSource(doubles = {9999.4, 9999.5, 9999.6, 9_999_600, 9999.6 * 1024, 9999.9 * 1024 * 1024})
    void roundingAddsNoFifthDigit(double value) {
        for (String text : new String[] {FioFormat.count(value),
            FioFormat.binaryBytes(value), FioFormat.decimalBytes(value)}) {
            assertTrue(text.chars().filter(Character::isDigit).count() <= 4, text);
        }
    }

    @Test
    void neverMoreThanFourDigits() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            double value = Math.exp(random.nextDouble() * Math.log(1e15));
            for (String text : new String[] {FioFormat.count(value),
                FioFormat.binaryBytes(value), FioFormat.decimalBytes(value)}) {
                long digits = text.chars().filter(Character::isDigit).count();
                assertTrue(digits <= 4, value + " is " + text);
            }
        }
    }
}
