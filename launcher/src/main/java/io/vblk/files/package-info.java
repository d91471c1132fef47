// SPDX-License-Identifier: Apache-2.0
/** What a run writes for people and programs: files that are whole, or not there. */
package io.vblk.files;
