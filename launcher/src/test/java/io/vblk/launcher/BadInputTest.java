// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What operators get wrong: one line on stderr that says what is wrong and what to do, exit code 2
 * for the command line and 1 for the image, nothing on stdout, nothing changed on disk.
 */
final class BadInputTest {
    private static final int USAGE = 2;
    private static final int IMAGE = 1;
    private static final int IMAGE_BYTES = 64 << 10;

    @TempDir
    private Path directory;
    private Path image;
    private List<Path> filesBefore;
    private byte[] bytesBefore;

    @BeforeEach
    void makeImage() throws IOException {
        image = TestImages.user(directory, "disk.raw", IMAGE_BYTES);
        bytesBefore = Files.readAllBytes(image);
        filesBefore = files();
    }

    @AfterEach
    void nothingHasChanged() throws IOException {
        assertArrayEquals(bytesBefore, Files.readAllBytes(image));
        assertEquals(filesBefore, files());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private Path file(String name, byte[] content) throws IOException {
        Path file = Files.write(directory.resolve(name), content);
        filesBefore = files();
        return file;
    }

    private VblkRun bench(String... options) {
        List<String> words = new ArrayList<>(List.of("bench", image.toString()));
        words.addAll(List.of(options));
        return VblkRun.of(words.toArray(String[]::new));
    }

    // ------------------------------------------------------------------ commands

    @Test
    void noCommand() {
        VblkRun.of().failed(USAGE, "no command",
                "say info, bench, serve, storage-daemon, ctl, regress or tune", "--help");
        assertEquals(USAGE, VblkRun.of("--verbose").code());
    }

    @Test
    void unknownCommand() {
        VblkRun.of("frobnicate", image.toString())
                .failed(USAGE, "'frobnicate'",
                        "say info, bench, serve, storage-daemon, ctl, regress or tune", "--help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "serve"})
    void notOneImage(String command) {
        VblkRun.of(command).failed(USAGE, command, "one image, not 0", "IMAGE");
        VblkRun.of(command, image.toString(), image.toString())
                .failed(USAGE, command, "one image, not 2", "IMAGE");
        VblkRun.of(command, "").failed(USAGE, command, "no name");
    }

    @Test
    void benchWithoutATarget() {
        VblkRun.of("bench").failed(USAGE, "bench needs a target", "IMAGE");
        VblkRun.of("bench", "").failed(USAGE, "no name");
        VblkRun.of("bench", image.toString(), image.toString()).failed(USAGE, "a runtime");
        VblkRun.of("bench", image.toString(), "--filename=null:1M")
                .failed(USAGE, "leave out " + image);
        VblkRun.of("bench", "missing.fio").failed(USAGE, "missing.fio");
    }

    // ------------------------------------------------------------------ images

    @ParameterizedTest
    @ValueSource(strings = {"info", "bench", "serve"})
    void missingImage(String command) {
        String missing = directory.resolve("missing.raw").toString();

        VblkRun.of(command, missing).failed(IMAGE, missing, "no such file");
    }

    @Test
    void missingImageOfALoadThatWrites() {
        String missing = directory.resolve("missing.raw").toString();

        VblkRun.of("bench", missing, "--rw=write").failed(IMAGE, missing, "no such file");
        VblkRun.of("bench", missing, "--rw=write", "--allow-write")
                .failed(IMAGE, missing, "no such file");
        VblkRun.of("serve", missing, "--rw=randrw").failed(IMAGE, missing, "no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "bench", "serve"})
    void directory(String command) {
        VblkRun.of(command, directory.toString())
                .failed(IMAGE, directory.toString(), "is a directory");
    }

    @Test
    void directoryOfALoadThatWrites() {
        VblkRun.of("bench", directory.toString(), "--rw=write")
                .failed(IMAGE, directory.toString(), "is a directory");
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "bench", "serve"})
    void emptyImage(String command) throws IOException {
        Path empty = file("empty.raw", new byte[0]);

        VblkRun.of(command, empty.toString())
                .failed(IMAGE, empty.toString(), "is empty", "truncate");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 513, 65_540})
    void sizeThatIsNoMultipleOf512(int bytes) throws IOException {
        Path odd = file("odd.raw", new byte[bytes]);

        for (String command : List.of("info", "bench", "serve")) {
            VblkRun.of(command, odd.toString())
                    .failed(IMAGE, odd.toString(), bytes + " bytes", "512", "truncate");
        }
        assertEquals(bytes, Files.size(odd));
    }

    @Test
    void foreignFormat() throws IOException {
        byte[] content = new byte[IMAGE_BYTES];
        System.arraycopy(new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3}, 0, content, 0, 8);
        Path qcow2 = file("disk.qcow2", content);

        for (String command : List.of("info", "bench", "serve")) {
            VblkRun.of(command, qcow2.toString())
                    .failed(IMAGE, qcow2.toString(), "is a qcow2 image", "--format=raw");
        }
        VblkRun.of("bench", qcow2.toString(), "--rw=write", "--allow-write")
                .failed(IMAGE, qcow2.toString(), "is a qcow2 image", "--format=raw");
        assertArrayEquals(content, Files.readAllBytes(qcow2));
        VblkRun.of("bench", qcow2.toString(), "--format=raw").succeeded();
    }

    @Test
    void imageInUse() throws IOException {
        ImageSpec writer = new ImageSpec(
                image.toString(), null, false, false, IoEngineKind.SYNC);
        try (OpenImage other = Images.open(writer)) {
            assertEquals(IMAGE_BYTES, other.limits().capacityBytes());
            for (String command : List.of("info", "bench", "serve")) {
                VblkRun.of(command, image.toString())
                        .failed(IMAGE, image.toString(), "in use by another process", "stop it");
            }
            bench("--rw=write", "--allow-write")
                    .failed(IMAGE, image.toString(), "in use by another process", "stop it");
        }
        bench().succeeded();
    }

    @Test
    void whatIsNoFile() {
        VblkRun.of("bench", "/dev/null")
                .failed(IMAGE, "/dev/null", "neither a file nor a block device");
    }

    @ParameterizedTest
    @CsvSource({
        "null:, 'not a size'", "null:x, 'not a size'", "memory:-1, 'not a size'",
        "memory:0, 512", "memory:1000, 512", "memory:99999P, 'too large'",
        "null:9999999999999999999, 'too large'"})
    void nonsenseSizesOfDisksWithoutFile(String target, String part) {
        VblkRun.of("info", target).failed(IMAGE, target, part);
        VblkRun.of("bench", target).failed(IMAGE, target, part);
    }

    @Test
    void formatThatDoesNotFitTheTarget() {
        bench("--format=memory").failed(IMAGE, image.toString(), "size", "memory:1G");
        bench("--format=null").failed(IMAGE, image.toString(), "size", "null:1G");
        bench("--format=vdi").failed(USAGE, "'vdi'", "raw, null or memory");
    }

    // ------------------------------------------------------------------ writing

    @ParameterizedTest
    @ValueSource(strings = {"write", "randwrite", "rw", "readwrite", "randrw"})
    void writingToAUsersImageUnasked(String mode) {
        bench("--rw=" + mode).failed(USAGE, image.toString(), "overwrite", "--allow-write");
        VblkRun.of("serve", image.toString(), "--rw=" + mode, "--runtime=1")
                .failed(USAGE, image.toString(), "overwrite", "--allow-write");
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "randwrite", "rw", "readwrite", "randrw"})
    void writingToAReadOnlyDisk(String mode) {
        bench("--rw=" + mode, "--read-only").failed(USAGE, "read-only", "--rw");
        bench("--rw=" + mode, "--read-only", "--allow-write").failed(USAGE, "read-only", "--rw");
        VblkRun.of("serve", "memory:1M", "--rw=" + mode, "--read-only", "--runtime=1")
                .failed(USAGE, "read-only", "--rw");
    }

    // ------------------------------------------------------------------ options

    @ParameterizedTest
    @CsvSource({"info, --bs=4k", "bench, --frobnicate", "bench, --frobnicate=1", "bench, -x",
        "serve, --frobnicate=2", "bench, --run=1"})
    void unknownOption(String command, String option) {
        String name = option.replaceAll("=.*", "").replaceAll("^-+", "");

        VblkRun.of(command, image.toString(), option)
                .failed(USAGE, command, name, "vblk " + command + " --help");
    }

    @Test
    void optionWithoutItsValue() {
        bench("--bs").failed(USAGE, "option bs needs a value", "--help");
        VblkRun.of("bench", "--iodepth", "--bs=4k", image.toString())
                .failed(USAGE, "option iodepth needs a value", "--help");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--rw=foo            | rw=foo        | randread",
        "--rw=               | rw            | needs a value",
        "--rw=READ           | rw=READ       | randread",
        "--aio=uring         | 'uring'       | auto, io_uring, threads or sync",
        "--verify=md4        | verify=md4    | crc32c",
        "--wait=never        | wait=never    | poll, event",
        "--output-format=xml | output-format=xml | json",
        "--time_based=yes    | time_based=yes | 0, 1",
        "--group_reporting=2 | group_reporting=2 | 0, 1",
        "--packed=2          | packed=2      | 0, 1",
        "--in-order=yes      | in-order=yes  | 0, 1",
        "--indirect=         | indirect=     | 0, 1",
        "--event-idx=-1      | event-idx=-1  | 0, 1"})
    void valueThatIsNoneOfThose(String option, String what, String choice) {
        bench(option).failed(USAGE, what, choice);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--bs=1000           | bs=1000       | 512",
        "--bs=1              | bs=1          | 512",
        "--bs=0              | bs=0          | 64 MiB",
        "--bs=65M            | bs=65M        | 64 MiB",
        "--bs=128k           | bs=131072     | larger than the region of 65536",
        "--offset=1000       | offset=1000   | 512",
        "--offset=64k        | offset=65536  | past the end",
        "--size=65k          | size          | past the end",
        "--size=512          | bs=4096       | larger than the region of 512",
        "--bs=4x             | bs: 'x'       | k, m, g",
        "--bs=k              | bs: 'k'       | not a number",
        "--bs=               | bs            | needs a value",
        "--bs=-4k            | bs=-4k        | 64 MiB",
        "--size=lots         | size: 'lots'  | not a number",
        "--size=99999P       | size          | too large",
        "--offset=-1         | offset=-1     | number of bytes"})
    void nonsenseSizes(String option, String what, String rule) {
        bench(option).failed(USAGE, what, rule);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--runtime=soon      | runtime: 'soon' | us, ms, s",
        "--runtime=-1        | runtime=-1      | at least 0",
        "--runtime=          | runtime         | needs a value",
        "--runtime=1w        | runtime: '1w'   | us, ms, s",
        "--ramp_time=x       | ramp_time: 'x'  | us, ms, s",
        "--runtime=99999999999d | runtime      | too large",
        "--time_based        | time_based      | runtime"})
    void nonsenseTimes(String option, String what, String rule) {
        bench(option).failed(USAGE, what, rule);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--iodepth=0         | iodepth        | at least 1",
        "--iodepth=-1        | iodepth        | at least 1",
        "--iodepth=x         | iodepth: 'x'   | number",
        "--iodepth=1.5       | iodepth: '1.5' | number",
        "--iodepth=99999999999 | iodepth      | at most 2147483647",
        "--iodepth=1025      | iodepth=1025   | 1024, the largest",
        "--iodepth=1500000000 | iodepth=1500000000 | 1024, the largest",
        "--numjobs=0         | numjobs=0      | at least 1",
        "--numjobs=65        | numjobs=65     | at most 64",
        "--numjobs=-2        | numjobs=-2     | at least 1",
        "--rwmixread=101     | rwmixread=101  | at most 100",
        "--rwmixread=-1      | rwmixread=-1   | at least 0",
        "--randseed=one      | randseed: 'one' | number",
        "--queue-size=3      | queue-size     | power of two",
        "--queue-size=0      | queue-size     | power of two",
        "--queue-size=-8     | queue-size     | power of two",
        "--queue-size=2048   | queue-size     | 1024",
        "--num-queues=0      | num-queues     | guests",
        "--num-queues=-1     | num-queues     | guests",
        "--num-queues=257    | num-queues     | 256",
        "--poll-max-ns=-1    | poll-max-ns    | 0 to 1000000000",
        "--poll-max-ns=1000000001 | poll-max-ns | 0 to 1000000000",
        "--poll-grow=-1      | poll-grow      | 0 to",
        "--poll-shrink=-1    | poll-shrink    | 0 to",
        "--iothreads=0       | iothreads      | 1 to 64",
        "--iothreads=65      | iothreads      | 1 to 64",
        "--iothread-vq-mapping=1 | iothread-vq-mapping | 0 to 0",
        "--iothread-vq-mapping=0,0 | iothread-vq-mapping | 1 queues",
        "--iothread-vq-mapping=a | iothread-vq-mapping=a | such as 0,2-3",
        "--logical-block-size=1000 | logical-block-size | 512 or 4096, not 1000",
        "--logical-block-size=0 | logical-block-size | 512 or 4096, not 0",
        "--call-delay-us=-1  | call-delay-us  | 0 to 1000000, not -1",
        "--call-delay-us=1000001 | call-delay-us | 0 to 1000000",
        "--call-batch-max=0  | call-batch-max | at least 1",
        "--delay-us=2-1      | delay-us       | smaller number first",
        "--delay-us=60000001 | delay-us       | 0 to 60000000",
        "--delay-us=-5       | delay-us=-5    | such as 100-2000",
        "--delay-us=1ms      | delay-us=1ms   | such as 100-2000",
        "--delay-seed=x      | delay-seed=x   | number",
        "--filter=slow       | filter 'slow'  | delay, error, rate, stats, verify",
        "--filter=stats:x=1  | 'x'            | none of name",
        "--serial=123456789012345678901 | serial | 20"})
    void numbersOutOfRange(String option, String what, String rule) {
        bench(option).failed(USAGE, what, rule);
    }

    @Test
    void iodepthLargerThanAFileTakes() {
        VblkRun.of("bench", "file:" + image, "--rw=read", "--iodepth=1025")
                .failed(USAGE, "1024 straight on a file: 1025");
        VblkRun.of("bench", "file:" + image, "--rw=read", "--iodepth=1024").succeeded();
    }

    @Test
    void iodepthLargerThanTheQueue() {
        bench("--iodepth=32", "--queue-size=16").failed(USAGE, "iodepth=32", "queue of 16");
    }

    @Test
    void fewerQueuesThanGuests() {
        bench("--numjobs=4", "--num-queues=3").failed(USAGE, "num-queues=3", "4 guests");
        VblkRun.of("serve", "null:1M", "--guests=4", "--num-queues=3", "--runtime=1")
                .failed(USAGE, "num-queues=3", "4 guests");
    }

    @Test
    void guestsOutOfRange() {
        for (String count : List.of("0", "-1", "65")) {
            VblkRun.of("serve", "null:1M", "--guests=" + count, "--runtime=1")
                    .failed(USAGE, "guests", "1 to 64", count);
        }
    }

    @Test
    void verifyOfADiskThatKeepsNothing() {
        VblkRun.of("bench", "null:1M", "--verify=crc32c")
                .failed(USAGE, "verify", "null");
    }
}
