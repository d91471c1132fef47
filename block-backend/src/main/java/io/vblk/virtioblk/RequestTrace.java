// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.AioContext;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * When the sampled requests of one queue reached each stage of the device, for a driver in the same
 * process. Thread: home writes, the driver's reads. Allocates nothing once a queue has it.
 *
 * <p>A record is looked up by the request's number. It is whole when the driver sees the used
 * element, except for the call, which may come later or never. When requests overtake each other
 * the place of a new one can be taken still by an old one: then the new one has no record.
 *
 * <pre>
 *   record: NOTICED POPPED SUBMITTED COMPLETED PUBLISHED CALLED (System.nanoTime, 0 for never)
 *           how it was noticed, and with how many others | its number, or OPEN
 *
 *   Order of publication
 *   R  number = OPEN, fence, stamps; stamps, release number, release used.idx
 *   S  release CALLED, then the system call of the call
 * </pre>
 */
public final class RequestTrace {
    /** Field: the loop turned to the queue. */
    public static final int NOTICED = 0;
    /** Field: the chain was taken from the ring. */
    public static final int POPPED = 1;
    /** Field: it was handed over to the disk. */
    public static final int SUBMITTED = 2;
    /** Field: the disk was done, or the request was answered without it. */
    public static final int COMPLETED = 3;
    /** Field: the used element was about to be shown. */
    public static final int PUBLISHED = 4;
    /** Field: the device was about to call the driver. */
    public static final int CALLED = 5;
    /** Field for {@link #pollState}, {@link #isQueued}, {@link #ahead}, {@link #together}. */
    public static final int INFO = 6;
    /** Number of fields. */
    public static final int FIELDS = 7;

    /** What {@link VirtioBlkRequest#record} is for nearly all. */
    static final int NOT_TRACED = -1;

    private static final int NUMBER = FIELDS;
    private static final int RECORD_LONGS = FIELDS + 1;
    private static final long OPEN = -1;
    private static final int CAPACITY_MIN = 256;

    private static final int STATE_MASK = 3;
    private static final int QUEUED_BIT = 4;
    private static final int AHEAD_SHIFT = 8;
    private static final int TOGETHER_SHIFT = 32;
    private static final int COUNT_MASK = 0xFFFF;

    private static final byte FREE = 0;
    private static final byte TAKEN = 1;
    private static final byte AWAITS_CALL = 2;

    private static final PollState[] STATES = PollState.values();
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final RequestSampling sampling;
    private final int mask;
    private final long[] records;

    // Home only.
    private AioContext context;
    private final byte[] states;
    private final long[] numbers;
    private final int[] uncommitted;
    private final int[] unshown;
    private final int[] uncalled;
    private int uncommittedCount;
    private int unshownCount;
    private int uncalledCount;
    private long popped;
    private long next;
    /** Where the present run over the ring began. */
    private long runFrom;
    private long noticedNs;
    private int runState;
    /** Which chains of an in-order ring are answered, from {@link #shownTo} on; null of others. */
    private boolean[] answered;
    private long shownTo;

    /**
     * Makes room.
     *
     * @param queueSize descriptors of the queue
     * @param first number of the next request that the driver adds
     */
    public RequestTrace(RequestSampling sampling, int queueSize, long first) {
        this.sampling = sampling;
        // Twice what can be under way, so that requests overtaken by few others have their place.
        int wanted = Math.max(CAPACITY_MIN, 2 * queueSize / sampling.interval());
        int capacity = Integer.highestOneBit(wanted - 1) * 2;
        this.mask = capacity - 1;
        this.records = new long[capacity * RECORD_LONGS];
        this.states = new byte[capacity];
        this.numbers = new long[capacity];
        this.uncommitted = new int[capacity];
        this.unshown = new int[capacity];
        this.uncalled = new int[capacity];
        this.popped = first;
        this.runFrom = first;
        this.shownTo = first;
        this.next = sampling.next(first);
        for (int i = 0; i < capacity; i++) {
            records[i * RECORD_LONGS + NUMBER] = OPEN;
        }
    }

