// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** The version of this program, from the jar's manifest. */
public final class Version {
    /** Such as 0.1.0; "development" when not run from a jar. */
    public static final String TEXT = read();

    private Version() {}

    private static String read() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
