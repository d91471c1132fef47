// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;

/**
 * Sizes of requests and how often each is drawn: fio's {@code bs}, {@code bsrange} and
 * {@code bssplit}. Thread: any.
 *
 * @param parts the sizes; their weights add up to 100, or to 0 where there is one
 */
public record SizeSplit(List<Part> parts) {
    /** Longest request in bytes. */
    public static final int BYTES_MAX = 64 << 20;
    /** Most sizes of a split, as in fio. */
    public static final int PARTS_MAX = 64;

    /**
     * Sizes that are drawn alike.
     *
     * @param minBytes smallest
     * @param maxBytes largest; sizes between are multiples of the smallest
     * @param percent how often, of 100
     */
    public record Part(int minBytes, int maxBytes, int percent) {
        /** Checks the range. */
        public Part {
            if (minBytes < 1 || maxBytes < minBytes || maxBytes > BYTES_MAX) {
                throw new IllegalArgumentException("bs must be 512 bytes to 64 MiB: " + minBytes
                        + (minBytes == maxBytes ? "" : "-" + maxBytes));
            }
        }
    }

    /** Copies the list. */
    public SizeSplit {
        parts = List.copyOf(parts);
        if (parts.isEmpty() || parts.size() > PARTS_MAX) {
            throw new IllegalArgumentException("1 to " + PARTS_MAX + " sizes, not " + parts.size());
        }
    }

    /** One size. */
    public static SizeSplit of(int bytes) {
        return range(bytes, bytes);
    }

    /** All sizes of a range alike. */
    public static SizeSplit range(int minBytes, int maxBytes) {
        return new SizeSplit(List.of(new Part(minBytes, maxBytes, 100)));
    }

    /** Smallest size in bytes. */
    public int minBytes() {
        return parts.stream().mapToInt(Part::minBytes).min().orElseThrow();
    }

    /** Largest size in bytes. */
    public int maxBytes() {
        return parts.stream().mapToInt(Part::maxBytes).max().orElseThrow();
    }

    /** Whether all requests are of one size. */
    public boolean isFixed() {
        return minBytes() == maxBytes();
    }
}
