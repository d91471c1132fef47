// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.filter.DelaySpec;
import io.vblk.block.filter.DelayTime;
import io.vblk.block.filter.ErrorSpec;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.Filters;
import io.vblk.block.filter.OpKind;
import io.vblk.block.filter.RateSpec;
import io.vblk.block.filter.StatsSpec;
import io.vblk.block.filter.VerifySpec;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FilterOptionTest {
    private static Filters filters(String... words) throws Exception {
        CommandLine line = new DefaultParser().parse(new BenchCommand().options(), words);
        return DeviceOptions.filters(line);
    }

    private static FilterSpec parse(String text) throws UsageException {
        FilterSpec spec = FilterOption.parse(text);
        assertEquals(text, spec.text());
        return spec;
    }

    @Test
    void delaysByKindAndForAll() throws Exception {
        DelayTime other = DelayTime.between(1_000_000, 2_000_000);
        assertEquals(new DelaySpec("delay:all=1ms-2ms,read=200us,flush=0,probability=0.01,seed=9",
                        List.of(DelayTime.between(200_000, 200_000), other, DelayTime.NONE, other),
                        0.01, 9, false),
                parse("delay:all=1ms-2ms,read=200us,flush=0,probability=0.01,seed=9"));
        DelaySpec spin = (DelaySpec) parse("delay:write=2us,spin=1");
        assertTrue(spin.spin());
        assertEquals(DelayTime.NONE, spin.times().get(OpKind.READ.ordinal()));
        assertEquals(DelayTime.exponential(500),
                ((DelaySpec) parse("delay:discard=exp:500ns")).times().get(3));
        assertEquals(1_000_000_000L, ((DelaySpec) parse("delay:read=1s")).times().get(0).maxNs());
    }

    @Test
    void errorsOfAllKindsUnlessTheyAreNamed() throws Exception {
        ErrorSpec all = (ErrorSpec) parse("error");
        assertEquals(EnumSet.allOf(OpKind.class), all.kinds());
        assertEquals(5, all.errno());
        assertFalse(all.trigger() != null);
        assertEquals(new ErrorSpec("error:write=1,flush=1,errno=ENOSPC,probability=0.5,seed=2,"
                        + "after=10,count=3,from=1M,to=2M,trigger=/run/fail",
                        Set.of(OpKind.WRITE, OpKind.FLUSH), 28,
                        new ErrorSpec.Chance(0.5, 2, 10, 3), 1 << 20, 2 << 20,
                        Path.of("/run/fail")),
                parse("error:write=1,flush=1,errno=ENOSPC,probability=0.5,seed=2,after=10,count=3,"
                        + "from=1M,to=2M,trigger=/run/fail"));
        assertEquals(EnumSet.complementOf(EnumSet.of(OpKind.FLUSH)),
                ((ErrorSpec) parse("error:all=1,flush=0")).kinds());
    }

    @Test
    void ratesOfRequestsAndBytes() throws Exception {
        assertEquals(new RateSpec("rate:iops=100,read-iops=50,write-bps=1M,burst=2s",
                        new RateSpec.Limits(100, 50, 0), new RateSpec.Limits(0, 0, 1 << 20),
                        2_000_000_000L),
                parse("rate:iops=100,read-iops=50,write-bps=1M,burst=2s"));
        assertEquals(RateSpec.BURST_NS_DEFAULT, ((RateSpec) parse("rate:bps=4k")).burstNs());
    }

    @Test
    void filtersWithoutKeys() throws Exception {
        assertEquals(new StatsSpec("stats"), parse("stats"));
        assertEquals(new StatsSpec("stats:name=below"), parse("stats:name=below"));
        assertEquals(new VerifySpec("verify", 4096), parse("verify"));
        assertEquals(new VerifySpec("verify:block=64k", 65536), parse("verify:block=64k"));
    }

    @Test
    void theyAreStackedAsGivenAndDelayUsComesLast() throws Exception {
        Filters all = filters("--filter", "stats", "--delay-us=5-7", "--filter=verify",
                "--delay-seed=3");
        assertEquals(List.of(new StatsSpec("stats"), new VerifySpec("verify", 4096),
                DelaySpec.all("delay-us=5-7", 5_000, 7_000, 3)), all.stack());
        assertEquals(Filters.NONE, filters("--delay-us=0"));
        String[] many = Collections.nCopies(Filters.STACK_MAX + 1, "--filter=stats")
                .toArray(String[]::new);
        assertThrows(IllegalArgumentException.class, () -> filters(many));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "slow                 | filter 'slow' is not one of delay, error, rate, stats, verify",
        "''                   | filter '' is not one of delay",
        "delay                | no request is delayed",
        "delay:               | no request is delayed",
        "delay:read           | '=' is missing after 'read'",
        "delay:reads=1us      | 'reads' is none of read, write, flush, discard, all, probability",
        "delay:read=1         | read=1 is no time: write a number with ns, us, ms or s",
        "delay:read=-1us      | read=-1us is no time",
        "delay:read=2us-1us   | the shorter one comes first",
        "delay:read=61s       | at most 60 s",
        "delay:read=99999999999s | is too long",
        "delay:read=2ms,spin=1 | with spin=1 a delay is at most 1000 us",
        "delay:read=1us,spin=yes | spin=yes is none of 0, 1",
        "delay:read=1us,probability=2 | probability must be above 0 and at most 1",
        "delay:read=1us,probability=x | probability=x is not a number",
        "delay:read=1us,seed=x | seed=x is not a number",
        "error:errno=EFOO     | errno=EFOO is none of EIO, ENOSPC",
        "error:all=0          | no request fails",
        "error:read=0.5       | read=0.5 is none of 0, 1",
        "error:from=2M,to=1M  | from must be less than to",
        "error:after=-1       | after and count are at least 0",
        "error:from=x         | 'x' is not a size",
        "rate                 | no rate is limited: give one of iops",
        "rate:iops=-5         | a rate is at least 1",
        "rate:iops=5,burst=2h | burst=2h is no time",
        "rate:iops=5,burst=3601s | burst is at most 3600 s",
        "rate:total=5         | 'total' is none of iops, read-iops",
        "stats:x=1            | 'x' is none of name",
        "verify:block=1000    | block must be a power of two from 512 to 1M",
        "verify:block=8G      | block must be a power of two from 512 to 1M"})
    void whatMakesNoSenseIsRefusedInOneLine(String text, String problem) {
        UsageException e =
                assertThrows(UsageException.class, () -> FilterOption.parse(text));
        assertTrue(e.getMessage().startsWith("--filter " + text + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(problem), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }
}
