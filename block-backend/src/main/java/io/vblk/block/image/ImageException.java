// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import java.io.IOException;

/** An image that cannot be opened: one line for operators, what is wrong and what to do. */
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** One line. */
    public ImageException(String message) {
        super(message);
    }

    /** One line that holds the words of its cause already. */
    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
