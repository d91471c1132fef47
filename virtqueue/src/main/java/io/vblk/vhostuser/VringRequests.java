// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.AioContext;
import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.VirtioDevice;

/** The requests about one vring: checks them and does what they say. Thread: the connection's. */
final class VringRequests {
    /** In the value of a request that can bring a descriptor: there is none. */
    private static final int NO_FD_BIT = 1 << 8;
    private static final int ADDR_FLAG_LOG = 1;

    private final AioContext context;
    private final VirtioDevice device;
    private final MemoryTable memory;
    private final Vrings vrings;

    VringRequests(AioContext context, VirtioDevice device, MemoryTable memory, Vrings vrings) {
        this.context = context;
        this.device = device;
        this.memory = memory;
        this.vrings = vrings;
    }

    /** The vring that a message with a vring state is about. */
    VringState vring(VhostUserMessage message) throws RefusedException {
        return vrings.at(message.getInt(0));
    }

    private VringState halted(VhostUserMessage message) throws RefusedException {
        VringState vring = vring(message);
        if (vring.running) {
            throw new RefusedException("vring " + vring.index + " runs");
        }
        return vring;
    }

    void setNum(VhostUserMessage message) throws RefusedException {
        int size = message.getInt(4);
        if (size < 1 || size > device.queueSizeMax()) {
            throw new RefusedException("a vring of " + Integer.toUnsignedString(size)
                    + " descriptors: 1 to " + device.queueSizeMax() + " can be");
        }
        halted(message).size = size;
    }

    void setAddr(VhostUserMessage message) throws RefusedException {
        VringState vring = vring(message);
        VringState.Addresses addresses = new VringState.Addresses(message.getLong(8),
                message.getLong(16), message.getLong(24), (message.getInt(4) & ADDR_FLAG_LOG) != 0,
                message.getLong(32));
        if (memory.size() != 0) {
            memory.guestAddress(addresses.desc());
            memory.guestAddress(addresses.avail());
            memory.guestAddress(addresses.used());
        }
        if (vring.running && !addresses.sameRing(vring.addresses)) {
            throw new RefusedException("vring " + vring.index + " runs");
        }
        vring.addresses = addresses;
        vrings.updateLogs();
        vrings.update();
    }

    void setBase(VhostUserMessage message) throws RefusedException {
        VringState vring = halted(message);
        vring.base = message.getInt(4);
        vring.baseSet = true;
    }

    void setEnable(VhostUserMessage message) throws RefusedException {
        int wanted = message.getInt(4);
        if (wanted != 0 && wanted != 1) {
            throw new RefusedException("enable is 0 or 1, not " + wanted);
        }
        vring(message).enabled = wanted == 1;
        vrings.update();
    }

    void setKick(VhostUserMessage message) throws RefusedException {
        VringState vring = vringOfFd(message);
        boolean polled = (message.getLong(0) & NO_FD_BIT) != 0;
        EventNotifier kick = notifier(message);
        vrings.halt(vring);
        if (polled) {
            try {
                vring.start(new PolledKick(context));
            } catch (ErrnoException e) {
                throw new RefusedException(e.getMessage());
            }
        } else {
            vring.start(kick);
        }
        vrings.update();
    }

    /** The vring of a message that brings a descriptor, or says that there is none. */
    private VringState vringOfFd(VhostUserMessage message) throws RefusedException {
        long value = message.getLong(0);
        boolean noFd = (value & NO_FD_BIT) != 0;
        if ((value & ~0x1FF) != 0 || message.fdCount() != (noFd ? 0 : 1)) {
            throw new RefusedException(String.format(
                    "0x%x and %d descriptors do not go together", value, message.fdCount()));
        }
        return vrings.at((int) value & 0xFF);
    }

    private static EventNotifier notifier(VhostUserMessage message) throws RefusedException {
        if (message.fdCount() == 0) {
            return EventNotifier.none();
        }
        try {
            return EventNotifier.adopt(message.takeFd());
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    void setCall(VhostUserMessage message) throws RefusedException {
        vrings.setCall(vringOfFd(message), notifier(message));
    }

    void setErr(VhostUserMessage message) throws RefusedException {
        vringOfFd(message).setErr(notifier(message));
    }
}
