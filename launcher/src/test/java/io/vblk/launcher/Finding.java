// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

/**
 * Something in the sources that breaks a rule.
 *
 * @param path of the file, from the root of the checkout
 * @param line counted from 1
 * @param message what is wrong and what to do instead
 */
record Finding(String path, int line, String message) {
    @Override
    public String toString() {
        return path + ":" + line + ": " + message;
    }
}
