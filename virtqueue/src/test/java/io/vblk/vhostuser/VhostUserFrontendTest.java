// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.UnixSocket;
import io.vblk.virtio.DriverQueue;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.MemoryRegion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The front-end with a back-end that follows a script: order, answers, and all that goes wrong. */
@Timeout(60)
class VhostUserFrontendTest {
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long SHORT_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int CONNECTIONS_MAX = 1000;
    private static final long DRIVER_FEATURES = 0x1_3000_0E44L;

    @TempDir
    private Path directory;

    /** A guest with one queue's memory. */
    private static final class Guest implements AutoCloseable {
        final GuestMemory memory = GuestMemory.of(MemoryRegion.allocate(0, 1 << 16),
                MemoryRegion.allocate(1 << 20, 1 << 16));
        final EventNotifier kick = EventNotifier.create();
        final EventNotifier call = EventNotifier.create();

        Guest() throws Exception {}

        VhostUserFrontend.Vring vring() {
            return new VhostUserFrontend.Vring(
                    DriverQueue.create(memory, 0, 16, 3, DRIVER_FEATURES).config(), kick, call);
        }

        @Override
        public void close() {
            kick.close();
            call.close();
            memory.close();
        }
    }

    /** Starts one of two queues, stops it; returns what the back-end was asked. */
    private static List<String> session(ScriptedBackend backend, int starts) throws Exception {
        try (Guest guest = new Guest();
                VhostUserFrontend frontend = backend.connect(WAIT_NS)) {
            frontend.useQueues(2);
            for (int i = 0; i < starts; i++) {
                frontend.start(DRIVER_FEATURES, guest.memory, guest.vring());
                frontend.look();
                assertArrayEquals(new int[] {77}, frontend.stop());
            }
        }
        return backend.asked();
    }

    @Test
    void speaksInTheOrderOfQemu() throws Exception {
        List<String> expected = new ArrayList<>(List.of("GET_FEATURES", "GET_PROTOCOL_FEATURES",
                String.format("SET_PROTOCOL_FEATURES 0x%x", ScriptedBackend.PROTOCOL),
                "GET_QUEUE_NUM", "GET_MAX_MEM_SLOTS", "SET_BACKEND_REQ_FD+ fd", "SET_OWNER+",
                "GET_FEATURES", "SET_VRING_CALL+ 0 fd", "SET_VRING_ERR+ 0 fd",
                "SET_VRING_CALL+ 1 fd", "SET_VRING_ERR+ 1 fd"));
        List<String> start = List.of("SET_FEATURES+ 0x170000e44", "GET_STATUS",
                "SET_STATUS+ 8", "GET_INFLIGHT_FD", "SET_INFLIGHT_FD+ fd",
                "SET_VRING_CALL+ 0 fd", "SET_FEATURES+ 0x170000e44", "GET_STATUS",
                "ADD_MEM_REG+ fd", "ADD_MEM_REG+ fd", "SET_VRING_NUM+ 0 16",
                "SET_VRING_BASE+ 0 0", "SET_VRING_ADDR+", "SET_VRING_KICK+ 0 fd",
                "SET_VRING_ENABLE+ 0 1", "SET_VRING_ENABLE+ 1 1", "GET_STATUS",
                "SET_STATUS+ 15", "SET_VRING_ENABLE+ 0 0", "SET_VRING_ENABLE+ 1 0",
                "GET_VRING_BASE 0", "SET_STATUS+ 0");
        expected.addAll(start);
        // The second time memory and in-flight buffer are there already.
        for (String request : start) {
            if (!request.startsWith("ADD_MEM_REG") && !request.equals("GET_INFLIGHT_FD")) {
                expected.add(request);
            }
        }
        assertEquals(expected, session(new ScriptedBackend(), 2));
    }

    @Test
    void withoutSlotsAllMemoryIsSentAtEachStart() throws Exception {
        ScriptedBackend backend = new ScriptedBackend();
        backend.numbers.put(VhostUserRequest.GET_PROTOCOL_FEATURES, VhostUserFeatures.MQ);
        List<String> asked = session(backend, 2);
        assertEquals(2, asked.stream().filter(r -> r.equals("SET_MEM_TABLE fd")).count());
        assertTrue(asked.stream().noneMatch(r -> r.contains("+")), asked::toString);
    }

