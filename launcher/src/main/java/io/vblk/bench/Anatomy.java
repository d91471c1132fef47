// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtioblk.RequestSampling;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out while a load runs where its requests spend their time: device and guests note it of the
 * same few requests. Thread: control.
 */
final class Anatomy {
    private final RequestSampling sampling;
    private final int jobs;
    private final Map<Clone, AnatomySamples> samples = new IdentityHashMap<>();

    /**
     * Prepares.
     *
     * @param interval one request of so many is looked at
     * @param jobs number of clones that it is about
     */
    Anatomy(int interval, int jobs) {
        this.sampling = new RequestSampling(interval);
        this.jobs = jobs;
    }

    /** A clone is going to run, with nothing in its queue. */
    void begin(Clone clone) {
        AnatomySamples own =
                samples.computeIfAbsent(clone, key -> new AnatomySamples(sampling, jobs));
        own.begin(clone.target.guest.traceRequests(clone.queue, sampling),
                clone.generator().spec());
        clone.generator().trace(own);
    }

    /** It has run: its figures have the samples, and nobody notes anything any more. */
    void end(Clone clone) {
        clone.target.guest.traceRequests(clone.queue, null);
        clone.generator().trace(null);
        clone.generator().stats().anatomy = List.of(samples.get(clone));
    }
}
