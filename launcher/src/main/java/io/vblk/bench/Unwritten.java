// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;

/** What is asked of a unit that the run has not written. Thread: any. */
enum Unwritten {
    /** To be what the image file has. */
    AS_IMAGE,
    /** To stay what it is when it is read first. */
    AS_READ_FIRST,
    /** To have whole headers, or the pattern. */
    HEADERS;

    /**
     * What a job asks: headers if it only checks what another run wrote, else the image if it can
     * be seen. A job that only reads, where nobody can see the image, asks for headers too.
     */
    static Unwritten of(JobSpec spec, Ledger ledger) {
        if (spec.verify().only()) {
            return HEADERS;
        }
        if (ledger.reference() != null) {
            return AS_IMAGE;
        }
        return spec.changesDisk() ? AS_READ_FIRST : HEADERS;
    }
}
