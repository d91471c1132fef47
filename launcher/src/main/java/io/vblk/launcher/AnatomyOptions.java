// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.JobReport;
import io.vblk.files.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * What of a request's stages is asked for. Thread: main.
 *
 * @param interval one request of so many is looked at, 0 for none
 * @param picture where to draw them; null for nowhere
 */
record AnatomyOptions(int interval, Path picture) {
    static final String INTERVAL = "anatomy";
    /** The interval that costs too little to be seen. */
    static final String IMPLIED = "64";
    private static final String PICTURE = "anatomy-svg";
    private static final int INTERVAL_MAX = 1 << 20;

    static void addTo(Options options) {
        options.addOption(CommonOptions.optionalValue(INTERVAL, "N",
                "also report in which stages requests spend their time, and why p99 is high; looks "
                        + "at one request of N, without N of " + IMPLIED + ", 1 for each; "
                        + "default: 0, at none"));
        options.addOption(CommonOptions.value(PICTURE, "FILE",
                "also draw these stages into an SVG file"));
    }

    /**
     * Reads them; the file's directory has to be there before a load begins.
     *
     * @param words what the load works with
     */
    static AnatomyOptions of(CommandLine line, List<String> words)
            throws UsageException, IOException {
        String file = CommonOptions.text(line, PICTURE, null);
        int interval = CommonOptions.integer(
                line, INTERVAL, file == null ? 0 : Integer.parseInt(IMPLIED));
        if (interval < 0 || interval > INTERVAL_MAX) {
            throw new UsageException(INTERVAL + "=" + interval + " is not 0 to " + INTERVAL_MAX);
        }
        if (file == null) {
            return new AnatomyOptions(interval, null);
        }
        if (interval == 0) {
            throw new UsageException(PICTURE + " needs requests to draw: leave " + INTERVAL
                    + "=0 out");
        }
        Path path = checked(file);
        OutputPath.checkOther(PICTURE, file, words);
        return new AnatomyOptions(interval, path);
    }

    private static Path checked(String file) throws UsageException, IOException {
        try {
            Path path = Path.of(file);
            Path directory = path.toAbsolutePath().getParent();
            if (directory == null || !Files.isDirectory(directory)
                    || !Files.isWritable(directory)) {
                throw new IOException(file + " cannot be written: there is no directory for it "
                        + "that may be written to");
            }
            if (Files.isDirectory(path)) {
                throw new IOException(file + " is a directory: name a file in it");
            }
            return path;
        } catch (InvalidPathException e) {
            throw new UsageException(PICTURE + "=" + file + " is no path");
        }
    }

    /** Before the load. */
    void begin(BenchRun run) {
        if (interval > 0) {
            run.traceRequests(interval);
        }
    }

    /** After it. What was there stays until the new picture is whole. */
    void draw(List<JobReport> reports) throws IOException {
        if (picture == null) {
            return;
        }
        WholeFile.write(picture, JobReport.anatomyToSvg(reports));
    }
}
