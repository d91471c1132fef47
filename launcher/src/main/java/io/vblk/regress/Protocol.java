// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/**
 * What harness and worker say to each other, over the worker's stdin and stdout: a line of JSON
 * each, question and answer in turn. The worker begins, with {@link #ANNOUNCEMENT}.
 *
 * <pre>
 * vblk-regress 1
 *                {"do":"open","guest-cpus":"0","options":{"rw":"randread","bs":"4k"},"image":...}
 * {"ok":true,"engine":"io_uring"}
 *                {"do":"slice","lengthNs":25000000,"dropNs":2000000}
 * {"ok":true,"samples":2950,"p50Ns":1700, ... "histogram":"HISTFAAA..."}
 *                {"do":"requests","count":1}
 * {"ok":true, as for a slice}
 *                {"do":"close"}
 * {"ok":true}
 * </pre>
 *
 * <p>What is refused is answered with {@code {"ok":false,"error":"..."}}, and the worker goes on.
 * It ends with its stdin. Fields may be added within a version; unknown ones are ignored.
 */
final class Protocol {
    /** Changes when a worker of before would do something else than it is told. */
    static final int VERSION = 1;
    private static final String NAME = "vblk-regress ";
    static final String ANNOUNCEMENT = NAME + VERSION;
    /** The command of the program that answers. */
    static final String WORKER_COMMAND = "regress-worker";

    static final String DO = "do";
    static final String OPEN = "open";
    static final String SLICE = "slice";
    static final String REQUESTS = "requests";
    static final String CLOSE = "close";

    static final String OK = "ok";
    static final String ERROR = "error";
    static final String IMAGE = "image";
    static final String OPTIONS = "options";
    static final String GUEST_CPUS = "guest-cpus";

    private Protocol() {}

    /** The version that a worker's first line announces, or 0 if it is none. */
    static int announced(String line) {
        try {
            return line != null && line.startsWith(NAME)
                    ? Integer.parseInt(line.substring(NAME.length()).trim()) : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
