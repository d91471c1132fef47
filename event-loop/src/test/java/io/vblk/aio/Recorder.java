// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Callbacks that write down what happens, in one log with others, and run what a test hooks in. */
final class Recorder implements FdCallbacks {
    static final Runnable NOTHING = () -> { };

    final String name;
    final List<String> log;
    Runnable onRead = NOTHING;
    Runnable onWrite = NOTHING;
    Runnable onReady = NOTHING;
    Runnable onBegin = NOTHING;
    Runnable onEnd = NOTHING;
    BooleanSupplier look = () -> false;
    int looks;

    Recorder(String name, List<String> log) {
        this.name = name;
        this.log = log;
    }

    Recorder(String name) {
        this(name, new ArrayList<>());
    }

    private void happens(String what, Runnable hook) {
        log.add(name + " " + what);
        hook.run();
    }

    @Override
    public void onReadable() {
        happens("read", onRead);
    }

    @Override
    public void onWritable() {
        happens("write", onWrite);
    }

    @Override
    public boolean poll() {
        looks++;
        return look.getAsBoolean();
    }

    @Override
    public void pollReady() {
        happens("ready", onReady);
    }

    @Override
    public void pollBegin() {
        happens("begin", onBegin);
    }

    @Override
    public void pollEnd() {
        happens("end", onEnd);
    }

    /** What happened since the last call. */
    List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }
}
