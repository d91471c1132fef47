// SPDX-License-Identifier: Apache-2.0
/** Loads in fio's language: what a job is, as data, and how its options and files are read. */
package io.vblk.fio;
