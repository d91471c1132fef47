// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;
import static io.vblk.virtioblk.SampleMessages.USER;
import static io.vblk.virtioblk.SampleMessages.region;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtioblk.SampleMessages.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Messages that no front-end should send, most of which have ended or leaked a back-end somewhere.
 * A malformed one closes the connection; one that cannot be granted does so unless an answer was
 * asked for.
 */
@Timeout(120)
class HostileFrontendTest {
    private static final byte[] NOTHING = new byte[0];
    private static final int FAR = 100_000_000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;

    private static Attacked attacked;
    private static SampleMessages samples;

    /** What comes of a message. */
    private enum Outcome {
        /** Malformed: closed, whatever it asked for. */
        CLOSED,
        /** Well-formed: closed, or refused if an answer was asked for. */
        REFUSED,
        GRANTED
    }

    private record Row(String what, Outcome outcome, byte[] message, int... fds) {}

    private final List<Row> rows = new ArrayList<>();

    @BeforeAll
    static void serve() throws Exception {
        samples = new SampleMessages();
        attacked = new Attacked();
    }

    @AfterAll
    static void end() {
        attacked.close();
        samples.close();
    }

    private void row(String what, Outcome outcome, int request, WireBytes payload, int... fds) {
        rows.add(new Row(what, outcome,
                ReferenceFrontend.message(request, PLAIN, payload.bytes()), fds));
    }

    private static WireBytes words(int first, int second) {
        return new WireBytes().u32(first).u32(second);
    }

    private static WireBytes table(int count, WireBytes... regions) {
        WireBytes table = words(count, 0);
        for (WireBytes region : regions) {
            table.raw(region.bytes());
        }
        return table;
    }

    private static WireBytes addresses(int index, long desc, long used, long avail) {
        return words(index, 0).u64(desc).u64(used).u64(avail).u64(0);
    }

    private void headers() {
        for (int flags : new int[] {0x0, 0x2, 0x3, 0x5, 0xd, 0x11, 0x80000001}) {
            rows.add(new Row(String.format("flags 0x%x", flags), Outcome.CLOSED,
                    ReferenceFrontend.message(1, flags, NOTHING)));
        }
        for (int size : new int[] {4097, 1 << 20, Integer.MAX_VALUE, -1}) {
            rows.add(new Row("payload of " + size + " announced", Outcome.CLOSED,
                    new WireBytes().u32(2).u32(1).u32(size).u64(0).bytes()));
        }
        for (int request : new int[] {0, 19, 20, 22, 23, 26, 28, 29, 30, 33, 35, 41, 42, 43, 44,
            99, 1 << 16, -1}) {
            row("request " + request + ", not known", Outcome.REFUSED, request, new WireBytes());
        }
        row("GET_FEATURES with a payload", Outcome.CLOSED, 1, new WireBytes().u64(0));
        row("SET_FEATURES cut short", Outcome.CLOSED, 2, new WireBytes().u32(0));
        row("SET_FEATURES too long", Outcome.CLOSED, 2, new WireBytes().u64(0).u32(0));
        row("IOTLB message", Outcome.REFUSED, 22, new WireBytes().raw(new byte[32]));
    }

    private void features() {
        row("all features", Outcome.REFUSED, 2, new WireBytes().u64(-1));
        row("features without VERSION_1", Outcome.REFUSED, 2, new WireBytes().u64(1L << 30));
        row("protocol features not offered", Outcome.REFUSED, 16, new WireBytes().u64(-1));
        row("status of more than a byte", Outcome.REFUSED, 39, new WireBytes().u64(256));
    }

