// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Map;
import java.util.Set;

/**
 * What holds for jobs besides their options. Thread: any.
 *
 * @param deviceOptions names that are not the load's but the device's: kept for the caller
 * @param waitMode how guests wait unless a job says it
 * @param environment variables that <code>${NAME}</code> stands for
 */
public record JobContext(Set<String> deviceOptions, WaitMode waitMode,
        Map<String, String> environment) {
    /** Copies the set. */
    public JobContext {
        deviceOptions = Set.copyOf(deviceOptions);
    }

    /** That of this process, with guests that look for completions all the time. */
    public static JobContext ofProcess(Set<String> deviceOptions) {
        return new JobContext(deviceOptions, WaitMode.POLL, System.getenv());
    }
}
