// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.PollingOptions;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.image.DetectZeroes;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageLocking;
import io.vblk.block.image.ImageSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What command lines of qemu-storage-daemon mean here. */
final class StorageDaemonSetupTest {
    private static final String EXPORT =
            "type=vhost-user-blk,id=e,node-name=n,addr.type=unix,addr.path=s";

    private static StorageDaemonSetup parse(String... words) throws UsageException {
        List<String> objects = new ArrayList<>();
        List<String> blockdevs = new ArrayList<>();
        List<String> exports = new ArrayList<>();
        for (int i = 0; i < words.length; i += 2) {
            switch (words[i]) {
                case "--object" -> objects.add(words[i + 1]);
                case "--blockdev" -> blockdevs.add(words[i + 1]);
                default -> exports.add(words[i + 1]);
            }
        }
        return StorageDaemonSetup.parse(objects, blockdevs, exports);
    }

    private static ImageSpec image(String... blockdevs) throws UsageException {
        List<String> words = new ArrayList<>();
        for (String blockdev : blockdevs) {
            words.addAll(List.of("--blockdev", blockdev));
        }
        words.addAll(List.of("--export", EXPORT + ",writable=on"));
        return parse(words.toArray(String[]::new)).disks().get(0).image();
    }

    @Test
    void aDiskAsManualPagesShowIt() throws UsageException {
        StorageDaemonSetup setup = parse(
                "--export", EXPORT + ",writable=on,num-queues=4,iothread=t,logical-block-size=4k",
                "--blockdev", "driver=file,node-name=n,filename=/d,,1.raw",
                "--object",
                "iothread,id=t,poll-max-ns=7,poll-grow=3,poll-shrink=4,aio-max-batch=5");
        DiskSpec disk = setup.disks().get(0);

        assertEquals("e", disk.name());
        assertEquals(new SocketSpec("s", 0), disk.socket());
        assertEquals("/d,1.raw", disk.image().target());
        assertEquals(ImageFormat.RAW, disk.image().format(), "nothing is guessed");
        assertFalse(disk.image().readOnly());
        assertEquals(4096, disk.image().blockBytes());
        assertEquals(4, disk.device().numQueues());
        assertEquals("vhost_user_blk", disk.device().serial());
        assertEquals(List.of(0), disk.iothreads());
        assertEquals(1, setup.iothreads().size());
        PollingOptions polling = setup.iothreads().get(0).setup().options().polling();
        assertEquals(List.of(7L, 3L, 4L),
                List.of(polling.pollMaxNs(), polling.pollGrow(), polling.pollShrink()));
        assertEquals(
                5, setup.iothreads().get(0).setup().options().ioLimits().aioMaxBatch());
        assertEquals(List.of(), setup.warnings());
    }

    @Test
    void exportsAreReadOnlyAndOnALoopOfTheirOwnUnlessToldOtherwise() throws UsageException {
        StorageDaemonSetup setup = parse("--blockdev", "null-co,node-name=n", "--export", EXPORT);

        assertTrue(setup.disks().get(0).image().readOnly());
        assertEquals("null:1073741824", setup.disks().get(0).image().target());
        assertEquals(1, setup.disks().get(0).device().numQueues());
        assertFalse(setup.iothreads().get(0).setup().options().polling().enabled());
    }

