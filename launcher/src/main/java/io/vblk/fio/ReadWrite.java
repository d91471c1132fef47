// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a job does: fio's {@code rw}. Thread: any. */
public enum ReadWrite {
    /** Sequential reads. */
    READ(true, false, false, false),
    /** Sequential writes. */
    WRITE(false, true, false, false),
    /** Random reads. */
    RANDREAD(true, false, false, true),
    /** Random writes. */
    RANDWRITE(false, true, false, true),
    /** Sequential, reads and writes mixed. */
    RW(true, true, false, false),
    /** Random, reads and writes mixed. */
    RANDRW(true, true, false, true),
    /** Sequential trims. */
    TRIM(false, false, true, false),
    /** Random trims. */
    RANDTRIM(false, false, true, true),
    /** Each block trimmed, then written, in order. */
    TRIMWRITE(false, true, true, false),
    /** Each block trimmed, then written, at random. */
    RANDTRIMWRITE(false, true, true, true);

    private final boolean reads;
    private final boolean writes;
    private final boolean trims;
    private final boolean random;

    ReadWrite(boolean reads, boolean writes, boolean trims, boolean random) {
        this.reads = reads;
        this.writes = writes;
        this.trims = trims;
        this.random = random;
    }

    /** Whether some requests are reads. */
    public boolean reads() {
        return reads;
    }

    /** Whether some requests are writes. */
    public boolean writes() {
        return writes;
    }

    /** Whether some requests are trims. */
    public boolean trims() {
        return trims;
    }

    /** Whether offsets are random. */
    public boolean random() {
        return random;
    }

    /** The name that fio uses. */
    public String fioName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of a name; {@code readwrite} is an alias of {@code rw}. */
    public static ReadWrite parse(String name) {
        if (name.equals("readwrite")) {
            return RW;
        }
        return Arrays.stream(values())
                .filter(mode -> mode.fioName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("rw=" + name + " is none of "
                        + Arrays.stream(values()).map(ReadWrite::fioName)
                                .collect(Collectors.joining(", "))));
    }
}
