// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.uring.CompletionQueue;
import io.vblk.uring.SubmissionQueue;
import io.vblk.uring.Uring;
import io.vblk.uring.UringProbe;
import java.util.Arrays;

/**
 * Waits with io_uring(7): one poll request per descriptor, whose answer shows in memory, so that a
 * polling loop sees plain descriptors without a system call. Thread: home, except {@link #update}.
 *
 * <p>A poll request answers once. It is asked again before the next wait, which is after the
 * callbacks, so that the kernel looks at the level that they left: readiness is a level here as
 * with poll(2). But an answer tells of the moment when it was given: if somebody else has emptied
 * the descriptor since, the callback finds nothing, so it has to read without blocking. All
 * requests of an iteration go to the kernel with the call that waits.
 *
 * <p>A time-out is a request too. It is left armed when something else ends the wait, and serves
 * the next wait if it is due no later than that one's; one that is due too late is removed.
 *
 * <pre>
 *   user data of a poll:      kind (2 bits)   generation (30)   slot (32)
 *   user data of a time-out:  kind (2 bits)   number (62)
 * </pre>
 */
final class UringMonitor implements FdMonitor {
    private static final int ENTRIES = 256;
    private static final int SLOTS_FIRST = 64;
    private static final int KIND_SHIFT = 62;
    private static final long POLL = 1;
    private static final long TIMEOUT = 2;
    private static final long IGNORED = 3;
    private static final int GENERATION_MASK = 0x3FFF_FFFF;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final HandlerList list;
    private final Uring ring;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;
    private final MappedMemory timespec;

    private AioHandler[] slots = new AioHandler[SLOTS_FIRST];
    private int[] generations = new int[SLOTS_FIRST];
    private int[] events = new int[SLOTS_FIRST];
    private boolean[] armed = new boolean[SLOTS_FIRST];
    /** Slots whose poll request is to be asked (again); each at most once. */
    private int[] toArm = new int[SLOTS_FIRST];
    private int toArmCount;

    private long timeoutNumber;
    private boolean timeoutArmed;
    private long timeoutDeadlineNs;

    UringMonitor(HandlerList list) throws ErrnoException {
        this.list = list;
        this.timespec = MappedMemory.anonymous(Posix.TIMESPEC_BYTES);
        try {
            this.ring = createRing();
        } catch (ErrnoException e) {
            timespec.close();
            throw e;
        }
        this.submissions = ring.submissions();
        this.completions = ring.completions();
    }

    private static Uring createRing() throws ErrnoException {
        UringProbe probe = UringProbe.run();
        if (!probe.available()) {
            throw new ErrnoException("fd-monitor=io_uring: " + probe.reason()
                    + "; auto does without", probe.errno());
        }
        return Uring.create(ENTRIES);
    }

    @Override
    public void update(AioHandler handler, int oldEvents, int newEvents) throws ErrnoException {
        // The ring is the home thread's, which takes over when woken.
        if (oldEvents == 0 && newEvents != 0) {
            FdMonitor.checkOpen(handler);
        }
    }

    // ------------------------------------------------------------------ which are watched

    @Override
    public void takeOver(ReadyList ready) {
        ring.enableOnce();
        for (int slot = 0; slot < slots.length; slot++) {
            AioHandler handler = slots[slot];
            if (handler == null) {
                continue;
            }
            int wanted = handler.removed ? 0 : handler.fdEvents();
            if (wanted != events[slot]) {
                disarm(slot, ready);
                events[slot] = wanted;
                if (wanted == 0) {
                    handler.monitorSlot = AioHandler.NO_SLOT;
                    slots[slot] = null;
                } else {
                    armLater(slot);
                }
            }
        }
        for (AioHandler handler : list.snapshot()) {
            if (handler.monitorSlot == AioHandler.NO_SLOT && !handler.removed
                    && handler.fdEvents() != 0) {
                enter(handler);
            }
        }
        // At once: until a request is removed, the kernel keeps its file open.
        submit(ready);
    }

    private void enter(AioHandler handler) {
        int slot = 0;
        while (slot < slots.length && slots[slot] != null) {
            slot++;
        }
        if (slot == slots.length) {
            int length = slot * 2;
            slots = Arrays.copyOf(slots, length);
            generations = Arrays.copyOf(generations, length);
            events = Arrays.copyOf(events, length);
            armed = Arrays.copyOf(armed, length);
            toArm = Arrays.copyOf(toArm, length);
        }
        handler.monitorSlot = slot;
        slots[slot] = handler;
        events[slot] = handler.fdEvents();
        armLater(slot);
    }

    private void armLater(int slot) {
        toArm[toArmCount++] = slot;
    }

    /** Takes a slot's request back, whether asked already or not. */
    private void disarm(int slot, ReadyList ready) {
        if (armed[slot]) {
            armed[slot] = false;
            long target = pollUserData(slot);
            // First: an answer that is taken meanwhile is not for this slot any more.
            generations[slot]++;
            add(Uring.OP_POLL_REMOVE, -1, target, 0, 0, IGNORED << KIND_SHIFT, ready);
        } else {
            for (int i = 0; i < toArmCount; i++) {
                if (toArm[i] == slot) {
                    toArm[i] = toArm[--toArmCount];
                    break;
                }
            }
        }
    }

