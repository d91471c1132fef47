// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorFilterTest {
    private static final Set<OpKind> ALL = Set.of(OpKind.values());
    private static final ErrorSpec.Chance ALWAYS = new ErrorSpec.Chance(1, 1, 0, 0);

    @TempDir
    Path directory;

    private long nowNs;
    private AioContext context;
    private TestRequest request;
    private SimulatedBackend under;

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs));
        request = new TestRequest(4096, 1);
        under = new SimulatedBackend(context, 1 << 20, 1, new Behaviour(50, 0, 0, 0, false));
    }

    @AfterEach
    void close() {
        request.close();
        context.close();
    }

    private static ErrorSpec spec(Set<OpKind> kinds, ErrorSpec.Chance chance) {
        return new ErrorSpec("error", kinds, Posix.EIO, chance, 0, Long.MAX_VALUE, null);
    }

    private BlockBackend failing(ErrorSpec spec) {
        return new ContractFilter(spec.open(null).around(
                new ContractFilter(under, context), context, 0), context);
    }

    private int flush(BlockBackend disk) {
        return request.flush().run(disk, context);
    }

    private int read(BlockBackend disk, long offset) {
        return request.read(offset, 512).run(disk, context);
    }

    @Test
    void failsTheKindsThatItIsToldToWithTheErrorAndDoesNothing() {
        BlockBackend disk = failing(new ErrorSpec("error", Set.of(OpKind.WRITE, OpKind.DISCARD),
                Posix.ENOSPC, ALWAYS, 0, Long.MAX_VALUE, null));
        assertEquals(0, read(disk, 0));
        assertEquals(0, flush(disk));
        int carriedOut = under.submitted();
        assertEquals(Posix.ENOSPC, request.write(0, new byte[512]).run(disk, context));
        for (BlockOp op : List.of(BlockOp.DISCARD, BlockOp.WRITE_ZEROES)) {
            assertEquals(Posix.ENOSPC, request.range(op, 0, 512).run(disk, context));
        }
        assertEquals(carriedOut, under.submitted());
        disk.close();
    }

    @Test
    void failsTheShareThatItIsToldTo() {
        BlockBackend disk = failing(spec(ALL, new ErrorSpec.Chance(0.1, 7, 0, 0)));
        int failed = 0;
        for (int i = 0; i < 2_000; i++) {
            failed += flush(disk) == 0 ? 0 : 1;
        }
        assertTrue(failed > 140 && failed < 260, failed + " of 2000");
        disk.close();
    }

    @Test
    void letsSomeThroughFirstAndHealsAfterSoManyFailuresInAllViewsTogether() {
        DiskFilter shared = spec(Set.of(OpKind.READ), new ErrorSpec.Chance(1, 1, 3, 2)).open(null);
        BlockBackend first = shared.around(under, context, 0);
        BlockBackend second = shared.around(under, context, 1);
        int[] errnos = new int[7];
        for (int i = 0; i < errnos.length; i++) {
            assertEquals(0, flush(first), "no read, not counted");
            errnos[i] = read(i % 2 == 0 ? first : second, 0);
        }
        assertEquals(List.of(0, 0, 0, 5, 5, 0, 0), Arrays.stream(errnos).boxed().toList());
        assertEquals(List.of("error: failed=2"), shared.report().lines());
        first.close();
    }

    @Test
    void failsWhatTouchesTheRange() {
        BlockBackend disk = failing(new ErrorSpec(
                "error", ALL, Posix.EIO, ALWAYS, 4096, 8192, null));
        assertEquals(0, read(disk, 4096 - 512));
        assertEquals(Posix.EIO, read(disk, 4096));
        assertEquals(Posix.EIO, read(disk, 8192 - 512));
        assertEquals(0, read(disk, 8192));
        assertEquals(Posix.EIO, request.read(4096 - 512, 1024).run(disk, context));
        assertEquals(0, request.read(6000 / 512 * 512, 0).run(disk, context), "touches nothing");
        assertEquals(0, flush(disk), "a flush has no place");
        disk.close();
    }

    @Test
    void failsWhileTheTriggerIsThereAndLooksNowAndThenOnly() throws Exception {
        Path trigger = directory.resolve("fail");
        BlockBackend disk = failing(new ErrorSpec(
                "error", ALL, Posix.EIO, ALWAYS, 0, Long.MAX_VALUE, trigger));
        assertEquals(0, flush(disk));
        Files.createFile(trigger);
        nowNs += FailingDisk.LOOK_NS - 1;
        assertEquals(0, flush(disk), "looked again too early");
        nowNs++;
        assertEquals(Posix.EIO, flush(disk));
        Files.delete(trigger);
        assertEquals(Posix.EIO, flush(disk), "looked again too early");
        nowNs += FailingDisk.LOOK_NS;
        assertEquals(0, flush(disk));
        disk.close();
    }

    @Test
    void aTriggerThatIsThereAtTheStartCounts() throws Exception {
        BlockBackend disk = failing(new ErrorSpec("error", ALL, Posix.EIO, ALWAYS, 0,
                Long.MAX_VALUE, Files.createFile(directory.resolve("fail"))));
        assertEquals(Posix.EIO, flush(disk));
        disk.close();
    }

    @Test
    void refusesWhatNeverFails() {
        assertThrows(IllegalArgumentException.class, () -> spec(Set.of(), ALWAYS));
        assertThrows(IllegalArgumentException.class,
                () -> new ErrorSpec.Chance(1, 1, -1, 0));
        assertThrows(IllegalArgumentException.class,
                () -> new ErrorSpec("error", ALL, 999, ALWAYS, 0, 1, null));
        assertThrows(IllegalArgumentException.class,
                () -> new ErrorSpec("error", ALL, Posix.EIO, ALWAYS, 512, 512, null));
        under.close();
    }
}