    @Test
    void withoutProtocolFeaturesThereIsOneQueueThatNeedsNoEnabling() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(); Guest guest = new Guest()) {
            backend.numbers.put(VhostUserRequest.GET_FEATURES,
                    ScriptedBackend.FEATURES & ~VhostUserFeatures.PROTOCOL_FEATURES);
            try (VhostUserFrontend frontend = backend.connect(WAIT_NS)) {
                assertEquals(1, frontend.queueCount());
                assertMessage("test.sock: does not offer its configuration space (CONFIG)",
                        () -> frontend.readConfig(0, 8));
                frontend.useQueues(1);
                frontend.start(DRIVER_FEATURES, guest.memory, guest.vring());
                frontend.stop();
            }
            assertEquals(List.of("GET_FEATURES", "SET_OWNER", "GET_FEATURES",
                    "SET_VRING_CALL 0 fd", "SET_VRING_ERR 0 fd", "SET_FEATURES 0x130000e44",
                    "SET_VRING_CALL 0 fd", "SET_FEATURES 0x130000e44", "SET_MEM_TABLE fd",
                    "SET_VRING_NUM 0 16", "SET_VRING_BASE 0 0", "SET_VRING_ADDR",
                    "SET_VRING_KICK 0 fd", "GET_VRING_BASE 0"), backend.asked());
        }
    }

    // ------------------------------------------------------------------ broken answers

    private static void assertMessage(String expected, ThrowingCall call) {
        String message =
                assertThrows(VhostUserException.class, call::run).getMessage();
        assertTrue(message.startsWith(expected), message);
        assertEquals(1, message.lines().count(), message);
    }

    private interface ThrowingCall {
        void run() throws Exception;
    }

    private static void assertRefusedAt(VhostUserRequest request, String expected, long waitNs,
            ScriptedBackend.Answer answer) throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(); Guest guest = new Guest()) {
            backend.answers.put(request, answer);
            assertMessage("test.sock: " + expected, () -> {
                try (VhostUserFrontend frontend = backend.connect(waitNs)) {
                    frontend.useQueues(2);
                    frontend.readConfig(0, 57);
                    frontend.start(DRIVER_FEATURES, guest.memory, guest.vring());
                    frontend.stop();
                }
            });
        }
    }

    @Test
    void answersToOtherRequestsAreRefused() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_QUEUE_NUM,
                "answers request 1 when asked GET_QUEUE_NUM (17)", WAIT_NS,
                (reply, backend) -> reply.begin(1, VhostUserMessage.FLAG_REPLY).u64(1));
    }

    @Test
    void answersWithOtherFlagsAreRefused() throws Exception {
        for (int flags : new int[] {0, VhostUserMessage.FLAG_REPLY | 8}) {
            assertRefusedAt(VhostUserRequest.GET_FEATURES, String.format(
                            "answers GET_FEATURES with flags 0x%x instead of 0x5", 1 | flags),
                    WAIT_NS, (reply, backend) -> reply.begin(1, flags).u64(1));
        }
        assertRefusedAt(VhostUserRequest.GET_FEATURES,
                "what answers is no vhost-user back-end (request 1 has flags 0x6", WAIT_NS,
                (reply, backend) -> {
                    reply.array()[4] = 6;
                    return reply;
                });
    }

    @Test
    void answersOfOtherSizesAreRefused() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_FEATURES,
                "answers GET_FEATURES with 12 bytes instead of 8", WAIT_NS,
                (reply, backend) -> reply.size(12));
        assertRefusedAt(VhostUserRequest.SET_OWNER,
                "answers SET_OWNER with 4 bytes instead of 8", WAIT_NS,
                (reply, backend) -> reply.size(4));
        assertRefusedAt(VhostUserRequest.GET_CONFIG,
                "answers GET_CONFIG with 68 bytes instead of 69", WAIT_NS,
                (reply, backend) -> reply.size(68));
        assertRefusedAt(VhostUserRequest.GET_FEATURES,
                "what answers is no vhost-user back-end (request 1 has a payload of 4294967295",
                WAIT_NS,
                (reply, backend) ->
                        backend.cut(reply.size(-1), VhostUserMessage.HEADER_BYTES));
    }

    @Test
    void emptyAnswersAreRefusals() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_CONFIG, "refuses GET_CONFIG (empty answer)",
                WAIT_NS, (reply, backend) -> reply.size(0));
    }

    @Test
    void answersOtherThanZeroAreRefusals() throws Exception {
        for (VhostUserRequest request : List.of(VhostUserRequest.SET_BACKEND_REQ_FD,
                VhostUserRequest.SET_FEATURES, VhostUserRequest.ADD_MEM_REG,
                VhostUserRequest.SET_VRING_ADDR, VhostUserRequest.SET_VRING_ENABLE)) {
            assertRefusedAt(request, "refuses " + request + " (answer 1)", WAIT_NS,
                    (reply, backend) -> reply.u64(1));
        }
    }

    @Test
    void answersThatMakeNoSenseAreRefused() throws Exception {
        for (long number : new long[] {0, -1}) {
            assertRefusedAt(VhostUserRequest.GET_QUEUE_NUM, "answers GET_QUEUE_NUM with "
                            + Long.toUnsignedString(number) + ", which makes no sense", WAIT_NS,
                    (reply, backend) -> reply.u64(number));
        }
        assertRefusedAt(VhostUserRequest.GET_VRING_BASE,
                "answers GET_VRING_BASE of queue 0 with queue 3", WAIT_NS,
                (reply, backend) -> reply.state(3, 0));
        assertRefusedAt(VhostUserRequest.GET_CONFIG,
                "answers GET_CONFIG of 57 bytes at 0 with 57 bytes at 1", WAIT_NS,
                (reply, backend) -> {
                    reply.putInt(0, 1);
                    return reply;
                });
    }

    @Test
    void descriptorsMustComeAsAgreed() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_FEATURES,
                "answers GET_FEATURES with 1 descriptors instead of 0", WAIT_NS,
                (reply, backend) -> backend.withFd(reply));
        assertRefusedAt(VhostUserRequest.GET_INFLIGHT_FD,
                "answers GET_INFLIGHT_FD with 0 descriptors instead of 1", WAIT_NS,
                (reply, backend) -> reply);
    }

    // ------------------------------------------------------------------ silence, leaving

    @Test
    void silenceEndsAtTheLimit() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_FEATURES,
                "does not answer GET_FEATURES within 50 ms", SHORT_NS,
                (reply, backend) -> null);
        assertRefusedAt(VhostUserRequest.GET_VRING_BASE,
                "does not answer GET_VRING_BASE within ", WAIT_NS / 30,
                (reply, backend) -> null);
    }

    @Test
    void partOfAnAnswerIsSilence() throws Exception {
        for (int bytes : new int[] {1, 11, 12, 19}) {
            assertRefusedAt(VhostUserRequest.GET_FEATURES,
                    "does not answer GET_FEATURES within 50 ms", SHORT_NS,
                    (reply, backend) -> backend.cut(reply, bytes));
        }
    }

    @Test
    void leavingIsNoticedWhileWaiting() throws Exception {
        assertRefusedAt(VhostUserRequest.GET_QUEUE_NUM, "the back-end has left", WAIT_NS,
                (reply, backend) -> backend.leave());
        assertRefusedAt(VhostUserRequest.GET_QUEUE_NUM,
                "the connection ended within a message", WAIT_NS, (reply, backend) -> {
                    backend.cut(reply, 13);
                    return backend.leave();
                });
    }

    @Test
    void leavingIsNoticedByLooking() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend()) {
            backend.answers.put(VhostUserRequest.GET_CONFIG, (reply, b) -> {
                b.leave();
                return reply;
            });
            try (VhostUserFrontend frontend = backend.connect(WAIT_NS)) {
                frontend.look();
                frontend.readConfig(0, 8);
                backend.asked();
                assertMessage("test.sock: the back-end has left", frontend::look);
                assertTrue(frontend.isBroken());
                assertMessage("test.sock: the back-end has left", () -> frontend.readConfig(0, 8));
            }
        }
    }

    @Test
    void afterSilenceNothingIsAskedAnyMore() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend()) {
            backend.answers.put(VhostUserRequest.GET_CONFIG, (reply, b) -> null);
            try (VhostUserFrontend frontend = backend.connect(SHORT_NS * 20)) {
                assertThrows(VhostUserException.class, () -> frontend.readConfig(0, 8));
                assertMessage("test.sock: does not answer GET_CONFIG", frontend::stop);
            }
            List<String> asked = backend.asked();
            assertEquals("GET_CONFIG", asked.get(asked.size() - 1));
        }
    }

    @Test
    void unaskedAnswersEndTheConnection() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend()) {
            backend.answers.put(VhostUserRequest.SET_OWNER, (reply, b) -> {
                b.cut(reply, reply.totalBytes());
                return reply;
            });
            assertMessage("test.sock: answers request 3 when asked GET_FEATURES (1)",
                    () -> backend.connect(WAIT_NS));
        }
    }

    // ------------------------------------------------------------------ the back-end by itself

    @Test
    void configurationChangesAreHeard() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend()) {
            backend.answers.put(VhostUserRequest.GET_CONFIG, (reply, b) -> {
                b.sayConfigChanged(false);
                return reply;
            });
            try (VhostUserFrontend frontend = backend.connect(WAIT_NS)) {
                assertFalse(frontend.takeConfigChanged());
                frontend.readConfig(0, 8);
                frontend.look();
                assertTrue(frontend.takeConfigChanged());
                assertFalse(frontend.takeConfigChanged());
            }
        }
    }

    @Test
    void requestsOfTheBackendAreAnsweredWhileItIsAsked() throws Exception {
        AtomicLong unknown = new AtomicLong(-1);
        try (ScriptedBackend backend = new ScriptedBackend()) {
            backend.answers.put(VhostUserRequest.SET_CONFIG, (reply, b) -> {
                b.sayConfigChanged(true);
                unknown.set(b.askUnknown());
                return reply;
            });
            try (VhostUserFrontend frontend = backend.connect(WAIT_NS)) {
                frontend.writeConfig(32, new byte[] {1});
                assertTrue(frontend.takeConfigChanged());
                assertEquals(1, unknown.get());
            }
        }
    }

    // ------------------------------------------------------------------ connecting

    @Test
    void socketsWithoutBackendAreNamed() throws Exception {
        String path = directory.resolve("x.sock").toString();
        assertMessage(path + ": there is no such socket", () -> VhostUserFrontend.connect(path));
        UnixSocket.listen(path).close();
        assertMessage(path + ": is no socket, or one that nobody",
                () -> VhostUserFrontend.connect(path));
        Files.delete(Path.of(path));
        Files.createFile(Path.of(path));
        assertMessage(path + ": is no socket, or one that nobody",
                () -> VhostUserFrontend.connect(path));
    }

    @Test
    void fullBacklogIsNoHang() throws Exception {
        String path = directory.resolve("x.sock").toString();
        List<UnixSocket> waiting = new ArrayList<>();
        try (UnixSocket listener = UnixSocket.listen(path)) {
            assertTrue(listener.fd() >= 0);
            while (waiting.size() < CONNECTIONS_MAX && fits(path, waiting)) {
                assertTrue(waiting.size() > 0);
            }
            assertMessage(path + ": accepts no connection within 50 ms",
                    () -> VhostUserFrontend.connect(path, 0, SHORT_NS));
        } finally {
            waiting.forEach(UnixSocket::close);
        }
    }

    private static boolean fits(String path, List<UnixSocket> waiting) {
        try {
            return waiting.add(UnixSocket.connect(path, 0));
        } catch (IOException e) {
            return false;
        }
    }
}
