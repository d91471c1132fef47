// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.AioContext;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.virtio.DirtyLog;
import io.vblk.virtio.VirtioDevice;
import io.vblk.virtio.VirtioException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a front-end: takes its messages one by one and starts and stops the queues of
 * a device. Thread: the connection's, which is the listener's control thread.
 *
 * <p>A request that is malformed ends the connection. One that is well-formed and cannot be
 * granted changes nothing; the front-end hears of it if it asked for an answer, else the connection
 * ends as well, since the front-end would go on from a state that is not there.
 */
final class VhostUserBackend implements AutoCloseable {
    /** What this side offers of the protocol. */
    static final long PROTOCOL_FEATURES_OFFERED = VhostUserFeatures.MQ
            | VhostUserFeatures.LOG_SHMFD | VhostUserFeatures.REPLY_ACK
            | VhostUserFeatures.BACKEND_REQ | VhostUserFeatures.CONFIG
            | VhostUserFeatures.INFLIGHT_SHMFD | VhostUserFeatures.RESET_DEVICE
            | VhostUserFeatures.CONFIGURE_MEM_SLOTS | VhostUserFeatures.STATUS;
    /** Largest queue of a region of in-flight records. */
    private static final int INFLIGHT_QUEUE_SIZE_MAX = 32768;
    /** Device status bit: a ring broke, the driver has to reset (virtio 1.3, 2.1). */
    private static final int STATUS_NEEDS_RESET = 64;
    private static final int CONFIG_CHANGE_MSG = 2;
    /** Flag of SET_CONFIG: the destination of a migration is told the source's configuration. */
    private static final int CONFIG_OF_MIGRATION = 1;
    private static final long OWN_FEATURES =
            VhostUserFeatures.LOG_ALL | VhostUserFeatures.PROTOCOL_FEATURES;
    private static final int MEMORY_HEADER = VhostUserMessage.MEMORY_HEADER_BYTES;
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserBackend.class);

    private final String name;
    private final AioContext context;
    private final VhostUserChannel channel;
    private final VirtioDevice device;
    private final MemoryTable memory = new MemoryTable();
    private final Vrings vrings;
    private final VringRequests vringRequests;
    private final VhostUserMessage outgoing = new VhostUserMessage();
    private long features;
    private long protocolFeatures;
    private int status;
    /** Where requests of this side go, null if the front-end has not said. */
    private VhostUserChannel requests;
    private boolean open = true;

    /**
     * Serves a connection.
     *
     * @param name for log lines
     * @param device of this connection alone; closed with it
     */
    VhostUserBackend(String name, AioContext context, VhostUserChannel channel,
            VirtioDevice device, Vrings.Turn turn) {
        this.name = name;
        this.context = context;
        this.channel = channel;
        this.device = device;
        this.vrings = new Vrings(device, memory, turn);
        this.vringRequests = new VringRequests(context, device, memory, vrings);
        device.onConfigChange(this::tellConfigChange);
        device.onQueueBroken(index ->
                context.execute("vring broken", () -> queueBroke(index)));
    }

    int fd() {
        return channel.fd();
    }

    VirtioDevice device() {
        return device;
    }

    boolean anyRingRuns() {
        return vrings.anyRuns();
    }

    /**
     * Takes one message, if there is one.
     *
     * @return whether there was one
     * @throws VhostUserException if the connection has to end
     */
    boolean step() throws VhostUserException {
        VhostUserMessage message = channel.receive();
        if (message == null) {
            return false;
        }
        VhostUserRequest request = VhostUserRequest.of(message.request());
        try {
            if (request == null) {
                throw new RefusedException("request " + message.request() + " is not known here");
            }
            check(request, message);
            LOG.debug("{}: {}", name, request);
            boolean answered = handle(request, message);
            if (!answered && wantsAck(message)) {
                channel.send(message.reply().u64(0));
            }
        } catch (RefusedException e) {
            refuse(request, message, e);
        }
        return true;
    }

    private boolean wantsAck(VhostUserMessage message) {
        return message.needsReply() && has(VhostUserFeatures.REPLY_ACK);
    }

    private boolean has(long protocolFeature) {
        return (protocolFeatures & protocolFeature) != 0;
    }

    private static void check(VhostUserRequest request, VhostUserMessage message)
            throws VhostUserException {
        int size = message.size();
        int fds = message.fdCount();
        if (message.isReply()) {
            throw new VhostUserException(request + " came as a reply");
        }
        if (size < request.payloadMin || size > request.payloadMax) {
            throw new VhostUserException(request + " has a payload of " + size + " bytes");
        }
        if (fds < request.fdsMin || fds > request.fdsMax) {
            throw new VhostUserException(request + " came with " + fds + " descriptors");
        }
    }

    private void refuse(VhostUserRequest request, VhostUserMessage message, RefusedException e)
            throws VhostUserException {
        if (request == VhostUserRequest.GET_CONFIG) {
            channel.send(message.reply());
        } else if (wantsAck(message) && !isAnswered(request)) {
            LOG.warn("{}: refused: {}", name, e.getMessage());
            channel.send(message.reply().u64(1));
        } else {
            throw new VhostUserException(
                    (request == null ? "" : request + ": ") + e.getMessage());
        }
    }

    /** Whether a request has an answer of its own, which a refusal cannot be told by. */
    private static boolean isAnswered(VhostUserRequest request) {
        return request == VhostUserRequest.GET_VRING_BASE
                || request == VhostUserRequest.GET_INFLIGHT_FD;
    }

    /** Returns whether the request has been answered. */
    private boolean handle(VhostUserRequest request, VhostUserMessage message)
            throws RefusedException, VhostUserException {
        switch (request) {
            case GET_FEATURES -> channel.send(message.reply().u64(offered()));
            case GET_PROTOCOL_FEATURES ->
                    channel.send(message.reply().u64(PROTOCOL_FEATURES_OFFERED));
            case GET_QUEUE_NUM -> channel.send(message.reply().u64(device.queueCount()));
            case GET_MAX_MEM_SLOTS -> channel.send(message.reply().u64(MemoryTable.REGIONS_MAX));
            case GET_STATUS -> channel.send(message.reply().u64(status));
            case GET_CONFIG -> getConfig(message);
            case GET_VRING_BASE -> getVringBase(message);
            case GET_INFLIGHT_FD -> getInflight(message);
            case SET_LOG_BASE -> {
                setLogBase(message);
                // QEMU waits for this one whether it has asked for an answer or not.
                channel.send(message.reply().u64(0));
            }
            default -> {
                set(request, message);
                return false;
            }
        }
        return true;
    }

    private void set(VhostUserRequest request, VhostUserMessage message)
            throws RefusedException, VhostUserException {
        switch (request) {
            case SET_OWNER, RESET_OWNER, SET_LOG_FD -> { }
            case SET_FEATURES -> setFeatures(message.getLong(0));
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(message.getLong(0));
            case SET_STATUS -> setStatus(message.getLong(0));
            case SET_BACKEND_REQ_FD -> setRequestChannel(message);
            case SET_CONFIG -> setConfig(message);
            case SET_MEM_TABLE -> setMemTable(message);
            case ADD_MEM_REG -> changeMemory(message, true);
            case REM_MEM_REG -> changeMemory(message, false);
            case SET_INFLIGHT_FD -> setInflight(message);
            case RESET_DEVICE -> reset();
            default -> vringRequests.grant(request, message);
        }
    }

    // ------------------------------------------------------------------ the device

    private long offered() {
        return device.features() | OWN_FEATURES;
    }

    private void setFeatures(long wanted) throws RefusedException, VhostUserException {
        if ((wanted & ~offered()) != 0) {
            throw new RefusedException(String.format(
                    "features 0x%x were not offered", wanted & ~offered()));
        }
        long virtio = wanted & ~OWN_FEATURES;
        if (virtio != (features & ~OWN_FEATURES) || features == 0) {
            // Migration switches LOG_ALL while rings run; the rest belongs to the driver.
            try {
                device.acknowledgeFeatures(virtio);
            } catch (VirtioException e) {
                throw new RefusedException(e.getMessage());
            }
            vrings.setFeatures(virtio);
        }
        features = wanted;
        vrings.setLogging((wanted & VhostUserFeatures.LOG_ALL) != 0);
        if ((wanted & VhostUserFeatures.PROTOCOL_FEATURES) == 0) {
            vrings.enableAll();
            resume();
        }
    }

    private void setProtocolFeatures(long wanted) throws RefusedException {
        if ((wanted & ~PROTOCOL_FEATURES_OFFERED) != 0) {
            throw new RefusedException(String.format("protocol features 0x%x were not offered",
                    wanted & ~PROTOCOL_FEATURES_OFFERED));
        }
        protocolFeatures = wanted;
    }

    /**
     * Kept for the front-end to read. A reset (0) does not touch the rings: QEMU 7.2 says it before
     * it asks where the rings stand.
     */
    private void setStatus(long wanted) throws RefusedException {
        if ((wanted & ~0xFF) != 0) {
            throw new RefusedException(String.format("status 0x%x has more than 8 bits", wanted));
        }
        status = (int) wanted;
    }

    private void reset() {
        vrings.reset();
        device.reset();
        features = 0;
        vrings.setFeatures(0);
        vrings.setLogging(false);
        status = 0;
    }

    private void getConfig(VhostUserMessage message) throws RefusedException, VhostUserException {
        int offset = message.getInt(0);
        byte[] bytes = configBytes(message, offset);
        device.readConfig(offset, bytes);
        message.reply().size(VhostUserMessage.CONFIG_HEADER_BYTES + bytes.length);
        message.putBytes(VhostUserMessage.CONFIG_HEADER_BYTES, bytes);
        channel.send(message);
    }

    /** Room for the piece of configuration space that a message is about. */
    private static byte[] configBytes(VhostUserMessage message, int offset)
            throws RefusedException {
        int length = message.getInt(4);
        if (length != message.size() - VhostUserMessage.CONFIG_HEADER_BYTES || offset < 0
                || offset > VhostUserMessage.CONFIG_BYTES_MAX - length) {
            throw new RefusedException("configuration bytes " + Integer.toUnsignedString(offset)
                    + " and on, " + Integer.toUnsignedString(length) + " of them, are not there");
        }
        return new byte[length];
    }

    private void setConfig(VhostUserMessage message) throws RefusedException {
        int offset = message.getInt(0);
        int length = configBytes(message, offset).length;
        int flags = message.getInt(8);
        if (flags == CONFIG_OF_MIGRATION) {
            // What another host's device had: this one's own capacity and limits hold here, and
            // the write cache belongs to the driver, who says so when it is switched.
            return;
        }
        if (flags != 0) {
            throw new RefusedException("configuration written with flags " + flags);
        }
        try {
            device.writeConfig(offset,
                    message.getBytes(VhostUserMessage.CONFIG_HEADER_BYTES, length));
        } catch (VirtioException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    // ------------------------------------------------------------------ shared memory

    private void setMemTable(VhostUserMessage message)
            throws RefusedException, VhostUserException {
        int count = message.getInt(0);
        if (count < 0 || count > MemoryTable.REGIONS_PER_MESSAGE || message.fdCount() != count
                || message.size() != MEMORY_HEADER + count * VhostUserMessage.REGION_BYTES) {
            throw new RefusedException(Integer.toUnsignedString(count) + " regions, "
                    + message.fdCount() + " descriptors and " + message.size()
                    + " bytes do not go together");
        }
        List<MemoryTable.Address> addresses = new ArrayList<>();
        int[] fds = new int[count];
        for (int i = 0; i < count; i++) {
            addresses.add(MemoryTable.Address.read(
                    message, MEMORY_HEADER + i * VhostUserMessage.REGION_BYTES));
            fds[i] = message.fd(i);
        }
        vrings.pause();
        try {
            memory.replace(addresses, fds);
        } finally {
            resume();
        }
    }

    private void changeMemory(VhostUserMessage message, boolean add)
            throws RefusedException, VhostUserException {
        MemoryTable.Address address = MemoryTable.Address.read(message, MEMORY_HEADER);
        vrings.pause();
        try {
            if (add) {
                memory.add(address, message.fd(0));
            } else {
                memory.remove(address);
            }
        } finally {
            resume();
        }
    }

    /** Lets rings run by what has changed under them. There is no way back if one cannot. */
    private void resume() throws VhostUserException {
        try {
            vrings.update();
        } catch (RefusedException e) {
            throw new VhostUserException(e.getMessage());
        }
    }

    private void setLogBase(VhostUserMessage message) throws RefusedException {
        try {
            vrings.setLog(
                    DirtyLog.map(message.fd(0), message.getLong(8), message.getLong(0)));
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    private void getInflight(VhostUserMessage message)
            throws RefusedException, VhostUserException {
        int queues = message.getShort(16);
        int queueSize = message.getShort(18);
        checkInflight(queues, queueSize);
        int fd = -1;
        try {
            fd = InflightRegion.allocate(queues, queueSize, vrings.packed());
            outgoing.begin(message.request(), VhostUserMessage.FLAG_REPLY)
                    .size(VhostUserMessage.INFLIGHT_BYTES);
            outgoing.putLong(0, InflightRegion.bytes(queues, queueSize, vrings.packed()));
            outgoing.putLong(8, 0);
            outgoing.putInt(16, queues | queueSize << 16);
            outgoing.putInt(20, 0);
            channel.send(outgoing, fd);
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        } finally {
            if (fd >= 0) {
                Posix.close(fd);
            }
        }
    }

    private void setInflight(VhostUserMessage message) throws RefusedException {
        int queues = message.getShort(16);
        int queueSize = message.getShort(18);
        checkInflight(queues, queueSize);
        if (vrings.anyRuns()) {
            throw new RefusedException("rings run");
        }
        try {
            vrings.setInflight(InflightRegion.map(message.fd(0), message.getLong(8),
                    message.getLong(0), queues, queueSize));
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    private void checkInflight(int queues, int queueSize) throws RefusedException {
        if (queues < 1 || queues > device.queueCount() || queueSize < 1
                || queueSize > INFLIGHT_QUEUE_SIZE_MAX) {
            throw new RefusedException("no in-flight region for " + queues + " queues of "
                    + queueSize + ", the device has " + device.queueCount());
        }
    }

    // ------------------------------------------------------------------ vrings

    private void getVringBase(VhostUserMessage message)
            throws RefusedException, VhostUserException {
        VringState vring = vrings.at(message.getInt(0));
        channel.send(message.reply().state(vring.index, vrings.stop(vring)));
    }

    private void queueBroke(int index) {
        if (!open) {
            return;
        }
        status |= STATUS_NEEDS_RESET;
        try {
            vrings.at(index).err().set();
        } catch (RefusedException e) {
            throw new AssertionError("the device has the queue", e);
        }
    }

    // ------------------------------------------------------------------ requests of this side

    private void setRequestChannel(VhostUserMessage message) throws RefusedException {
        try {
            VhostUserChannel fresh = new VhostUserChannel(
                    connected(message.takeFd()), "front-end");
            closeRequests();
            requests = fresh;
        } catch (ErrnoException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    private static UnixSocket connected(int fd) throws ErrnoException, RefusedException {
        UnixSocket socket = UnixSocket.adopt(fd);
        try {
            // Asked of something else this is ENOTSOCK.
            if (!socket.isListening()) {
                return socket;
            }
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
        socket.close();
        throw new RefusedException("a socket that listens cannot be written to");
    }

    /** The configuration space has changed: the front-end reads it again and calls the driver. */
    private void tellConfigChange() {
        if (requests == null) {
            return;
        }
        try {
            requests.send(outgoing.begin(CONFIG_CHANGE_MSG, 0));
        } catch (VhostUserException e) {
            LOG.warn("{}: the front-end does not hear of the change: {}", name, e.getMessage());
        }
    }

    private void closeRequests() {
        if (requests != null) {
            requests.close();
            requests = null;
        }
    }

    /** Whether all that the front-end shares is still there. */
    boolean isMemoryThere() {
        return memory.memory().isThere() && vrings.isMemoryThere();
    }

    /** Stops the rings after the requests under way, and frees everything. */
    @Override
    public void close() {
        open = false;
        vrings.close();
        device.close();
        memory.close();
        closeRequests();
        channel.close();
    }
}
