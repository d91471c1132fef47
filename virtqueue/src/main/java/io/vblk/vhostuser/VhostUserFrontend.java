// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The front-end of a vhost-user device, as a VMM drives it: connects, agrees on features, shares
 * guest memory, starts and stops vrings. Messages and their order are those of QEMU. Thread:
 * control.
 *
 * <pre>
 *   connect -> useQueues -> readConfig -> start -> look, look ... -> stop -> start ... -> close
 *                                           reconnect, after the back-end has left -> start ...
 * </pre>
 *
 * <p>No answer is awaited for ever. Whatever a back-end does wrong is a {@link VhostUserException}
 * whose message is one line that names it.
 */
public final class VhostUserFrontend implements AutoCloseable {
    /** Longest wait for a connection and for an answer. */
    public static final long REPLY_WAIT_NS = TimeUnit.SECONDS.toNanos(10);
    /** Longest wait for a vring to stop: every request in it has to end before. */
    public static final long STOP_WAIT_NS = TimeUnit.SECONDS.toNanos(60);
    /** Most queues: the messages about kick and call have 8 bits for the index. */
    public static final int QUEUES_MAX = 256;
    /** Protocol features that this front-end uses. */
    public static final long PROTOCOL_FEATURES_KNOWN = VhostUserFeatures.MQ
            | VhostUserFeatures.REPLY_ACK | VhostUserFeatures.BACKEND_REQ
            | VhostUserFeatures.CONFIG | VhostUserFeatures.INFLIGHT_SHMFD
            | VhostUserFeatures.RESET_DEVICE | VhostUserFeatures.CONFIGURE_MEM_SLOTS
            | VhostUserFeatures.STATUS;

    /** Regions that every back-end takes (VHOST_MEMORY_BASELINE_NREGIONS). */
    private static final int MEM_SLOTS_BASELINE = 8;
    /** Device status (virtio 1.3, 2.1): ACKNOWLEDGE, DRIVER and DRIVER_OK; FEATURES_OK. */
    private static final int STATUS_RUNNING = 1 | 2 | 4;
    private static final int STATUS_FEATURES_OK = 8;

    private final String path;
    private final long protocolWanted;
    private final long replyWaitNs;
    private final long stopWaitNs;
    private RequestLink link;
    /** Null until it is known how many queues are used. */
    private VringControl vrings;
    private MemorySharing memory;
    private long features;
    private long protocolOffered;
    private long protocol;
    private int queueCount;
    private int memSlotsMax;
    private InflightBuffer inflight;
    private int started;

    /**
     * A queue to start.
     *
     * @param config where it lies in guest memory, and its base
     * @param kick what the driver sets
     * @param call what the back-end sets; null if the driver polls
     */
    public record Vring(VirtqueueConfig config, EventNotifier kick, EventNotifier call) {}

    private VhostUserFrontend(
            String path, long protocolWanted, long replyWaitNs, long stopWaitNs) {
        this.path = path;
        this.protocolWanted = protocolWanted;
        this.replyWaitNs = replyWaitNs;
        this.stopWaitNs = stopWaitNs;
    }

    /**
     * Connects to the socket at a path and agrees on the protocol.
     *
     * @throws VhostUserException if nobody listens there, or it is no vhost-user back-end
     */
    public static VhostUserFrontend connect(String path) throws VhostUserException {
        return connect(path, PROTOCOL_FEATURES_KNOWN, REPLY_WAIT_NS);
    }

    /**
     * Connects, using only some of the protocol.
     *
     * @param protocolWanted protocol features to take if offered; others are not used
     * @param waitNs longest wait for each answer in nanoseconds
     */
    public static VhostUserFrontend connect(String path, long protocolWanted, long waitNs)
            throws VhostUserException {
        VhostUserFrontend frontend = new VhostUserFrontend(path,
                protocolWanted & PROTOCOL_FEATURES_KNOWN, waitNs,
                waitNs == REPLY_WAIT_NS ? STOP_WAIT_NS : waitNs);
        frontend.open(frontend.connection());
        return frontend;
    }

    /** Agrees with who is at the other end of a socket, which is taken over. */
    static VhostUserFrontend over(UnixSocket socket, String name, long waitNs)
            throws VhostUserException {
        VhostUserFrontend frontend =
                new VhostUserFrontend(name, PROTOCOL_FEATURES_KNOWN, waitNs, waitNs);
        frontend.open(socket);
        return frontend;
    }