    /** Which requests are sampled. Thread: any. */
    public RequestSampling sampling() {
        return sampling;
    }

    private int recordOf(long number) {
        return (int) (number / sampling.interval()) & mask;
    }

    // ------------------------------------------------------------------ driver

    /**
     * Reads the record of a request that was seen in the used ring. Thread: the driver's.
     *
     * @param number how many the driver has added before
     * @param into gets the fields
     * @return false if there is none
     */
    public boolean read(long number, long[] into) {
        int at = recordOf(number) * RECORD_LONGS;
        // T: pairs with RequestTrace.showing
        if ((long) LONGS.getAcquire(records, at + NUMBER) != number) {
            return false;
        }
        System.arraycopy(records, at, into, 0, FIELDS);
        // S: pairs with RequestTrace.calling
        into[CALLED] = (long) LONGS.getAcquire(records, at + CALLED);
        // R: pairs with RequestTrace.open
        VarHandle.loadLoadFence();
        return (long) LONGS.getOpaque(records, at + NUMBER) == number;
    }

    /** How the loop came to know of it, out of field INFO. Thread: any. */
    public static PollState pollState(long info) {
        return STATES[(int) info & STATE_MASK];
    }

    /** The same with another poll state. Thread: any. */
    public static long withPollState(long info, PollState state) {
        return info & ~STATE_MASK | state.ordinal();
    }

    /** Whether the disk was not done at once. Thread: any. */
    public static boolean isQueued(long info) {
        return (info & QUEUED_BIT) != 0;
    }

    /** Chains that the same run over the ring had taken before. Thread: any. */
    public static int ahead(long info) {
        return (int) (info >>> AHEAD_SHIFT) & COUNT_MASK;
    }

    /** Used elements shown together, this one included. Thread: any. */
    public static int together(long info) {
        return (int) (info >>> TOGETHER_SHIFT) & COUNT_MASK;
    }

    // ------------------------------------------------------------------ device

    /** A queue begins to write here. */
    void attach(AioContext home, int queueSize, boolean inOrder) {
        context = home;
        // One more than the ring holds can be out, see VirtioBlkQueue's slots.
        answered = inOrder ? new boolean[2 * Integer.highestOneBit(queueSize + 1)] : null;
        shownTo = popped;
    }

    /** The loop turns to the queue. */
    void noticed(boolean byKick) {
        long lastRun = popped - runFrom;
        runFrom = popped;
        runState = (byKick ? context.hasSlept() ? PollState.WOKEN : PollState.MISSED
                : PollState.POLLED).ordinal();
        // The clock costs more than all the rest: it is read where a sample is in reach, going by
        // the last run. For one beyond that beginPass reads it, and the first chain needs no other
        // time than that of its being taken.
        long ahead = next - popped;
        noticedNs = ahead > 0 && ahead <= lastRun + lastRun / 4 ? context.nanoTime() : 0;
    }

    /** Up to so many chains are going to be taken. */
    void beginPass(int chains) {
        long ahead = next - popped;
        if (noticedNs == 0 && ahead > 0 && ahead < chains) {
            noticedNs = context.nanoTime();
        }
    }

    /** A chain was taken. */
    void popped(VirtioBlkRequest request) {
        long number = popped++;
        if (answered != null) {
            request.number = number;
        }
        if (number == next) {
            open(request, number);
        }
    }

