// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a machine tells about itself, and what it does not. */
final class EnvironmentTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void machine() throws IOException {
        file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n"
                + "flags\t\t: fpu vme hypervisor lm\n");
        file("proc/meminfo", "MemTotal:       16777216 kB\n");
        file("sys/devices/system/cpu/online", "0-3\n");
        file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
        file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
        file("sys/fs/cgroup/cpu.max", "150000 100000\n");
        file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        load("0.50 0.40 0.30 1/100 4711", "100 0 100 800 0 0 0 0 0 0", 1000);
    }

    private void load(String average, String ticks, long switches) throws IOException {
        file("proc/loadavg", average + "\n");
        file("proc/stat", "cpu  " + ticks + "\ncpu0 9 9 9\nctxt " + switches + "\n");
    }

    @Test
    void readsWhatDecidesAFigure() throws IOException {
        machine();
        Map<String, String> facts = Environment.look(root).facts();

        assertEquals("Some CPU @ 3 GHz", facts.get("CPU"));
        assertEquals("0-3", facts.get("processors"));
        assertEquals("performance, powersave", facts.get("governor"));
        assertEquals("1.50 processors", facts.get("CPU limit"));
        assertEquals("16.0 GiB", facts.get("memory"));
        assertEquals("madvise", facts.get("huge pages"));
        assertEquals("yes", facts.get("virtual machine"));
        assertEquals(Version.TEXT, facts.get("vblk"));
        assertFalse(facts.containsKey("turbo"));
    }

    @Test
    void saysWhatElseTheMachineDidMeanwhile() throws IOException {
        machine();
        Environment before = Environment.look(root);
        load("1.50 0.60 0.40 1/100 4712", "150 0 120 820 0 0 0 10 50 0", 6000);
        Map<String, String> gained = Environment.look(root).since(before);

        assertEquals("0.50 0.40 0.30", gained.get("load average before"));
        assertEquals("1.50 0.60 0.40", gained.get("load average after"));
        assertEquals("10.0%", gained.get("steal time"));
        assertEquals("80.0%", gained.get("processors busy"));
        assertTrue(gained.get("context switches").endsWith(" a second"));
    }

    @Test
    void aHostThatTellsNothingOrNonsenseIsNoError() throws IOException {
        Environment nothing = Environment.look(root);
        assertEquals(Map.of(), nothing.since(nothing));

        file("proc/stat", "cpu  x y\nctxt\n");
        file("proc/cpuinfo", "\u0000\u0001");
        file("sys/fs/cgroup/cpu.max", "a b");
        Files.write(root.resolve("proc/loadavg"), new byte[] {(byte) 0xff, (byte) 0xfe});
        Environment nonsense = Environment.look(root);
        assertEquals(Map.of(), nonsense.since(nothing));
        assertTrue(nonsense.facts().containsKey("JDK"));
    }

    @Test
    void tellsAboutThisMachineInTextAndJson() throws IOException {
        Environment here = Environment.look();
        assertTrue(here.facts().get("kernel").startsWith("Linux "), here.facts().toString());
        assertTrue(Environment.toText(here.facts()).contains("  kernel                : Linux "));

        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            Environment.writeJson(json, Map.of("load average before", "a \"b\""));
            json.writeEndObject();
        }
        assertEquals("{\"load_average_before\":\"a \\\"b\\\"\"}", text.toString());
    }
}
