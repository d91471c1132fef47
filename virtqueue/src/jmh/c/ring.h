// SPDX-License-Identifier: Apache-2.0
//
// What both kinds of ring need: accesses to shared memory, the bounds check against one region,
// and the chain that a device pops.
#ifndef RING_H
#define RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    QUEUE_SIZE = 256,
    BUFFERS = 3,
    SEGMENTS_MAX = 8,
    DESC_NEXT = 1,
    DESC_WRITE = 2,
    DESC_INDIRECT = 4,
    AREA_ALIGN = 64,
    NOTHING_USED = -1,
    NONE = -1
};

// Each access happens once, whatever the other side does meanwhile.
#define READ(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define WRITE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define READ_ACQUIRE(place) __atomic_load_n(&(place), __ATOMIC_ACQUIRE)
#define WRITE_RELEASE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)
#define FULL_FENCE() __atomic_thread_fence(__ATOMIC_SEQ_CST)

struct region {
    uint64_t guest;
    uint64_t length;
    char *host;
};

struct segment {
    char *base;
    uint64_t length;
};

struct chain {
    int id;
    int slots;
    int readable_count;
    int writable_count;
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    bool writable_seen;
    bool faulty;
    struct segment segments[SEGMENTS_MAX];
};

struct buffer {
    uint64_t guest;
    uint32_t length;
    bool writable;
};

static inline void *host_address(const struct region *region, uint64_t guest, uint64_t length)
{
    uint64_t offset = guest - region->guest;

    if (offset >= region->length || length > region->length - offset)
        return NULL;
    return region->host + offset;
}

static inline void chain_start(struct chain *chain)
{
    chain->id = 0;
    chain->slots = 1;
    chain->readable_count = 0;
    chain->writable_count = 0;
    chain->readable_bytes = 0;
    chain->writable_bytes = 0;
    chain->writable_seen = false;
    chain->faulty = false;
}

// Returns false when the walk is to end.
static inline bool chain_append(struct chain *chain, const struct region *region, uint64_t guest,
                                uint64_t length, bool writable)
{
    int index = chain->readable_count + chain->writable_count;
    char *base;

    chain->writable_seen |= writable;
    if (!writable && chain->writable_seen) {
        chain->faulty = true;
        return true;
    }
    if (length == 0)
        return true;
    base = host_address(region, guest, length);
    if (!base) {
        chain->faulty = true;
        return true;
    }
    if (index == SEGMENTS_MAX) {
        chain->faulty = true;
        return false;
    }
    chain->segments[index].base = base;
    chain->segments[index].length = length;
    if (writable) {
        chain->writable_count++;
        chain->writable_bytes += length;
    } else {
        chain->readable_count++;
        chain->readable_bytes += length;
    }
    return true;
}

static inline char *chain_last_writable_byte(struct chain *chain)
{
    int last = chain->readable_count + chain->writable_count - 1;

    return chain->segments[last].base + chain->segments[last].length - 1;
}

static inline uint64_t align_area(uint64_t address)
{
    return (address + AREA_ALIGN - 1) & -(uint64_t)AREA_ALIGN;
}

#endif