    private void memory() {
        int memory = samples.memory;
        WireBytes good = region(1L << 40, 0x1000, 1L << 41, 0);
        int[] eight = new int[8];
        Arrays.fill(eight, memory);
        row("100 regions announced, 8 there", Outcome.REFUSED, 5,
                table(100, good, good, good, good, good, good, good, good), eight);
        row("2^32-1 regions", Outcome.REFUSED, 5, table(-1, good), memory);
        row("table longer than its count", Outcome.REFUSED, 5, table(1, good, good), memory);
        row("region without descriptor", Outcome.REFUSED, 5, table(1, good));
        row("9 regions, 1 descriptor", Outcome.REFUSED, 5,
                table(9, good, good, good, good, good, good, good, good, good), memory);
        row("region of an eventfd", Outcome.REFUSED, 5, table(1, good), samples.event);
        row("region of /dev/null", Outcome.REFUSED, 5, table(1, good), samples.nullDevice);
        row("region of no bytes", Outcome.REFUSED, 5,
                table(1, region(0, 0, USER, 0)), memory);
        row("region longer than its file", Outcome.REFUSED, 5,
                table(1, region(0, 2 << 20, USER, 0)), memory);
        row("regions that overlap", Outcome.REFUSED, 5,
                table(2, good, region((1L << 40) + 0xfff, 0x1000, 1L << 42, 0)), memory, memory);
        row("region at an odd offset", Outcome.GRANTED, 37,
                new WireBytes().u64(0).raw(region(1L << 40, 0x1001, 1L << 41, 0x333).bytes()),
                memory);
        row("region without descriptor, added", Outcome.CLOSED, 37,
                new WireBytes().u64(0).raw(good.bytes()));
        row("region removed that is not there", Outcome.REFUSED, 38,
                new WireBytes().u64(0).raw(good.bytes()));
        row("log without descriptor", Outcome.CLOSED, 6, new WireBytes().u64(8).u64(0));
        row("log past its file", Outcome.REFUSED, 6,
                new WireBytes().u64(2 << 20).u64(0), memory);
        row("log of no bytes", Outcome.REFUSED, 6, new WireBytes().u64(0).u64(0), memory);
        row("log at an odd offset", Outcome.REFUSED, 6, new WireBytes().u64(64).u64(3), memory);
        row("log of 2^64-1 bytes", Outcome.REFUSED, 6, new WireBytes().u64(-1).u64(0), memory);
        row("log of an eventfd", Outcome.REFUSED, 6,
                new WireBytes().u64(64).u64(0), samples.event);
        inflight();
    }

    private static WireBytes inflight(long bytes, long offset, int queues, int size) {
        return new WireBytes().u64(bytes).u64(offset).u16(queues).u16(size).u32(0);
    }

    private void inflight() {
        int memory = samples.memory;
        row("in-flight region, garbage", Outcome.REFUSED, 32,
                inflight(-1, -1, 0xffff, 0xffff), memory);
        row("in-flight region past its file", Outcome.REFUSED, 32,
                inflight(2 << 20, 0, 1, 8), memory);
        row("in-flight region at an odd offset", Outcome.REFUSED, 32,
                inflight(0x1000, 4, 1, 8), memory);
        row("in-flight region for no queue", Outcome.REFUSED, 32,
                inflight(0x1000, 0, 0, 8), memory);
        row("in-flight region without descriptor", Outcome.CLOSED, 32,
                inflight(0x1000, 0, 1, 8));
        row("in-flight region of an eventfd", Outcome.REFUSED, 32,
                inflight(0x1000, 0, 1, 8), samples.event);
        row("in-flight region wanted for 3 queues of 2", Outcome.CLOSED, 31,
                inflight(0, 0, 3, 8));
        row("in-flight region wanted for queues of 0", Outcome.CLOSED, 31,
                inflight(0, 0, 1, 0));
    }

    private void vrings() {
        for (int index : new int[] {2, 77, FAR, -1, Integer.MIN_VALUE}) {
            row("NUM of vring " + index, Outcome.REFUSED, 8, words(index, 8));
            row("BASE of vring " + index, Outcome.REFUSED, 10, words(index, 0));
            row("ENABLE of vring " + index, Outcome.REFUSED, 18, words(index, 1));
            row("GET_VRING_BASE of vring " + index, Outcome.CLOSED, 11, words(index, 0));
            row("ADDR of vring " + index, Outcome.REFUSED, 9, addresses(index, USER, USER, USER));
        }
        for (int size : new int[] {0, 1025, 100_000, -1}) {
            row("vring of " + size, Outcome.REFUSED, 8, words(0, size));
        }
        row("vring of 3, which a packed one may be", Outcome.GRANTED, 8, words(0, 3));
        row("ENABLE 5", Outcome.REFUSED, 18, words(0, 5));
        row("descriptors outside of memory", Outcome.REFUSED, 9,
                addresses(0, USER - 0x1000, USER, USER));
        row("used ring outside of memory", Outcome.REFUSED, 9,
                addresses(0, USER, USER + (1 << 20), USER));
        row("available ring outside of memory", Outcome.REFUSED, 9,
                addresses(0, USER, USER, -1));
        for (int request : new int[] {12, 13, 14}) {
            String name = List.of("KICK", "CALL", "ERR").get(request - 12);
            row(name + " without descriptor", Outcome.REFUSED, request, new WireBytes().u64(0));
            row(name + " with bit 8 and a descriptor", Outcome.REFUSED, request,
                    new WireBytes().u64(0x100), samples.event);
            row(name + " with 3 descriptors", Outcome.CLOSED, request, new WireBytes().u64(0),
                    samples.event, samples.event, samples.event);
            row(name + " of vring 77", Outcome.REFUSED, request,
                    new WireBytes().u64(77), samples.event);
            row(name + " with high bits", Outcome.REFUSED, request,
                    new WireBytes().u64(1L << 32), samples.event);
            row(name + " of /dev/null", Outcome.REFUSED, request,
                    new WireBytes().u64(0), samples.nullDevice);
            row(name + " of a memfd", Outcome.REFUSED, request,
                    new WireBytes().u64(0), samples.memory);
        }
    }

