// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.List;

/** The messages that set up, enable and stop a front-end's vrings. Thread: control. */
final class VringControl implements AutoCloseable {
    /** Answer of {@link #takeBroken} when no queue is. */
    static final int NONE = -1;

    /** In a kick, call or err message: no descriptor comes along. */
    private static final long NO_FD = 1 << 8;

    private final List<Notifiers> queues = new ArrayList<>();

    /** What a queue has as long as the front-end lives: where it calls unheard, and errors. */
    private record Notifiers(EventNotifier masked, EventNotifier err) {}

    VringControl(int count) throws ErrnoException {
        try {
            for (int i = 0; i < count; i++) {
                EventNotifier masked = EventNotifier.create();
                try {
                    queues.add(new Notifiers(masked, EventNotifier.create()));
                } catch (ErrnoException e) {
                    masked.close();
                    throw e;
                }
            }
        } catch (ErrnoException e) {
            close();
            throw e;
        }
    }

    int count() {
        return queues.size();
    }

    /** Tells a back-end where to call until a queue starts, and where to report errors. */
    void introduce(RequestLink link, long waitNs) throws VhostUserException {
        for (int i = 0; i < queues.size(); i++) {
            Notifiers queue = queues.get(i);
            notifier(link, VhostUserRequest.SET_VRING_CALL, i, queue.masked, waitNs);
            notifier(link, VhostUserRequest.SET_VRING_ERR, i, queue.err, waitNs);
        }
    }

    /** The first queue whose error was reported since the last look, or {@link #NONE}. */
    int takeBroken() {
        for (int i = 0; i < queues.size(); i++) {
            if (queues.get(i).err.testAndClear()) {
                return i;
            }
        }
        return NONE;
    }

    /** Hands over a notifier; null is none, so that the other side polls. */
    static void notifier(RequestLink link, VhostUserRequest request, int index,
            EventNotifier notifier, long waitNs) throws VhostUserException {
        if (notifier == null) {
            link.order(request).u64(index | NO_FD);
            link.send(waitNs);
        } else {
            link.order(request).u64(index);
            link.send(waitNs, notifier.fd());
        }
    }

    /** Size, base and addresses of a queue, then its kick. */
    static void configure(RequestLink link, int index, VhostUserFrontend.Vring vring,
            GuestMemory memory, long waitNs) throws VhostUserException {
        VirtqueueConfig config = vring.config();
        link.order(VhostUserRequest.SET_VRING_NUM).state(index, config.size());
        link.send(waitNs);
        link.order(VhostUserRequest.SET_VRING_BASE).state(index, config.base());
        link.send(waitNs);
        VhostUserMessage addresses =
                link.order(VhostUserRequest.SET_VRING_ADDR).state(index, 0);
        addresses.putLong(8, memory.hostAddress(config.descAddress(), 1));
        addresses.putLong(16, memory.hostAddress(config.usedAddress(), 1));
        addresses.putLong(24, memory.hostAddress(config.availAddress(), 1));
        addresses.putLong(32, config.usedAddress());
        addresses.size(VhostUserRequest.SET_VRING_ADDR.payloadMin);
        link.send(waitNs);
        notifier(link, VhostUserRequest.SET_VRING_KICK, index, vring.kick(), waitNs);
    }

    void enableAll(RequestLink link, boolean on, long waitNs) throws VhostUserException {
        for (int i = 0; i < queues.size(); i++) {
            enable(link, i, on, waitNs);
        }
    }

    static void enable(RequestLink link, int index, boolean on, long waitNs)
            throws VhostUserException {
        link.order(VhostUserRequest.SET_VRING_ENABLE).state(index, on ? 1 : 0);
        link.send(waitNs);
    }

    /** Stops a queue; returns its base. */
    static int stop(RequestLink link, int index, long waitNs) throws VhostUserException {
        VhostUserMessage question =
                link.question(VhostUserRequest.GET_VRING_BASE).state(index, 0);
        VhostUserMessage answer = link.ask(question.size(), 0, waitNs);
        if (answer.getInt(0) != index) {
            throw link.breakOff("answers GET_VRING_BASE of queue " + index + " with queue "
                    + Integer.toUnsignedString(answer.getInt(0)), null);
        }
        return answer.getInt(4);
    }

    @Override
    public void close() {
        for (Notifiers queue : queues) {
            queue.masked.close();
            queue.err.close();
        }
        queues.clear();
    }
}
