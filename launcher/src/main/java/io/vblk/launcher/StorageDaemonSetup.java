// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoLimits;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.bench.LoopSetup;
import io.vblk.block.engine.CacheMode;
import io.vblk.virtioblk.CallCoalescing;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a command line of qemu-storage-daemon asks for: objects, nodes and exports by their names,
 * in any order. Thread: main.
 */
final class StorageDaemonSetup {
    /** What guests have as serial number under qemu-storage-daemon, and name their disk by. */
    private static final String SERIAL = "vhost_user_blk";

    private final List<IothreadSpec> iothreads = new ArrayList<>();
    private final List<DiskSpec> disks = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, Integer> iothreadNumbers = new HashMap<>();
    private final Map<String, BlockNode> nodes = new HashMap<>();

    private StorageDaemonSetup() {}

    /** Reads the values of --object, --blockdev and --export. */
    static StorageDaemonSetup parse(
            List<String> objects, List<String> blockdevs, List<String> exports)
            throws UsageException {
        StorageDaemonSetup setup = new StorageDaemonSetup();
        for (String object : objects) {
            setup.addObject(KeyValues.parse("object", object, "qom-type"));
        }
        for (String blockdev : blockdevs) {
            setup.addNode(KeyValues.parse("blockdev", blockdev, "driver"));
        }
        for (String export : exports) {
            setup.addExport(KeyValues.parse("export", export, "type"));
        }
        if (setup.disks.isEmpty()) {
            throw new UsageException("storage-daemon: nothing to serve: add --export"
                    + " type=vhost-user-blk,id=ID,node-name=NODE,addr.type=unix,addr.path=PATH");
        }
        return setup;
    }

    /** All event loops: those of --object, and one for each export without. */
    List<IothreadSpec> iothreads() {
        return iothreads;
    }

    /** What is served. */
    List<DiskSpec> disks() {
        return disks;
    }

    /** What is done in another way than asked for, a line each. */
    List<String> warnings() {
        return warnings;
    }

    private void addObject(KeyValues keys) throws UsageException {
        String type = keys.require("qom-type");
        if (!type.equals("iothread")) {
            throw keys.wrong("object type '" + type + "' is not one that vblk has: iothread is");
        }
        String id = keys.require("id");
        AioOptions options;
        try {
            options = options(
                    new PollingOptions(
                            keys.takeNumber("poll-max-ns", PollingOptions.POLL_MAX_NS_DEFAULT),
                            keys.takeNumber("poll-grow", 0), keys.takeNumber("poll-shrink", 0),
                            keys.takeInteger("poll-weight", PollingOptions.POLL_WEIGHT_DEFAULT),
                            PollingOptions.POLICY_DEFAULT),
                    new IoLimits(
                            keys.takeInteger("aio-max-batch", IoLimits.AIO_MAX_BATCH_DEFAULT),
                            keys.takeInteger(
                                    "thread-pool-min", IoLimits.DEFAULT.threadPoolMin()),
                            keys.takeInteger(
                                    "thread-pool-max", IoLimits.THREAD_POOL_MAX_DEFAULT)));
        } catch (IllegalArgumentException e) {
            throw keys.wrong(e.getMessage());
        }
        keys.finish();
        if (iothreadNumbers.put(id, addIothread(id, options)) != null) {
            throw keys.wrong("there is an object '" + id + "' already");
        }
    }

    private static AioOptions options(PollingOptions polling, IoLimits limits) {
        return new AioOptions(polling, FdMonitorKind.AUTO, AioOptions.EPOLL_THRESHOLD_DEFAULT,
                NanoClock.MONOTONIC, NanoClock.REALTIME, limits);
    }

    private int addIothread(String name, AioOptions options) {
        iothreads.add(new IothreadSpec(name, new LoopSetup(options), 0));
        return iothreads.size() - 1;
    }

    private void addNode(KeyValues keys) throws UsageException {
        String name = keys.require("node-name");
        // What QEMU does without being told.
        BlockNode node = BlockNode.parse(keys, "ignore", CacheMode.WRITEBACK, warnings);
        if (nodes.put(name, node) != null) {
            throw keys.wrong("there is a node '" + name + "' already");
        }
    }

    private void addExport(KeyValues keys) throws UsageException {
        String type = keys.require("type");
        if (!type.equals("vhost-user-blk")) {
            throw keys.wrong(
                    "export type '" + type + "' is not one that vblk has: vhost-user-blk is");
        }
        String id = keys.require("id");
        if (disks.stream().anyMatch(disk -> disk.name().equals(id))) {
            throw keys.wrong("there is an export '" + id + "' already");
        }
        String nodeName = keys.require("node-name");
        BlockNode node = nodes.get(nodeName);
        if (node == null) {
            throw keys.wrong("node '" + nodeName
                    + "' is not there: add a --blockdev with that node-name");
        }
        node = node.resolve(nodes);
        boolean writable = keys.takeSwitch("writable", false);
        if (writable && node.readOnly()) {
            throw keys.wrong("node '" + nodeName + "' is read-only: leave out writable=on");
        }
        boolean writesThrough = keys.takeSwitch("writethrough", false);
        // An iothread never changes while an export lives, so either is true.
        keys.takeSwitch("fixed-iothread", false);
        SocketSpec socket = socket(keys);
        // Other sizes, also those that are no int, are refused with the image.
        int blockBytes = (int) Math.min(
                Integer.MAX_VALUE, keys.takeSize("logical-block-size", 0));
        String serial = keys.take("serial", SERIAL);
        int queues = keys.takeInteger("num-queues", 1);
        int queueSize = keys.takeInteger("queue-size", VirtioBlkOptions.QUEUE_SIZE_MAX);
        int segMax = keys.takeInteger("seg-max", VirtioBlkOptions.SEG_MAX_DEFAULT);
        int iothread = iothread(keys, id);
        keys.finish();
        try {
            disks.add(new DiskSpec(id, node.image(writable, blockBytes),
                    new VirtioBlkOptions(serial, queues, queueSize, segMax, List.of(), false,
                            CallCoalescing.OFF, !writesThrough), List.of(iothread), socket));
        } catch (IllegalArgumentException e) {
            throw keys.wrong(e.getMessage());
        }
    }

    private static SocketSpec socket(KeyValues keys) throws UsageException {
        String type = keys.require("addr.type");
        return switch (type) {
            case "unix" -> SocketSpec.at(keys.require("addr.path"));
            case "fd" -> SocketSpec.inherited("addr.str", keys.require("addr.str"));
            default -> throw keys.wrong("addr.type=" + type + " is none of unix, fd");
        };
    }

    private int iothread(KeyValues keys, String export) throws UsageException {
        String id = keys.take("iothread", null);
        if (id == null) {
            // QEMU's main loop, where such exports run, does not poll.
            return addIothread(export, options(PollingOptions.OFF, IoLimits.DEFAULT));
        }
        Integer number = iothreadNumbers.get(id);
        if (number == null) {
            throw keys.wrong("iothread '" + id + "' is not there: add --object iothread,id=" + id);
        }
        return number;
    }
}