    private void config() {
        row("capacity written", Outcome.REFUSED, 25,
                words(0, 8).u32(0).u64(1));
        row("write cache of 7", Outcome.REFUSED, 25, words(32, 1).u32(0).raw(new byte[] {7}));
        row("configuration written with flags 9", Outcome.REFUSED, 25,
                words(32, 1).u32(9).raw(new byte[] {1}));
        row("configuration written, less than announced", Outcome.REFUSED, 25,
                words(32, 9).u32(0).raw(new byte[] {1}));
        row("configuration written at 2^32-1", Outcome.REFUSED, 25,
                words(-1, 1).u32(0).raw(new byte[] {1}));
        row("configuration too long", Outcome.CLOSED, 24,
                words(0, 257).u32(0).raw(new byte[257]));
        row("SET_BACKEND_REQ_FD without descriptor", Outcome.CLOSED, 21, new WireBytes());
        row("SET_BACKEND_REQ_FD of a memfd", Outcome.REFUSED, 21,
                new WireBytes(), samples.memory);
    }

    private List<Row> allRows() {
        headers();
        features();
        memory();
        vrings();
        config();
        return rows;
    }

    @TestFactory
    Stream<DynamicTest> messages() {
        return allRows().stream().map(row -> DynamicTest.dynamicTest(row.what, () -> {
            attacked.by(guest -> {
                guest.setFeatures(VhostUserGuest.FLUSH | VhostUserGuest.CONFIG_WCE);
                assertEquals(row.outcome == Outcome.GRANTED,
                        guest.wire.survives(row.message, row.fds), "goes on");
            });
            if ((row.message[4] & 0x3) == 1 && (row.message[4] & 4) == 0) {
                attacked.by(guest -> withAnswer(row, guest));
            }
        }));
    }

    private static void withAnswer(Row row, VhostUserGuest guest) {
        guest.setFeatures(VhostUserGuest.FLUSH | VhostUserGuest.CONFIG_WCE);
        byte[] message = row.message.clone();
        message[4] |= 8;
        if (row.outcome == Outcome.CLOSED) {
            assertTrue(!guest.wire.survives(message, row.fds), "malformed");
            return;
        }
        guest.wire.sendRaw(message, row.fds);
        int request = (int) WireBytes.field(message, 0, 4);
        assertEquals(row.outcome == Outcome.GRANTED ? 0 : 1,
                guest.wire.reply(request, 8).u64(0), "answer");
        guest.start(0, 2, 8);
        guest.queue(0).assertReads(5);
        assertTrue(guest.wire.isQuiet(), "one answer");
    }

    @Test
    void ringsThatDoNotFitIntoMemoryDoNotStart() throws Exception {
        long end = USER + (1 << 20);
        long[][] places = {
            {end - 16 * 7, USER, USER}, {USER, end - 32, USER}, {USER, USER + 0x100, end - 10},
            {USER + 8, USER + 0x100, USER + 0x200}, {USER, USER + 0x102, USER + 0x200},
            {USER, USER + 0x100, USER + 0x201}};
        for (long[] place : places) {
            attacked.by(guest -> {
                guest.start(0, 1, 8);
                guest.stop(1);
                guest.wire.send(9, PLAIN,
                        addresses(0, place[0], place[1], place[2]).bytes());
                guest.queue(0).sendKick();
                guest.queue(0).enable(1);
                guest.wire.awaitClosed();
            });
        }
    }

    @Test
    void whoSaysHalfAMessageHoldsUpNobody() throws Exception {
        try (ReferenceFrontend half = attacked.disk.dial()) {
            half.sendRaw(new byte[] {1, 0, 0, 0, 1});
            try (VhostUserGuest guest = attacked.disk.guest()) {
                guest.start(0, 1, 8);
                guest.queue(0).assertReads(1);
            }
            half.sendRaw(new byte[] {0, 0, 0, 0, 0, 0, 0});
            half.reply(1, 8);
        }
        attacked.assertHarmless();
    }