    private long pollUserData(int slot) {
        return POLL << KIND_SHIFT | (long) (generations[slot] & GENERATION_MASK) << 32 | slot;
    }

    private void armAll(ReadyList ready) {
        while (toArmCount > 0) {
            int slot = toArm[--toArmCount];
            armed[slot] = true;
            long userData = pollUserData(slot);
            add(Uring.OP_POLL_ADD, slots[slot].fd, 0, 0, events[slot], userData, ready);
        }
    }

    private void add(int opcode, int fd, long address, int length, int flags, long userData,
            ReadyList ready) {
        while (!submissions.add(opcode, fd, 0, address, length, flags, userData)) {
            submit(ready);
        }
    }

    /** Gives the kernel all requests, taking answers where it has no room for more. */
    private void submit(ReadyList ready) {
        while (submissions.pending() > 0) {
            call(0);
            if (submissions.pending() > 0) {
                reap(ready);
            }
        }
    }

    // ------------------------------------------------------------------ waiting

    @Override
    public void prepare(boolean all, ReadyList ready) {
        if (toArmCount == 0) {
            return;
        }
        boolean needed = all;
        for (int i = 0; i < toArmCount && !needed; i++) {
            needed = slots[toArm[i]].needsDescriptor();
        }
        if (needed) {
            armAll(ready);
            submit(ready);
        }
    }

    @Override
    public boolean showsReadiness() {
        return completions.size() != 0 || ring.needsEnter();
    }

    @Override
    public void await(long timeoutNs, ReadyList ready) {
        armAll(ready);
        if (timeoutNs == 0 || ready.size() > 0) {
            if (submissions.pending() > 0 || ring.needsEnter()) {
                call(0);
            }
            reap(ready);
            return;
        }
        long deadlineNs = timeoutNs > 0 ? System.nanoTime() + timeoutNs : 0;
        long leftNs = timeoutNs;
        while (true) {
            if (leftNs > 0) {
                armTimeout(deadlineNs, leftNs, ready);
            }
            call(1);
            reap(ready);
            if (ready.size() > 0) {
                return;
            }
            if (timeoutNs > 0) {
                leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0) {
                    return;
                }
            }
        }
    }

    /** Sees to it that a time-out ends the wait no later than the deadline. */
    private void armTimeout(long deadlineNs, long leftNs, ReadyList ready) {
        if (timeoutArmed) {
            if (timeoutDeadlineNs - deadlineNs <= 0) {
                return;
            }
            long userData = TIMEOUT << KIND_SHIFT | timeoutNumber;
            add(Uring.OP_TIMEOUT_REMOVE, -1, userData, 0, 0, IGNORED << KIND_SHIFT, ready);
        }
        timeoutArmed = true;
        timeoutDeadlineNs = deadlineNs;
        timeoutNumber++;
        NativeMemory.putLong(timespec.address(), leftNs / NANOS_PER_SECOND);
        NativeMemory.putLong(timespec.address() + 8, leftNs % NANOS_PER_SECOND);
        add(Uring.OP_TIMEOUT, -1, timespec.address(), 1, 0,
                TIMEOUT << KIND_SHIFT | timeoutNumber, ready);
    }

    private void call(int minComplete) {
        int result = ring.enter(minComplete, Uring.GETEVENTS);
        // EBUSY: answers have to be taken first, which the caller does.
        if (result < 0 && result != -Posix.EINTR && result != -Posix.EBUSY
                && result != -Posix.EAGAIN) {
            throw new IllegalStateException(new ErrnoException("io_uring_enter", -result));
        }
    }

    private void reap(ReadyList ready) {
        int count = completions.size();
        for (int i = 0; i < count; i++) {
            long userData = completions.userData(i);
            long kind = userData >>> KIND_SHIFT;
            if (kind == POLL) {
                pollAnswered(userData, completions.result(i), ready);
            } else if (kind == TIMEOUT && userData == (TIMEOUT << KIND_SHIFT | timeoutNumber)) {
                timeoutArmed = false;
            }
        }
        if (count > 0) {
            completions.advance(count);
        }
    }

    private void pollAnswered(long userData, int result, ReadyList ready) {
        int slot = (int) userData;
        AioHandler handler = slots[slot];
        if (handler == null || pollUserData(slot) != userData) {
            return;
        }
        armed[slot] = false;
        armLater(slot);
        if (result == -Posix.ENOMEM || result == -Posix.EINTR || result == -Posix.ECANCELED) {
            // The kernel could not go on with it; the descriptor is none the worse.
            return;
        }
        // Any other failure means that it cannot be waited for: closed, most likely.
        ready.addEvents(handler, result < 0 ? AioHandler.NVAL : result);
    }

    @Override
    public int fd() {
        return ring.fd();
    }

    @Override
    public FdMonitorKind kind() {
        return FdMonitorKind.IO_URING;
    }

    @Override
    public void close() {
        ring.close();
        timespec.close();
    }
}
