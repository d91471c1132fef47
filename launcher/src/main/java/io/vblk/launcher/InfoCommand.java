// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.FioFormat;
import io.vblk.block.BlockLimits;
import io.vblk.block.image.FileFacts;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.block.image.ZeroingSupport;
import io.vblk.uring.UringProbe;
import java.io.IOException;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** info: image, limits, and what the host can do for it; or what a back-end offers. */
final class InfoCommand implements Command {
    @Override
    public String name() {
        return "info";
    }

    @Override
    public String synopsis() {
        return "IMAGE [--format=FORMAT] | vhost-user:SOCKET";
    }

    @Override
    public String summary() {
        return "Show what an image is and the host can do, or what a back-end offers";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(CommonOptions.value("format", "FORMAT",
                "raw, null or memory; default: raw for a file, refused if it looks like another"));
        return options;
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        if (BackendTarget.isNamed(line)) {
            BackendInfo.print(BackendTarget.path(line));
            return 0;
        }
        String target = line.getArgList().get(0);
        ImageSpec spec = new ImageSpec(
                target, DeviceOptions.format(line), true, false, DeviceOptions.engine(line));
        try (OpenImage image = Images.open(spec)) {
            BlockLimits limits = image.limits();
            row("image", target);
            row("what", image.description());
            row("format", image.format().toString());
            row("size", String.format(Locale.ROOT, "%d bytes (%s), %d sectors of 512",
                    limits.capacityBytes(), FioFormat.binaryBytes(limits.capacityBytes()),
                    limits.capacitySectors()));
            row("block size", String.format(Locale.ROOT, "logical %d, physical %d, optimal I/O %s",
                    limits.blockBytes(), limits.physicalBlockBytes(),
                    limits.optimalIoBytes() == 0 ? "unknown"
                            : Integer.toString(limits.optimalIoBytes())));
            FileFacts facts = image.facts();
            if (facts != null) {
                printFile(facts, target);
            }
            if (facts != null) {
                row("aio", image.engine());
            }
            UringProbe uring = UringProbe.run();
            row("io_uring", uring.available()
                    ? String.format(
                            Locale.ROOT, "the host has it (features 0x%x)", uring.features())
                    : "no: " + uring.reason());
        }
        return 0;
    }

    private static void printFile(FileFacts facts, String target) {
        row("looks like", facts.probedFormat());
        if (!facts.blockDevice()) {
            row("allocated", String.format(Locale.ROOT, "%d bytes (%s)", facts.allocatedBytes(),
                    FioFormat.binaryBytes(facts.allocatedBytes())));
        }
        row("O_DIRECT", facts.directOffsetAlign() == 0
                ? "alignment not known to the kernel"
                : String.format(Locale.ROOT, "buffers aligned to %d, offsets to %d bytes",
                        facts.directMemoryAlign(), facts.directOffsetAlign()));
        if (facts.blockDevice()) {
            row("zeroing", "by the kernel: discard and zero-out of the device");
        } else {
            ZeroingSupport zeroing = ZeroingSupport.beside(target);
            row("punch hole", zeroing.punchHole());
            row("zero range", zeroing.zeroRange());
        }
        row("locks", facts.locks());
    }

    static void row(String name, String value) {
        System.out.printf("%-12s %s%n", name + ":", value);
    }
}
