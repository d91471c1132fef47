// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;

import io.vblk.posix.ErrnoException;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.SharedRam;
import io.vblk.virtioblk.SampleMessages.Sample;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Each message in each state of a connection, and each one after each other. */
@Timeout(120)
class HostileOrderTest {
    private static Attacked attacked;
    private static SampleMessages samples;

    /** How far a front-end has come. */
    private enum State {
        SILENT {
            @Override
            void reach(VhostUserGuest guest) {
                // Nothing was said.
            }
        },
        NEGOTIATED {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                guest.negotiate();
            }
        },
        WITH_MEMORY {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                NEGOTIATED.reach(guest);
                guest.addMemory();
                guest.setFeatures(0);
            }
        },
        CONFIGURED {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                WITH_MEMORY.reach(guest);
                guest.queue(0).lay(8);
                guest.queue(0).sendCall();
                guest.queue(0).configure();
            }
        },
        RUNNING {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                CONFIGURED.reach(guest);
                guest.enableAll(1);
                guest.queue(0).assertReads(1);
            }
        },
        DISABLED {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                RUNNING.reach(guest);
                guest.enableAll(0);
            }
        },
        STOPPED {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                RUNNING.reach(guest);
                guest.stop(1);
            }
        },
        LOGGING {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                RUNNING.reach(guest);
                Sample log = samples.of("SET_LOG_BASE");
                guest.wire.ask(log.request(), PLAIN, log.payload(), log.fds());
                guest.setFeatures(VhostUserGuest.LOG_ALL);
            }
        },
        PACKED {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                NEGOTIATED.reach(guest);
                guest.addMemory();
                guest.start(VhostUserGuest.PACKED, 1, 8);
                guest.queue(0).assertReads(1);
            }
        },
        RESET {
            @Override
            void reach(VhostUserGuest guest) throws ErrnoException {
                RUNNING.reach(guest);
                guest.wire.sendAcked(ReferenceFrontend.RESET_DEVICE, new byte[0]);
            }
        };

        abstract void reach(VhostUserGuest guest) throws ErrnoException;
    }

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

    private static void in(State state, Sample sample, int flags) throws Exception {
        try (VhostUserGuest guest =
                VhostUserGuest.silent(attacked.disk.dial(), SharedRam.ordinary())) {
            state.reach(guest);
            boolean alive = guest.wire.survives(sample.bytes(flags), sample.fds());
            if (alive && state != State.SILENT) {
                // Whatever it was: from the beginning on all is well.
                guest.wire.sendAcked(ReferenceFrontend.RESET_DEVICE, new byte[0]);
                guest.wire.sendAcked(ReferenceFrontend.SET_MEM_TABLE,
                        guest.shared.table(), guest.shared.fds());
                guest.start(0, 1, 8);
                guest.queue(0).assertReads(3);
            }
        }
        attacked.assertHarmless();
    }

    @TestFactory
    Stream<DynamicTest> eachMessageInEachState() {
        return Stream.of(State.values()).flatMap(state -> samples.all().stream().map(sample ->
                DynamicTest.dynamicTest(sample + " when " + state, () -> {
                    in(state, sample, PLAIN);
                    in(state, sample, NEED_REPLY);
                })));
    }

    @TestFactory
    Stream<DynamicTest> eachMessageAfterEachOther() {
        return samples.all().stream().map(first -> DynamicTest.dynamicTest(first + " first", () -> {
            for (Sample second : samples.all()) {
                try (VhostUserGuest guest = attacked.disk.guest()) {
                    for (int i = 0; i < 2; i++) {
                        guest.wire.sendRaw(first.bytes(NEED_REPLY), first.fds());
                        guest.wire.sendRaw(second.bytes(PLAIN), second.fds());
                    }
                    guest.wire.answers();
                }
            }
            attacked.assertHarmless();
        }));
    }

    @TestFactory
    Stream<DynamicTest> eachMessageWhileRequestsAreUnderWay() {
        return samples.all().stream().map(sample -> DynamicTest.dynamicTest(sample.name(), () -> {
            for (int flags : new int[] {PLAIN, NEED_REPLY}) {
                attacked.by(guest -> {
                    guest.start(VhostUserGuest.EVENT_IDX, 2, 32);
                    for (int i = 0; i < 2; i++) {
                        for (int token = 0; token < 8; token++) {
                            guest.queue(i).send(token, 0, token);
                        }
                    }
                    guest.wire.survives(sample.bytes(flags), sample.fds());
                });
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> needReplyOnEverything() {
        return samples.all().stream().map(sample -> DynamicTest.dynamicTest(sample.name(), () ->
                attacked.by(guest -> {
                    guest.setFeatures(VhostUserGuest.FLUSH | VhostUserGuest.CONFIG_WCE);
                    guest.wire.send(sample.request(), NEED_REPLY, sample.payload(), sample.fds());
                    ReferenceFrontend.Message reply = guest.wire.receive();
                    Assertions.assertEquals(sample.request(), reply.request());
                    Assertions.assertEquals(0x5, reply.flags());
                    guest.wire.settle();
                    Assertions.assertTrue(guest.wire.isQuiet(), "one answer each");
                })));
    }
}
