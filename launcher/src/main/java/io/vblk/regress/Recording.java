// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.files.WholeFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * Slices as JSON lines, for {@code vblk regress resample}: a head for each run, then its slices.
 * They are added to what is there. Thread: control.
 */
final class Recording implements AutoCloseable {
    /** Of the lines' form. */
    static final int VERSION = 1;

    private final Path file;
    private final BufferedWriter out;

    private Recording(Path file, BufferedWriter out) {
        this.file = file;
        this.out = out;
    }

    /** A recording in a file; null for none at all. */
    static Recording to(Path file) throws IOException {
        try {
            if (file == null) {
                return new Recording(null, null);
            }
            WholeFile.endLine(file);
            return new Recording(file, Files.newBufferedWriter(
                    file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw WholeFile.cannot(file, e);
        }
    }

    /** A run begins; {@code planted} if the candidate has a slowdown. */
    void begin(Scenario scenario, Map<Side, Build> builds, boolean planted, long seed,
            long sliceMs) throws IOException {
        Build baseline = builds.get(Side.A);
        Build candidate = builds.get(Side.B);
        write(new JsonLine().with("vblk-regress-slices", VERSION)
                .with("scenario", scenario.name()).with("seed", seed).with("sliceMs", sliceMs)
                .with("baseline", baseline).with("candidate", candidate)
                .with("equal", !planted && baseline.isSameAs(candidate)));
    }

    void add(Side side, int fork, int round, Slice slice) throws IOException {
        write(slice.writeTo(new JsonLine().with("side", side).with("fork", fork)
                .with("round", round)).with("histogram", ""));
    }

    private void write(JsonLine line) throws IOException {
        if (out != null) {
            try {
                out.write(line + "\n");
            } catch (IOException e) {
                throw WholeFile.cannot(file, e);
            }
        }
    }

    /** What was added can be read by others. */
    void end() throws IOException {
        if (out != null) {
            try {
                out.flush();
            } catch (IOException e) {
                throw WholeFile.cannot(file, e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (out != null) {
            out.close();
        }
    }
}
