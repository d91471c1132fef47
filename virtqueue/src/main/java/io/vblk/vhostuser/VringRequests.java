// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.AioContext;
import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.VirtioDevice;

/**
 * Requests about one vring that have no answer of their own. One that is refused leaves the vring
 * as it was, except that a kick is given back: then it has none. Thread: the connection's.
 */
final class VringRequests {
    private static final int NO_FD_BIT = 1 << 8;
    private static final int INDEX_MASK = 0xFF;

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

    void grant(VhostUserRequest request, VhostUserMessage message) throws RefusedException {
        switch (request) {
            case SET_VRING_NUM -> setNum(message);
            case SET_VRING_ADDR -> setAddresses(message);
            case SET_VRING_BASE -> setBase(message);
            case SET_VRING_ENABLE -> setEnable(message);
            case SET_VRING_KICK -> setKick(message);
            case SET_VRING_CALL -> vrings.setCall(vringOfFd(message), notifier(message));
            case SET_VRING_ERR -> vringOfFd(message).setErr(notifier(message));
            default -> throw new RefusedException("not a request to grant");
        }
    }

    private VringState halted(VhostUserMessage message) throws RefusedException {
        VringState vring = vrings.at(message.getInt(0));
        if (vring.running) {
            throw new RefusedException("vring " + vring.index + " runs");
        }
        return vring;
    }

    private void setNum(VhostUserMessage message) throws RefusedException {
        int size = message.getInt(4);
        if (size < 1 || size > device.queueSizeMax()) {
            throw new RefusedException("a vring of " + Integer.toUnsignedString(size)
                    + " descriptors: 1 to " + device.queueSizeMax() + " can be");
        }
        halted(message).size = size;
    }

    private void setAddresses(VhostUserMessage message) throws RefusedException {
        VringState vring = vrings.at(message.getInt(0));
        VringState.Addresses addresses = new VringState.Addresses(message.getLong(8),
                message.getLong(16), message.getLong(24), (message.getInt(4) & 1) != 0,
                message.getLong(32));
        if (memory.size() != 0) {
            memory.guestAddress(addresses.desc());
            memory.guestAddress(addresses.avail());
            memory.guestAddress(addresses.used());
        }
        if (vring.running && !addresses.sameRing(vring.addresses)) {
            throw new RefusedException("vring " + vring.index + " runs");
        }
        VringState.Addresses before = vring.addresses;
        vring.addresses = addresses;
        try {
            vrings.update();
        } catch (RefusedException e) {
            vring.addresses = before;
            throw e;
        }
        vrings.updateLogs();
    }

    private void setBase(VhostUserMessage message) throws RefusedException {
        VringState vring = halted(message);
        vring.base = message.getInt(4);
        vring.baseSet = true;
    }

    private void setEnable(VhostUserMessage message) throws RefusedException {
        int wanted = message.getInt(4);
        if (wanted != 0 && wanted != 1) {
            throw new RefusedException("enable is 0 or 1, not " + wanted);
        }
        VringState vring = vrings.at(message.getInt(0));
        boolean before = vring.enabled;
        vring.enabled = wanted == 1;
        try {
            vrings.update();
        } catch (RefusedException e) {
            vring.enabled = before;
            throw e;
        }
    }

    private void setKick(VhostUserMessage message) throws RefusedException {
        VringState vring = vringOfFd(message);
        if ((message.getLong(0) & NO_FD_BIT) != 0) {
            PolledKick polling = polledKick();
            vrings.halt(vring);
            vring.start(polling);
        } else {
            EventNotifier kick = notifier(message);
            vrings.halt(vring);
            vring.start(kick);
        }
        try {
            vrings.update();
        } catch (RefusedException e) {
            vrings.stop(vring);
            throw e;
        }
    }

    private PolledKick polledKick() throws RefusedException {
        try {
            return new PolledKick(context);
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    /** The vring of a message that brings a descriptor, or says that there is none. */
    private VringState vringOfFd(VhostUserMessage message) throws RefusedException {
        long value = message.getLong(0);
        boolean noFd = (value & NO_FD_BIT) != 0;
        if ((value & ~(NO_FD_BIT | INDEX_MASK)) != 0
                || message.fdCount() != (noFd ? 0 : 1)) {
            throw new RefusedException(String.format(
                    "0x%x and %d descriptors do not go together", value, message.fdCount()));
        }
        return vrings.at((int) value & INDEX_MASK);
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
}
