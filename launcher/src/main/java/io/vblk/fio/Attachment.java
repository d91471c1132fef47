// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a job gets at its target. Thread: any.
 *
 * @param ioengine the engine as it was written, null if nothing was said
 * @param direct whether past the host's page cache, null if nothing was said
 * @param device options of the device, name to value, in their order; {@code 1} where none was
 *     written
 * @param cpus where its threads run
 */
public record Attachment(
        String ioengine, Boolean direct, Map<String, String> device, Cpus cpus) {
    /** Nothing was said. */
    public static final Attachment DEFAULT = new Attachment(null, null, Map.of(), Cpus.ANY);

    /** Copies the map. */
    public Attachment {
        device = Collections.unmodifiableMap(new LinkedHashMap<>(device));
    }

    /**
     * Whether the engine reads and writes a file itself, without a device: the target is
     * {@code file:PATH}, also where the path comes from the command line.
     */
    public boolean isStraight() {
        return ioengine != null && Engines.isOfFiles(ioengine);
    }

    /** Whether such an engine does one request at a time, by pread(2) and its like. */
    public boolean isSynchronous() {
        return ioengine != null && Engines.isSynchronous(ioengine);
    }
}