    private UnixSocket connection() throws VhostUserException {
        try {
            return UnixSocket.connect(path, replyWaitNs);
        } catch (ErrnoException e) {
            throw new VhostUserException(switch (e.errno()) {
                case Posix.ENOENT -> path + ": there is no such socket: is the back-end running?";
                case Posix.ECONNREFUSED -> path + ": is no socket, or one that nobody listens on";
                case Posix.EAGAIN -> path + ": accepts no connection within "
                        + TimeUnit.NANOSECONDS.toMillis(replyWaitNs) + " ms";
                default -> path + ": " + e.getMessage();
            }, e);
        }
    }

    // ------------------------------------------------------------------ agreement

    private void open(UnixSocket socket) throws VhostUserException {
        try {
            link = new RequestLink(path, socket);
            agree();
        } catch (ErrnoException e) {
            close();
            throw hostFailed(e);
        } catch (VhostUserException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void agree() throws VhostUserException, ErrnoException {
        queueCount = 1;
        memSlotsMax = MEM_SLOTS_BASELINE;
        protocol = 0;
        protocolOffered = 0;
        started = 0;
        features = link.askU64(VhostUserRequest.GET_FEATURES, replyWaitNs);
        if (VirtioFeatures.has(features, VhostUserFeatures.PROTOCOL_FEATURES)) {
            protocolOffered = link.askU64(VhostUserRequest.GET_PROTOCOL_FEATURES, replyWaitNs);
            protocol = protocolOffered & protocolWanted;
            link.order(VhostUserRequest.SET_PROTOCOL_FEATURES).u64(protocol);
            link.send(replyWaitNs);
            agreeOnProtocol();
        }
        memory = new MemorySharing(
                path, takes(VhostUserFeatures.CONFIGURE_MEM_SLOTS), memSlotsMax);
        link.order(VhostUserRequest.SET_OWNER);
        link.send(replyWaitNs);
        features = link.askU64(VhostUserRequest.GET_FEATURES, replyWaitNs);
    }

    private void agreeOnProtocol() throws VhostUserException, ErrnoException {
        if (takes(VhostUserFeatures.REPLY_ACK)) {
            link.askForAnswers();
        }
        if (takes(VhostUserFeatures.MQ)) {
            queueCount = count(VhostUserRequest.GET_QUEUE_NUM, QUEUES_MAX);
        }
        if (takes(VhostUserFeatures.CONFIGURE_MEM_SLOTS)) {
            memSlotsMax = count(VhostUserRequest.GET_MAX_MEM_SLOTS, Integer.MAX_VALUE);
        }
        if (takes(VhostUserFeatures.BACKEND_REQ)) {
            UnixSocket[] pair = UnixSocket.pair();
            try (UnixSocket theirs = pair[1]) {
                link.listenTo(pair[0]);
                link.order(VhostUserRequest.SET_BACKEND_REQ_FD);
                link.send(replyWaitNs, theirs.fd());
            }
        }
    }

    private int count(VhostUserRequest request, int max) throws VhostUserException {
        long count = link.askU64(request, replyWaitNs);
        if (count < 1) {
            throw link.breakOff("answers " + request + " with "
                    + Long.toUnsignedString(count) + ", which makes no sense", null);
        }
        return (int) Math.min(count, max);
    }

    private boolean takes(long feature) {
        return (protocol & feature) != 0;
    }

    private VhostUserException hostFailed(ErrnoException e) {
        return new VhostUserException(path + ": " + e.getMessage(), e);
    }

    /** Feature bits of the device on offer, without those of the transport. */
    public long features() {
        return features & ~(VhostUserFeatures.PROTOCOL_FEATURES | VhostUserFeatures.LOG_ALL);
    }

    /** Feature bits on offer, as they came. */
    public long featuresOffered() {
        return features;
    }

    /** Protocol features on offer, as they came. */
    public long protocolFeaturesOffered() {
        return protocolOffered;
    }

    /** Protocol features in use. */
    public long protocolFeatures() {
        return protocol;
    }

    /** Names of protocol features, unknown ones as "bit 42". */
    public static List<String> protocolFeatureNames(long bits) {
        return VhostUserFeatures.names(bits);
    }

    /** Queues that the back-end has, at most {@link #QUEUES_MAX}. */
    public int queueCount() {
        return queueCount;
    }

    /** Memory regions that the back-end takes. */
    public int memSlotsMax() {
        return memSlotsMax;
    }

    // ------------------------------------------------------------------ configuration, status

    /**
     * Part of the configuration space.
     *
     * @param lengthBytes 1 to 256
     */
    public byte[] readConfig(int offset, int lengthBytes) throws VhostUserException {
        demand(VhostUserFeatures.CONFIG, "its configuration space");
        VhostUserMessage question = link.question(VhostUserRequest.GET_CONFIG);
        config(question, offset, new byte[lengthBytes]);
        VhostUserMessage answer = link.ask(question.size(), 0, replyWaitNs);
        if (answer.getInt(0) != offset || answer.getInt(4) != lengthBytes) {
            throw link.breakOff("answers GET_CONFIG of " + lengthBytes + " bytes at " + offset
                    + " with " + Integer.toUnsignedString(answer.getInt(4)) + " bytes at "
                    + Integer.toUnsignedString(answer.getInt(0)), null);
        }
        return answer.getBytes(VhostUserMessage.CONFIG_HEADER_BYTES, lengthBytes);
    }

    /** Writes part of the configuration space, 1 to 256 bytes. */
    public void writeConfig(int offset, byte[] bytes) throws VhostUserException {
        demand(VhostUserFeatures.CONFIG, "its configuration space");
        config(link.order(VhostUserRequest.SET_CONFIG), offset, bytes);
        link.send(replyWaitNs);
    }

    private static void config(VhostUserMessage message, int offset, byte[] bytes) {
        if (offset < 0 || bytes.length < 1
                || bytes.length > VhostUserMessage.CONFIG_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "configuration of " + bytes.length + " bytes at " + offset);
        }
        message.putInt(0, offset);
        message.putInt(4, bytes.length);
        message.putInt(8, 0);
        message.putBytes(VhostUserMessage.CONFIG_HEADER_BYTES, bytes);
        message.size(VhostUserMessage.CONFIG_HEADER_BYTES + bytes.length);
    }

    /** Device status byte (virtio 1.3, 2.1). */
    public int status() throws VhostUserException {
        demand(VhostUserFeatures.STATUS, "the device status");
        return (int) link.askU64(VhostUserRequest.GET_STATUS, replyWaitNs) & 0xFF;
    }

    /** Sets the device status byte. */
    public void setStatus(int status) throws VhostUserException {
        demand(VhostUserFeatures.STATUS, "the device status");
        link.order(VhostUserRequest.SET_STATUS).u64(status);
        link.send(replyWaitNs);
    }

    private void addStatus(int bits) throws VhostUserException {
        if (takes(VhostUserFeatures.STATUS)) {
            int before = status();
            if ((before & bits) != bits) {
                setStatus(before | bits);
            }
        }
    }

    /** Resets the device; its vrings must have stopped. */
    public void resetDevice() throws VhostUserException {
        demand(VhostUserFeatures.RESET_DEVICE, "a reset");
        link.order(VhostUserRequest.RESET_DEVICE);
        link.send(replyWaitNs);
        started = 0;
    }

    private void demand(long feature, String what) throws VhostUserException {
        if (!takes(feature)) {
            throw new VhostUserException(path + ": does not offer " + what + " ("
                    + String.join(", ", VhostUserFeatures.names(feature)) + ")");
        }
    }

    // ------------------------------------------------------------------ vrings

    /**
     * Decides how many queues are used, once, before any is started. A driver may start fewer.
     *
     * @throws VhostUserException if the back-end has fewer
     */
    public void useQueues(int count) throws VhostUserException {
        if (count < 1 || vrings != null) {
            throw new IllegalArgumentException("queues: " + count + " after " + queuesUsed());
        }
        if (count > queueCount) {
            throw new VhostUserException(
                    path + ": has " + queueCount + " queues, not " + count);
        }
        try {
            vrings = new VringControl(count);
        } catch (ErrnoException e) {
            throw hostFailed(e);
        }
        vrings.introduce(link, replyWaitNs);
    }

    /**
     * Starts the first queues and enables all that are used.
     *
     * @param driverFeatures what the driver takes of {@link #features}
     * @param guestMemory allocated here; it must stay until the queues have stopped. Sent once
     *     where the back-end keeps it
     */
    public void start(long driverFeatures, GuestMemory guestMemory, Vring... starting)
            throws VhostUserException {
        if ((driverFeatures & ~features()) != 0 || starting.length > queuesUsed()) {
            throw new IllegalArgumentException(String.format(
                    "features 0x%x of 0x%x, %d vrings of %d", driverFeatures, features(),
                    starting.length, queuesUsed()));
        }
        sendFeatures(driverFeatures);
        if (takes(VhostUserFeatures.INFLIGHT_SHMFD) && starting.length > 0) {
            shareInflight(starting[0].config().size());
        }
        for (int i = 0; i < starting.length; i++) {
            VringControl.notifier(link, VhostUserRequest.SET_VRING_CALL, i, starting[i].call(),
                    replyWaitNs);
        }
        sendFeatures(driverFeatures);
        memory.share(link, guestMemory, replyWaitNs);
        for (int i = 0; i < starting.length; i++) {
            VringControl.configure(link, i, starting[i], guestMemory, replyWaitNs);
            started = i + 1;
        }
        if (hasEnable()) {
            vrings.enableAll(link, true, replyWaitNs);
        }
        addStatus(STATUS_RUNNING);
    }

    private int queuesUsed() {
        return vrings == null ? 0 : vrings.count();
    }

    private void sendFeatures(long driverFeatures) throws VhostUserException {
        link.order(VhostUserRequest.SET_FEATURES)
                .u64(driverFeatures | features & VhostUserFeatures.PROTOCOL_FEATURES);
        link.send(replyWaitNs);
        addStatus(STATUS_FEATURES_OK);
    }

    private boolean hasEnable() {
        // Without protocol features there is no such message: vrings are on from their start.
        return VirtioFeatures.has(features, VhostUserFeatures.PROTOCOL_FEATURES);
    }

    /** Enables or disables one queue; a disabled one keeps what the driver offers. */
    public void enable(int index, boolean on) throws VhostUserException {
        if (index < 0 || index >= queuesUsed() || !hasEnable()) {
            throw new IllegalArgumentException("queue " + index + " of " + queuesUsed());
        }
        VringControl.enable(link, index, on, replyWaitNs);
    }

    /**
     * Stops all queues that were started. No request is in work afterwards.
     *
     * @return the base of each to go on from
     */
    public int[] stop() throws VhostUserException {
        if (hasEnable() && vrings != null) {
            vrings.enableAll(link, false, replyWaitNs);
        }
        int[] bases = new int[started];
        for (int i = 0; i < bases.length; i++) {
            bases[i] = VringControl.stop(link, i, stopWaitNs);
        }
        started = 0;
        // After the bases: a back-end may forget them when the device is reset.
        if (takes(VhostUserFeatures.STATUS)) {
            setStatus(0);
        }
        return bases;
    }

    /** A buffer of the last start goes to the back-end again; it knows what was in flight. */
    private void shareInflight(int queueSize) throws VhostUserException {
        if (inflight != null && !inflight.fits(queuesUsed(), queueSize)) {
            forgetInflight();
        }
        if (inflight == null) {
            VhostUserMessage question = link.question(VhostUserRequest.GET_INFLIGHT_FD);
            InflightBuffer.ask(question, queuesUsed(), queueSize);
            VhostUserMessage answer =
                    link.ask(VhostUserMessage.INFLIGHT_BYTES, 1, replyWaitNs);
            inflight = InflightBuffer.take(answer, queuesUsed(), queueSize);
        }
        inflight.write(link.order(VhostUserRequest.SET_INFLIGHT_FD));
        link.send(replyWaitNs, inflight.fd());
    }

    /** The guest begins anew: the next start asks for a fresh in-flight buffer. */
    public void forgetInflight() {
        if (inflight != null) {
            inflight.close();
            inflight = null;
        }
    }

    // ------------------------------------------------------------------ while queues run, and ends

    /**
     * Looks, without waiting, whether all is well, and at what the back-end asks.
     *
     * @throws VhostUserException if it has left, or says that a queue is broken
     */
    public void look() throws VhostUserException {
        link.look();
        int faulty = vrings == null ? VringControl.NONE : vrings.takeBroken();
        if (faulty != VringControl.NONE) {
            throw new VhostUserException(
                    path + ": the back-end says that queue " + faulty + " is broken");
        }
    }

    /** Whether the back-end said that its configuration changed, as far as looked, since then. */
    public boolean takeConfigChanged() {
        return link.takeConfigChanged();
    }

    /** Whether the connection is of no use any more. */
    public boolean isBroken() {
        return link.isBroken();
    }

    /**
     * Connects again after the back-end has left, and agrees anew. The next start shares memory
     * and the in-flight buffer again, so that requests in flight are not lost; its bases are the
     * used indices.
     */
    public void reconnect() throws VhostUserException {
        link.close();
        UnixSocket socket = connection();
        try {
            link = new RequestLink(path, socket);
            agree();
            if (queuesUsed() > queueCount) {
                throw new VhostUserException(
                        path + ": has come back with " + queueCount + " queues");
            }
            if (vrings != null) {
                vrings.introduce(link, replyWaitNs);
            }
        } catch (ErrnoException e) {
            throw hostFailed(e);
        }
    }

    /** Leaves; running queues should have been stopped. */
    @Override
    public void close() {
        if (link != null) {
            link.close();
        }
        if (vrings != null) {
            vrings.close();
            vrings = null;
        }
        forgetInflight();
    }
}