    @Test
    void fiftyRoundsOfStrayDescriptorsLeaveNothing() throws Exception {
        int[] eight = new int[8];
        Arrays.fill(eight, samples.event);
        for (int round = 0; round < 50; round++) {
            try (ReferenceFrontend wire = attacked.disk.dial()) {
                wire.sendRaw(ReferenceFrontend.message(1, PLAIN, NOTHING), eight);
                wire.awaitClosed();
            }
        }
        attacked.assertHarmless();
    }

    @Test
    void descriptorsInTheMiddleOfAMessageCloseTheConnection() throws Exception {
        for (int cut = 1; cut < 20; cut++) {
            int at = cut;
            attacked.byWire(wire -> {
                byte[] message = samples.of("SET_VRING_CALL").bytes(PLAIN);
                wire.sendRaw(Arrays.copyOf(message, at));
                wire.awaitTaken();
                wire.sendRaw(Arrays.copyOfRange(message, at, message.length), samples.event);
                wire.awaitClosed();
            });
        }
    }

    @Test
    void whoDoesNotReadItsAnswersIsClosed() throws Exception {
        attacked.byWire(wire -> {
            byte[] question = samples.of("GET_CONFIG").bytes(PLAIN);
            while (wire.sendRaw(question)) {
                continue;
            }
        });
    }

    /** It holds the same open socket, so that it can make it wait again. */
    @Test
    void whoDoesNotReadTheBackEndsRequestsHoldsUpNobody() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        attacked.by(guest -> {
            guest.wire.sendAcked(21, NOTHING, pair[1].fd());
            int blocking = Posix.fcntl(pair[1].fd(), F_GETFL, 0) & ~O_NONBLOCK;
            assertEquals(0, Posix.fcntl(pair[1].fd(), F_SETFL, blocking));
            VirtioBlkDevice device = attacked.disk.devices.get(0);
            for (int i = 0; i < 3000; i++) {
                attacked.host.control.call(device::grow);
            }
            guest.start(0, 1, 8);
            guest.queue(0).assertReads(1);
            pair[0].close();
            attacked.host.control.call(device::grow);
            guest.queue(0).assertReads(2);
            pair[1].close();
        });
    }

    @TestFactory
    Stream<DynamicTest> wrongCountsOfDescriptors() {
        return samples.all().stream().map(sample -> DynamicTest.dynamicTest(sample.name(), () -> {
            for (int count : new int[] {0, 1, 2, 8, 9, 253}) {
                int[] fds = new int[count];
                Arrays.fill(fds, sample.fds().length == 0 ? samples.event : sample.fds()[0]);
                boolean right = count == sample.fds().length
                        || sample.request() == 38 && count == 1;
                for (int flags : new int[] {PLAIN, NEED_REPLY}) {
                    if (!right) {
                        attacked.by(guest -> {
                            boolean alive = guest.wire.survives(sample.bytes(flags), fds);
                            assertTrue(!alive || flags == NEED_REPLY, count + " descriptors");
                        });
                    }
                }
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> cutAtEachByte() {
        return samples.all().stream().map(sample -> DynamicTest.dynamicTest(sample.name(), () -> {
            byte[] bytes = sample.bytes(PLAIN);
            for (int cut = 0; cut < bytes.length; cut++) {
                try (ReferenceFrontend wire = attacked.disk.dial()) {
                    wire.sendRaw(Arrays.copyOf(bytes, cut), cut > 0 ? sample.fds() : new int[0]);
                }
            }
            attacked.assertHarmless();
        }));
    }

    @TestFactory
    Stream<DynamicTest> inTwoPieces() {
        return samples.all().stream().map(sample -> DynamicTest.dynamicTest(sample.name(), () -> {
            byte[] bytes = sample.bytes(PLAIN);
            for (int cut = 1; cut < bytes.length; cut += 1 + bytes.length / 16) {
                int at = cut;
                attacked.by(guest -> {
                    boolean whole = inNegotiated(sample);
                    guest.wire.sendRaw(Arrays.copyOf(bytes, at), sample.fds());
                    guest.wire.awaitTaken();
                    guest.wire.sendRaw(Arrays.copyOfRange(bytes, at, bytes.length));
                    assertEquals(whole, guest.wire.answers(), "as in one piece, cut at " + at);
                });
            }
        }));
    }

    /** What comes of a sample right after negotiation: all but these are granted. */
    private static boolean inNegotiated(Sample sample) {
        return !sample.name().equals("REM_MEM_REG") && !sample.name().equals("SET_CONFIG");
    }
}