    private void open(VirtioBlkRequest request, long number) {
        next = sampling.next(number + 1);
        int record = recordOf(number);
        if (states[record] != FREE) {
            return;
        }
        states[record] = TAKEN;
        numbers[record] = number;
        request.record = record;
        int at = record * RECORD_LONGS;
        LONGS.setOpaque(records, at + NUMBER, OPEN);
        // R: pairs with RequestTrace.read
        VarHandle.storeStoreFence();
        Arrays.fill(records, at, at + FIELDS, 0);
        long nowNs = context.nanoTime();
        records[at + NOTICED] = noticedNs == 0 ? nowNs : noticedNs;
        records[at + POPPED] = nowNs;
        records[at + INFO] = runState | Math.min(number - runFrom, COUNT_MASK) << AHEAD_SHIFT;
    }

    /** The disk is asked, perhaps for the first of several things, perhaps once more. */
    void submitting(int record) {
        int at = record * RECORD_LONGS;
        if (records[at + SUBMITTED] == 0) {
            records[at + SUBMITTED] = context.nanoTime();
        }
    }

    /** The disk has it, and begins at the latest at {@link #committing}. */
    void queued(int record) {
        int at = record * RECORD_LONGS;
        if ((records[at + INFO] & QUEUED_BIT) == 0) {
            records[at + INFO] |= QUEUED_BIT;
            if (uncommittedCount < uncommitted.length) {
                uncommitted[uncommittedCount++] = record;
            }
        }
    }

    /** The disk has no room. */
    void parked(int record) {
        int at = record * RECORD_LONGS;
        if ((records[at + INFO] & QUEUED_BIT) == 0) {
            records[at + SUBMITTED] = 0;
        }
    }

    /** What is queued is set off. */
    void committing() {
        if (uncommittedCount == 0) {
            return;
        }
        long nowNs = context.nanoTime();
        for (int i = 0; i < uncommittedCount; i++) {
            int at = uncommitted[i] * RECORD_LONGS;
            if (records[at + COMPLETED] == 0) {
                records[at + SUBMITTED] = nowNs;
            }
        }
        uncommittedCount = 0;
    }

    /** A request is about to get its used element. */
    void answered(VirtioBlkRequest request) {
        if (answered != null) {
            answeredInOrder(request.number);
        }
        if (request.record != NOT_TRACED) {
            int at = request.record * RECORD_LONGS;
            long nowNs = context.nanoTime();
            records[at + COMPLETED] = nowNs;
            if (records[at + SUBMITTED] == 0) {
                records[at + SUBMITTED] = nowNs;
            }
            unshown[unshownCount++] = request.record;
        }
    }

    private void answeredInOrder(long number) {
        int last = answered.length - 1;
        answered[(int) number & last] = true;
        while (answered[(int) shownTo & last]) {
            answered[(int) shownTo++ & last] = false;
        }
    }

    /** So many answers are about to be shown, those that must wait for earlier ones excepted. */
    void showing(int answers) {
        if (unshownCount == 0) {
            return;
        }
        long nowNs = context.nanoTime();
        int kept = 0;
        for (int i = 0; i < unshownCount; i++) {
            int record = unshown[i];
            long number = numbers[record];
            if (answered != null && number >= shownTo) {
                unshown[kept++] = record;
                continue;
            }
            int at = record * RECORD_LONGS;
            records[at + PUBLISHED] = nowNs;
            records[at + INFO] |= (long) Math.min(answers, COUNT_MASK) << TOGETHER_SHIFT;
            // T: pairs with RequestTrace.read
            LONGS.setRelease(records, at + NUMBER, number);
            states[record] = AWAITS_CALL;
            uncalled[uncalledCount++] = record;
        }
        unshownCount = kept;
    }

    /** It is decided whether to call for what was shown; the call comes after this. */
    void calling(boolean wanted) {
        if (uncalledCount == 0) {
            return;
        }
        long nowNs = wanted ? context.nanoTime() : 0;
        for (int i = 0; i < uncalledCount; i++) {
            // S: pairs with RequestTrace.read
            LONGS.setRelease(records, uncalled[i] * RECORD_LONGS + CALLED, nowNs);
            states[uncalled[i]] = FREE;
        }
        uncalledCount = 0;
    }
}