    @Test
    void severalDisksShareAnIothread() throws UsageException {
        StorageDaemonSetup setup = parse("--object", "iothread,id=a", "--object", "iothread,id=b",
                "--blockdev", "null-co,node-name=n", "--blockdev", "null-co,node-name=m,size=1M",
                "--export", EXPORT + ",iothread=b",
                "--export", "vhost-user-blk,id=f,node-name=m,addr.type=fd,addr.str=3,iothread=b");

        assertEquals(List.of(1), setup.disks().get(0).iothreads());
        assertEquals(List.of(1), setup.disks().get(1).iothreads());
        assertEquals(new SocketSpec(null, 3), setup.disks().get(1).socket());
        assertEquals("null:1048576", setup.disks().get(1).image().target());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "raw,node-name=n,file=f          | file,node-name=f,filename=d               | true",
        "raw,node-name=n,file=f,discard=unmap | file,node-name=f,filename=d          | true",
        "raw,node-name=n,file=f          | file,node-name=f,filename=d,discard=unmap | true",
        "raw,node-name=n,file=f,discard=unmap | file,node-name=f,filename=d,discard=unmap | false",
        "raw,node-name=n,file.driver=file,file.filename=d | null-co,node-name=x      | true",
        "raw,node-name=n,discard=unmap,file.driver=file,file.filename=d "
            + "| null-co,node-name=x | false",
        "{\"driver\":\"raw\",\"node-name\":\"n\",\"file\":{\"driver\":\"host_device\","
            + "\"filename\":\"d\",\"node-name\":\"f\"}} | null-co,node-name=x        | true"})
    void rawLiesOnAFileAndDiscardsReachItIfAllLayersSaySo(
            String upper, String lower, boolean keepsStorage) throws UsageException {
        ImageSpec image = image(upper, lower);

        assertEquals("d", image.target());
        assertEquals(keepsStorage, image.keepsStorage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "discard=unmap,detect-zeroes=unmap | discard=unmap                     | UNMAP",
        "discard=unmap,detect-zeroes=unmap |                                   | ON",
        "discard=unmap                     | discard=unmap,detect-zeroes=unmap | UNMAP",
        "detect-zeroes=on                  | discard=unmap,detect-zeroes=unmap | ON",
        "detect-zeroes=on                  |                                   | ON",
        "                                  | detect-zeroes=on                  | ON",
        "detect-zeroes=off                 | detect-zeroes=off                 | OFF"})
    void zeroesAreDetectedByTheUppermostNodeThatDoesAndGivenBackIfAllAgree(
            String upper, String lower, DetectZeroes zeroes) throws UsageException {
        ImageSpec image = image(
                "raw,node-name=n,file=f" + (upper == null ? "" : "," + upper),
                "file,node-name=f,filename=d" + (lower == null ? "" : "," + lower));

        assertEquals(zeroes, image.detectZeroes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "locking=on  | ON",
        "locking=off | OFF",
        "aio=threads | AUTO"})
    void locksAsTold(String key, ImageLocking locking) throws UsageException {
        assertEquals(locking, image("file,node-name=n,filename=d," + key).locking());
    }

    /** As qemu-storage-daemon has it: only what is nested in a node takes over its choice. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "file,node-name=n,filename=d | WRITEBACK | 0",
        "file,node-name=n,filename=d,cache.direct=off,cache.no-flush=off | WRITEBACK | 0",
        "file,node-name=n,filename=d,cache.direct=on | NONE | 0",
        "host_device,node-name=n,filename=d,cache.no-flush=on | UNSAFE | 0",
        "file,node-name=n,filename=d,cache.direct=on,cache.no-flush=on | DIRECT_UNSAFE | 0",
        "raw,node-name=n,cache.direct=on,file.driver=file,file.filename=d | NONE | 0",
        "raw,node-name=n,file.driver=file,file.filename=d,file.cache.direct=on | NONE | 0",
        "raw,node-name=n,cache.direct=on,file.driver=file,file.filename=d,file.cache.direct=off "
            + "| WRITEBACK | 0",
        "{\"driver\":\"raw\"%\"node-name\":\"n\"%\"cache\":{\"no-flush\":true}%"
            + "\"file\":{\"driver\":\"file\"%\"filename\":\"d\"}} | UNSAFE | 0",
        "raw,node-name=n,file=z,cache.direct=on | NONE | 1",
        "raw,node-name=n,file=z | NONE | 0"})
    void theFilesNodeSaysTheCacheMode(String blockdev, CacheMode mode, int warnings)
            throws UsageException {
        StorageDaemonSetup setup = parse("--blockdev", blockdev.replace('%', ','),
                "--blockdev", "file,node-name=z,filename=d,cache.direct=on", "--export", EXPORT);

        assertEquals(mode, setup.disks().get(0).image().cache());
        assertTrue(setup.disks().get(0).device().writeCache());
        assertEquals(warnings, setup.warnings().size());
        assertTrue(warnings == 0 || setup.warnings().get(0).contains("on node 'z': say them there"),
                setup.warnings()::toString);
    }

    @Test
    void anExportMayBeginWithoutAWriteCache() throws UsageException {
        DiskSpec disk = parse("--blockdev", "null-co,node-name=n",
                "--export", EXPORT + ",writethrough=on").disks().get(0);

        assertFalse(disk.device().writeCache());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "aio=native        | uses io_uring"})
    void whatIsDoneInAnotherWayIsSaidInOneLine(String key, String words) throws UsageException {
        List<String> warnings = parse("--blockdev", "file,node-name=n,filename=d," + key,
                "--export", EXPORT).warnings();

        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains(key + ": ") && warnings.get(0).contains(words),
                warnings.get(0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--blockdev | qcow2,node-name=n,file=f               | driver 'qcow2'",
        "--blockdev | node-name=n                            | 'driver' is missing",
        "--blockdev | file,filename=d                        | 'node-name' is missing",
        "--blockdev | file,node-name=n                       | 'filename' is missing",
        "--blockdev | raw,node-name=n                        | 'file' is missing",
        "--blockdev | raw,node-name=n,file=f,offset=512      | 'offset' is not one",
        "--blockdev | file,node-name=n,filename=d,aio=magic  | aio=magic",
        "--blockdev | file,node-name=n,filename=d,locking=x  | locking=x",
        "--blockdev | file,node-name=n,filename=d,discard=x  | discard=x",
        "--blockdev | file,node-name=n,filename=d,detect-zeroes=x | detect-zeroes=x",
        "--blockdev | file,node-name=n,filename=d,detect-zeroes=unmap "
            + "| detect-zeroes=unmap needs discard=unmap",
        "--blockdev | raw,node-name=n,file=f,detect-zeroes=unmap "
            + "| detect-zeroes=unmap needs discard=unmap",
        "--blockdev | file,node-name=n,filename=d,force-share=on | force-share=on",
        "--blockdev | null-co,node-name=n,read-zeroes=on     | read-zeroes=on",
        "--blockdev | null-co,node-name=n,latency-ns=5       | 'latency-ns' is not one",
        "--object   | secret,id=s                            | object type 'secret'",
        "--object   | iothread                               | 'id' is missing",
        "--object   | iothread,id=t,poll-max-ns=-1           | poll-max-ns must be",
        "--object   | iothread,id=t,cpu=1                    | 'cpu' is not one",
        "--export   | nbd,id=e,node-name=n                   | export type 'nbd'",
        "--export   | fuse,id=e,node-name=n,mountpoint=m     | export type 'fuse'",
        "--export   | vduse-blk,id=e,node-name=n,name=v      | export type 'vduse-blk'",
        "--export   | vhost-user-blk,node-name=z             | 'id' is missing",
        "--export   | vhost-user-blk,id=e                    | 'node-name' is missing",
        "--export   | vhost-user-blk,id=e,node-name=gone     | node 'gone' is not there",
        "--export   | vhost-user-blk,id=e,node-name=z        | 'addr.type' is missing",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=inet | addr.type=inet",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=fd,addr.str=2 | descriptors 0 to 2",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=fd,addr.str=x | addr.str=x",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=unix,addr.path=s,iothread=t "
            + "| --object iothread,id=t",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=unix,addr.path=s,num-queues=0 "
            + "| num-queues must be",
        "--blockdev | file,node-name=n,filename=d,cache.direct=1 | cache.direct=1",
        "--blockdev | file,node-name=n,filename=d,cache.writeback=on | 'cache.writeback' is not",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=unix,addr.path=s,writethrough=1 "
            + "| writethrough=1",
        "--export   | vhost-user-blk,id=e,node-name=z,addr.type=unix,addr.path=s,"
            + "logical-block-size=8G | logical-block-size must be 512 or 4096",
        "--export   | vhost-user-blk,id=e,node-name=r,addr.type=unix,addr.path=s,writable=on "
            + "| 'r' is read-only"})
    void whatIsNotThereIsRefusedByName(String option, String value, String words) {
        String message = assertThrows(UsageException.class, () -> parse(option, value,
                "--blockdev", "null-co,node-name=z",
                "--blockdev", "null-co,node-name=r,read-only=on")).getMessage();

        assertTrue(message.startsWith(option.trim() + " ") || words.startsWith("descriptors")
                || words.startsWith("addr.str"), message);
        assertTrue(message.contains(words), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void namesAreGivenOnce() {
        String[] twice = {"--object", "iothread,id=t", "--blockdev", "null-co,node-name=n",
            "--export", EXPORT};
        for (int i = 0; i < twice.length; i += 2) {
            List<String> words = new ArrayList<>(List.of(twice));
            words.addAll(List.of(twice[i], twice[i + 1]));
            assertTrue(assertThrows(UsageException.class,
                    () -> parse(words.toArray(String[]::new))).getMessage().contains("already"));
        }
    }

    @Test
    void aNodeInItselfIsRefused() {
        assertTrue(assertThrows(UsageException.class, () -> image(
                "raw,node-name=n,file=m", "raw,node-name=m,file=n")).getMessage()
                .contains("nested too deep, or in itself"));
    }

    @Test
    void nothingToServeIsAMistake() {
        assertTrue(assertThrows(UsageException.class, () -> parse()).getMessage()
                .contains("add --export"));
    }
}
