// SPDX-License-Identifier: Apache-2.0
/** vhost-user, both ends: messages over a Unix socket that set up rings in shared memory. */
package io.vblk.vhostuser;
