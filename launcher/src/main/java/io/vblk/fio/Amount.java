// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * A number of bytes, or a share of a disk: fio's {@code 512m} and {@code 20%}. Thread: any.
 *
 * @param bytes the number, 0 if it is a share or if nothing was said
 * @param percent the share in percent, 0 if it is a number
 */
public record Amount(long bytes, double percent) {
    /** Nothing was said. */
    public static final Amount NONE = new Amount(0, 0);
    private static final double WHOLE = 100;

    /** Checks the range. */
    public Amount {
        if (bytes < 0 || percent < 0 || percent > WHOLE || bytes > 0 && percent > 0) {
            throw new IllegalArgumentException(
                    "is neither a number of bytes nor a percentage up to 100");
        }
    }

    /** A number of bytes. */
    public static Amount ofBytes(long bytes) {
        return new Amount(bytes, 0);
    }

    /** Whether nothing was said. */
    public boolean isNone() {
        return bytes == 0 && percent == 0;
    }

    /** The number of bytes on a disk of that size. */
    public long of(long wholeBytes) {
        return percent == 0 ? bytes : (long) (wholeBytes * (percent / WHOLE));
    }
}
