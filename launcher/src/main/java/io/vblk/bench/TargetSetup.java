// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** What it takes to open a target of a load. */
public sealed interface TargetSetup permits DeviceSetup, VhostUserSetup, FileSetup {
    /** As the user named it. */
    String name();
}
