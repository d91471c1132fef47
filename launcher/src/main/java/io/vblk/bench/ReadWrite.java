// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a job does: fio's {@code rw}. Thread: any. */
public enum ReadWrite {
    /** Sequential reads. */
    READ(true, false, false),
    /** Sequential writes. */
    WRITE(false, true, false),
    /** Random reads. */
    RANDREAD(true, false, true),
    /** Random writes. */
    RANDWRITE(false, true, true),
    /** Sequential, reads and writes mixed. */
    RW(true, true, false),
    /** Random, reads and writes mixed. */
    RANDRW(true, true, true);

    private final boolean reads;
    private final boolean writes;
    private final boolean random;

    ReadWrite(boolean reads, boolean writes, boolean random) {
        this.reads = reads;
        this.writes = writes;
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
