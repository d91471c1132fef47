// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wrong data as it was read and as it should have been, in {@code NAME.OFFSET.received} and
 * {@code NAME.OFFSET.expected}, as fio names them. Thread: any.
 */
final class DumpFiles {
    /** Most pairs of files of a run: a broken disk must not fill another one. */
    static final int PAIRS_MAX = 16;

    private final Path directory;
    private final String name;
    private final AtomicInteger pairs = new AtomicInteger();

    /** Makes a unit again as it should have been. */
    interface Expected {
        /** The unit's bytes, or null if nobody knows them. */
        byte[] unit(int unit);
    }

    /**
     * Files of one target.
     *
     * @param directory where they go
     * @param target the target, of which the last name is taken
     */
    DumpFiles(Path directory, String target) {
        this.directory = directory;
        String last = target.substring(target.lastIndexOf('/') + 1);
        this.name = last.replaceAll("[^\\w.+-]", "_");
    }

    /**
     * Saves some units.
     *
     * @param address where the first one is in memory, as it was read
     * @return words for the end of a failure's text, empty if there is nothing to say
     */
    String save(Ledger ledger, int first, int end, long address, Expected expected) {
        if (pairs.incrementAndGet() > PAIRS_MAX) {
            return "";
        }
        long offset = ledger.offset(first);
        String received = name + "." + offset + ".received";
        String wanted = name + "." + offset + ".expected";
        int unitBytes = ledger.unitBytes();
        try (OutputStream out = Files.newOutputStream(directory.resolve(received))) {
            byte[] data = new byte[unitBytes];
            for (int unit = first; unit < end; unit++) {
                NativeMemory.copyToArray(
                        address + (long) (unit - first) * unitBytes, data, 0, unitBytes);
                out.write(data);
            }
        } catch (IOException e) {
            return "; " + received + " cannot be written: " + e.getMessage();
        }
        if (expected.unit(first) == null) {
            return "; saved as " + received;
        }
        try (OutputStream out = Files.newOutputStream(directory.resolve(wanted))) {
            for (int unit = first; unit < end; unit++) {
                byte[] data = expected.unit(unit);
                out.write(data == null ? new byte[unitBytes] : data);
            }
        } catch (IOException e) {
            return "; " + wanted + " cannot be written: " + e.getMessage();
        }
        return "; saved as " + received + " and .expected";
    }
}
