// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.InfoCommand.row;

import io.vblk.bench.FioFormat;
import io.vblk.vhostuser.VhostUserException;
import io.vblk.vhostuser.VhostUserFrontend;
import io.vblk.virtioblk.VirtioBlkDisk;
import io.vblk.virtioblk.VirtioBlkDisk.RangeLimits;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** What a vhost-user back-end says of itself and its disk. Starts no queue. Thread: main. */
final class BackendInfo {
    private BackendInfo() {}

    static void print(String path) throws IOException {
        try (VhostUserFrontend frontend = VhostUserFrontend.connect(path)) {
            long features = frontend.features();
            // Before any row: nothing half-written if it cannot be read.
            VirtioBlkDisk disk = new VirtioBlkDisk(
                    features, frontend.readConfig(0, VirtioBlkDisk.configBytes(features)));
            row("back-end", path);
            row("features", bits(frontend.featuresOffered(),
                    VirtioBlkDisk.featureNames(frontend.featuresOffered())));
            row("protocol", bits(frontend.protocolFeaturesOffered(),
                    VhostUserFrontend.protocolFeatureNames(
                            frontend.protocolFeaturesOffered())));
            row("queues", frontend.queueCount() + ", the configuration says "
                    + disk.numQueues());
            row("mem slots", Integer.toString(frontend.memSlotsMax()));
            print(disk);
        } catch (VhostUserException e) {
            throw new IOException(e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    private static String bits(long bits, List<String> names) {
        return String.format(Locale.ROOT, "0x%x", bits)
                + (names.isEmpty() ? "" : ": " + String.join(", ", names));
    }

    private static void print(VirtioBlkDisk disk) {
        row("size", String.format(Locale.ROOT, "%d bytes (%s), %d sectors of 512",
                disk.capacityBytes(), FioFormat.binaryBytes(disk.capacityBytes()),
                disk.capacityBytes() / 512));
        row("block size", String.format(Locale.ROOT,
                "logical %d, physical %d, minimum I/O %s, optimal I/O %s", disk.blockBytes(),
                disk.physicalBlockBytes(), orUnknown(disk.minIoBytes()),
                orUnknown(disk.optimalIoBytes())));
        row("requests", (disk.segMax() == 0 ? "data segments unknown"
                : "up to " + disk.segMax() + " data segments") + (disk.sizeMax() == 0 ? ""
                : " of up to " + disk.sizeMax() + " bytes"));
        row("writes", disk.isReadOnly() ? "refused: the disk is read-only" : "taken");
        row("write cache", (disk.isWriteback() ? "write back" : "write through")
                + (disk.canFlush() ? ", flush" : ", no flush")
                + (disk.canSwitchCache() ? ", can be switched" : ""));
        row("discard", ranges(disk.discard()));
        RangeLimits zeroes = disk.writeZeroes();
        row("zeroes", ranges(zeroes) + (zeroes == null ? ""
                : disk.writeZeroesMayUnmap() ? ", may unmap" : ", does not unmap"));
        row("erase", ranges(disk.secureErase()));
    }

    private static String orUnknown(long bytes) {
        return bytes == 0 ? "unknown" : Long.toString(bytes);
    }

    private static String ranges(RangeLimits limits) {
        return limits == null ? "no" : String.format(Locale.ROOT, "%d range%s of up to %s",
                limits.rangesMax(), limits.rangesMax() == 1 ? "" : "s",
                FioFormat.binaryBytes(limits.bytesMax()));
    }
}
