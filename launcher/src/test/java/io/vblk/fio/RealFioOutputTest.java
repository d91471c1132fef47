// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether the shapes that our output is held to are those of the installed fio. */
@Timeout(120)
final class RealFioOutputTest {
    private static final String TERSE = "/fio-3.33-terse.txt";

    @TempDir
    Path directory;

    @BeforeAll
    static void needsFio() {
        RealFio.require();
    }

    private static List<String> fields(String line) {
        return List.of(line.strip().split(";", -1)).stream()
                .map(field -> field.matches("fio-.*") ? "fio"
                        : field.matches("[\\d.]+%=\\d+") ? field.replaceAll("=\\d+", "=N")
                        : field.replaceAll("^\\d+", "N").replaceAll("\\d", "d"))
                .toList();
    }

    @Test
    void terseLinesHaveTheFieldsThatWeTakeForFios() throws Exception {
        List<String> kept;
        try (InputStream in = RealFioOutputTest.class.getResourceAsStream(TERSE)) {
            assertNotNull(in, TERSE);
            kept = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        }
        for (int version = 3; version <= 5; version++) {
            String line = RealFio.run(directory, "--name=vblk", "--ioengine=null", "--size=16M",
                    "--rw=randrw", "--minimal", "--terse-version=" + version).output();
            assertEquals(fields(kept.get(version - 3)), fields(line), "version " + version);
        }
    }

    @Test
    void logsHaveTheNamesAndFieldsThatWeTakeForFios() throws Exception {
        RealFio.run(directory, "--name=vblk", "--ioengine=null", "--size=1M", "--rw=read",
                "--write_bw_log=a", "--write_lat_log=a", "--write_iops_log=a",
                "--write_hist_log=a", "--log_hist_msec=1", "--log_hist_coarseness=4",
                "--rate_iops=10000");
        for (String name : List.of("bw", "lat", "clat", "slat", "iops", "clat_hist")) {
            Path log = directory.resolve("a_" + name + ".1.log");
            assertTrue(Files.exists(log), log + " of fio");
            for (String line : Files.readAllLines(log)) {
                assertEquals(name.equals("clat_hist") ? 3 + 1856 / 16 : 5,
                        line.split(", ").length, name);
            }
        }
    }
}
