// SPDX-License-Identifier: Apache-2.0
/** The fio-like load generator. */
package io.vblk.bench;
