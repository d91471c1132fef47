// SPDX-License-Identifier: Apache-2.0
/** virtio rings over guest memory, device side and driver side (virtio 1.3, section 2). */
package io.vblk.virtio;
