// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a hostile or broken guest may do, and the test that holds what comes of it: on both kinds of
 * ring wherever the row makes sense for both. Rings outside of memory, or ending there, are refused
 * when a queue is started (VirtqueueConfigTest); memory that its file does not hold needs a guest
 * in another process.
 */
class HostileGuestTableTest {
    private record Row(String what, String... tests) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Row> rows() {
        return List.of(
                new Row("loop, self loop, next >= N, head >= N",
                        "DescriptorRulesTest#linksOutOfTheTableOrInCircles",
                        "DescriptorRulesTest#echoesTheHeadEvenIfItIsOutOfRange",
                        "PackedRulesTest#costsOneRequest"),
                new Row("available index jumps by more than N, or back",
                        "BrokenRingTest#anIndexThatJumpsStopsItsQueueAndNoOther",
                        "BrokenRingTest#anIndexThatGoesBackStopsItsQueue",
                        "PackedRulesTest#moreDescriptorsThanTheRingHasStopItsQueue",
                        "PackedRulesTest#"
                                + "flagsFlippedBackBeforeTheDeviceLooksMeanThatNothingIsThere"),
                new Row("zero-length descriptor; address outside, across a border, wrapping 2^64",
                        "DescriptorRulesTest#directChains",
                        "DescriptorRulesTest#chainsInATable"),
                new Row("only a header, short header, status read-only, header writable",
                        "DescriptorRulesTest#directChains",
                        "DescriptorRulesTest#chainsInATable"),
                new Row("nested indirect; direct chain with an indirect tail",
                        "IndirectRulesTest#tablesThatTheStandardAllowsAreServed",
                        "IndirectRulesTest#linksInATableOfASplitRing",
                        "PackedRulesTest#costsOneRequest"),
                new Row("readable after writable",
                        "DescriptorRulesTest#directChains"),
                new Row("indirect length 0, not of whole entries, table outside, loop in it",
                        "IndirectRulesTest#tablesThatTheStandardForbidsComeBackEmpty",
                        "IndirectRulesTest#linksInATableOfASplitRing"),
                new Row("indirect without the feature",
                        "IndirectRulesTest#aTableWithoutTheFeatureComesBackEmpty"),
                new Row("indirect with more entries than the queue has",
                        "IndirectRulesTest#tablesThatTheStandardAllowsAreServed"),
                new Row("same head twice",
                        "DescriptorRulesTest#"
                + "aHeadOfferedAgainBeforeItWasUsedComesBackEmptyAndTheFirstIsServed",
                        "PackedRulesTest#anIdInFlightTwiceComesBackEmptyAndTheFirstIsServed"),
                new Row("header split, header and data in one, data and status in one",
                        "TransferRulesTest#transfers"),
                new Row("data of 511 bytes; sector at capacity, 2^55, 2^64 - 1",
                        "TransferRulesTest#transfers"),
                new Row("OUT with writable data, IN with readable data",
                        "TransferRulesTest#transfers"),
                new Row("type 99, SCSI; GET_ID of 5 and 100 bytes",
                        "OtherRequestsTest#requests"),
                new Row("DISCARD and WRITE_ZEROES: flags, segments, 15 bytes, 2^32 - 1, 0 sectors",
                        "RangeRulesTest#ranges"),
                new Row("used length after an error",
                        "TransferRulesTest#transfers",
                        "RangeRulesTest#ranges"),
                new Row("packed: all descriptors NEXT",
                        "PackedRulesTest#"
                                + "aChainThroughTheWholeRingWithoutEndStopsItsQueueAndNoOther",
                        "PackedRulesTest#"
            + "aChainThatRunsIntoSlotsInFlightStopsItsQueueAndWhatIsInFlightIsAnswered"),
                new Row("packed: buffer id >= N",
                        "PackedRulesTest#echoesAnIdThatIsOutOfRange"),
                new Row("changed while the device reads it",
                        "DeviceFuzzTest#aHostileGuestHurtsNobodyElse",
                        "PackedRulesTest#flagsFlippedBackInFlightChangeNothing"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void hasItsTest(Row row) throws Exception {
        for (String test : row.tests()) {
            String[] names = test.split("#");
            Class<?> holder = Class.forName(getClass().getPackageName() + "." + names[0]);
            List<String> methods = Arrays.stream(holder.getDeclaredMethods())
                    .filter(HostileGuestTableTest::isTest)
                    .map(Method::getName).filter(names[1]::equals).toList();
            assertEquals(List.of(names[1]), methods, test);
        }
    }

    private static boolean isTest(Method method) {
        return method.isAnnotationPresent(Test.class)
                || method.isAnnotationPresent(ParameterizedTest.class);
    }
}
