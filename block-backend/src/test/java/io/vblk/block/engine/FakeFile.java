// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file in an array that does what a host can do to us: short transfers, failures, calls that it
 * does not know. Thread: any.
 */
class FakeFile extends SeamFile {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    final byte[] bytes;
    /** Most bytes of one transfer. */
    volatile int transferMax = Integer.MAX_VALUE;
    /** Errno by the name of the call. */
    private final Map<String, Integer> failures = Collections.synchronizedMap(new HashMap<>());

    FakeFile(int size) {
        super("fake", -1, -1);
        bytes = new byte[size];
    }

    /** Past the page cache: what does not fit is refused, as O_DIRECT does. */
    FakeFile(int size, DirectIo direct) {
        super("fake", -1, -1, direct);
        bytes = new byte[size];
    }

    /** The same bytes in the page cache, to be joined to the file that has them. */
    static final class Tail extends HostFile {
        private FakeFile file;

        Tail() {
            super("tail", -1, -1);
        }

        void join(FakeFile whole) {
            file = whole;
        }

        @Override
        public long read(long iovecs, int count, long offset) {
            return file.transfer("tailRead", iovecs, count, offset);
        }

        @Override
        public long write(long iovecs, int count, long offset, boolean stable) {
            return file.transfer(
                    stable ? "tailStableWrite" : "tailWrite", iovecs, count, offset);
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    }

    void fail(String call, int errno) {
        failures.put(call, errno);
    }

    void repair(String call) {
        failures.remove(call);
    }

    /** Calls of this name so far. */
    long count(String call) {
        synchronized (calls) {
            int count = 0;
            for (String each : calls) {
                count += each.startsWith(call) ? 1 : 0;
            }
            return count;
        }
    }

    private int called(String call, long offset, long length) {
        calls.add(call + " " + offset + "+" + length);
        return -failures.getOrDefault(call, 0);
    }

    @Override
    public long read(long iovecs, int count, long offset) {
        return transfer("read", iovecs, count, offset);
    }

    @Override
    public long write(long iovecs, int count, long offset, boolean stable) {
        return transfer(stable ? "stableWrite" : "write", iovecs, count, offset);
    }

    private long transfer(String call, long iovecs, int count, long offset) {
        if (count > IovecArray.ELEMENTS_MAX) {
            return -22;
        }
        if (direct() != null && !call.startsWith("tail") && !fits(iovecs, count, offset)) {
            return -called("refused " + call, offset, 0) - 22;
        }
        long wanted = 0;
        for (int i = 0; i < count; i++) {
            wanted += IovecArray.lengthAt(iovecs + (long) i * IovecArray.ELEMENT_BYTES);
        }
        int failure = called(call, offset, wanted);
        if (failure != 0) {
            return failure;
        }
        long inFile = Math.max(0, Math.min(wanted, bytes.length - offset));
        int left = (int) Math.min(inFile, transferMax);
        int done = 0;
        for (int i = 0; left > 0; i++) {
            long element = iovecs + (long) i * IovecArray.ELEMENT_BYTES;
            int some = (int) Math.min(left, IovecArray.lengthAt(element));
            long address = IovecArray.baseAt(element);
            int at = (int) offset + done;
            if (call.endsWith("ead")) {
                NativeMemory.copyFromArray(bytes, at, address, some);
            } else {
                NativeMemory.copyToArray(address, bytes, at, some);
            }
            done += some;
            left -= some;
        }
        return done;
    }

    private boolean fits(long iovecs, int count, long offset) {
        long odd = offset & (direct().offsetAlign() - 1);
        for (int i = 0; i < count; i++) {
            long element = iovecs + (long) i * IovecArray.ELEMENT_BYTES;
            odd |= IovecArray.baseAt(element) & (direct().memoryAlign() - 1)
                    | IovecArray.lengthAt(element) & (direct().offsetAlign() - 1);
        }
        return odd == 0;
    }

    @Override
    protected int fdatasync() {
        return called("fdatasync", 0, 0);
    }

    @Override
    public int punchHole(long offset, long lengthBytes) {
        return zero("punchHole", offset, lengthBytes);
    }

    @Override
    public int zeroRange(long offset, long lengthBytes) {
        return zero("zeroRange", offset, lengthBytes);
    }

    @Override
    public int allocate(long offset, long lengthBytes) {
        return called("allocate", offset, lengthBytes);
    }

    @Override
    public int secureErase(long offset, long lengthBytes) {
        return zero("secureErase", offset, lengthBytes);
    }

    private int zero(String call, long offset, long lengthBytes) {
        int failure = called(call, offset, lengthBytes);
        if (failure == 0) {
            Arrays.fill(bytes, (int) offset, (int) (offset + lengthBytes), (byte) 0);
        }
        return failure;
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
