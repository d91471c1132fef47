// SPDX-License-Identifier: Apache-2.0
//
// What a request through a ring costs in C, to set beside RingPingPong: one driver thread and one
// device thread that both poll, indirect tables, event indices. A request has 16 bytes to read,
// 4096 to write that nobody touches, and a status byte that the device writes.
//
// usage: ring_pingpong split|packed DEPTH QUEUES     prints nanoseconds per request
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "packed.h"
#include "split.h"

// The same numbers as in RingPingPong.
enum {
    QUEUES_MAX = 2,
    MEMORY_BYTES = 8 << 20,
    HEADER_BYTES = 16,
    DATA_BYTES = 4096,
    STATUS_BYTES = 1,
    CACHE_LINE = 64,
    WARM_UP_ROUNDS = 20,
    ROUNDS = 15,
    REQUESTS_PER_ROUND = 1000000,
    REQUESTS_PER_ROUND_DEPTH_1 = 200000
};

// The parts of the two threads lie apart.
struct driver_side {
    _Alignas(2 * CACHE_LINE) struct split_driver split;
    _Alignas(2 * CACHE_LINE) struct packed_driver packed;
    struct buffer buffers[QUEUE_SIZE][BUFFERS];
};

struct device_side {
    _Alignas(2 * CACHE_LINE) struct split_device split;
    _Alignas(2 * CACHE_LINE) struct packed_device packed;
};

static struct region region;
static struct driver_side drivers[QUEUES_MAX];
static struct device_side devices[QUEUES_MAX];
static int depth;
static int queues;
static _Alignas(2 * CACHE_LINE) atomic_bool stopping;
// Kept, so that the decisions about kicks are made: a stale event index asks for one per 65536.
static _Alignas(2 * CACHE_LINE) volatile int64_t notifications;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

// Both loops for one kind of ring.
#define LOOPS(kind)                                                                    \
    static void *kind##_device_loop(void *unused)                                      \
    {                                                                                  \
        struct chain chain;                                                            \
                                                                                       \
        while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {               \
            bool found = false;                                                        \
                                                                                       \
            for (int q = 0; q < queues; q++) {                                         \
                struct kind##_device *device = &devices[q].kind;                       \
                bool popped = false;                                                   \
                                                                                       \
                while (kind##_pop(device, &chain)) {                                   \
                    if (chain.faulty || chain.writable_bytes < STATUS_BYTES)           \
                        __builtin_trap();                                              \
                    *(volatile char *)chain_last_writable_byte(&chain) = 0;            \
                    kind##_add_used(device, &chain, chain.writable_bytes);             \
                    popped = true;                                                     \
                }                                                                      \
                if (popped) {                                                          \
                    kind##_publish_used(device);                                       \
                    kind##_needs_call(device);                                         \
                    found = true;                                                      \
                }                                                                      \
            }                                                                          \
            if (!found)                                                                \
                relax();                                                               \
        }                                                                              \
        return unused;                                                                 \
    }                                                                                  \
                                                                                       \
    static void kind##_start(void)                                                     \
    {                                                                                  \
        for (int q = 0; q < queues; q++) {                                             \
            for (int token = 0; token < depth; token++)                                \
                kind##_add(&drivers[q].kind, drivers[q].buffers[token], token);        \
            kind##_publish(&drivers[q].kind);                                          \
        }                                                                              \
    }                                                                                  \
                                                                                       \
    static __attribute__((noinline)) int64_t kind##_round(int64_t requests)            \
    {                                                                                  \
        int64_t done = 0;                                                              \
                                                                                       \
        while (done < requests) {                                                      \
            bool found = false;                                                        \
                                                                                       \
            for (int q = 0; q < queues; q++) {                                         \
                struct kind##_driver *driver = &drivers[q].kind;                       \
                int token, count = 0;                                                  \
                                                                                       \
                while ((token = kind##_poll_used(driver)) != NOTHING_USED) {           \
                    if (driver->last_used_bytes != DATA_BYTES + STATUS_BYTES)          \
                        __builtin_trap();                                              \
                    kind##_add(driver, drivers[q].buffers[token], token);              \
                    count++;                                                           \
                }                                                                      \
                if (count > 0) {                                                       \
                    notifications += kind##_publish(driver);                           \
                    done += count;                                                     \
                    found = true;                                                      \
                }                                                                      \
            }                                                                          \
            if (!found)                                                                \
                relax();                                                               \
        }                                                                              \
        return done;                                                                   \
    }

LOOPS(split)
LOOPS(packed)

// Rings first, then for each queue the headers, the statuses and the data.
static void lay_out(bool packed)
{
    uint64_t at = 0;

    region.length = MEMORY_BYTES;
    region.host = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0);
    if (region.host == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    for (int q = 0; q < queues; q++) {
        at = packed ? packed_init(&drivers[q].packed, &devices[q].packed, &region, at)
                    : split_init(&drivers[q].split, &devices[q].split, &region, at);
        at = (at + DATA_BYTES - 1) / DATA_BYTES * DATA_BYTES;
    }
    for (int q = 0; q < queues; q++) {
        for (int token = 0; token < depth; token++) {
            struct buffer *buffers = drivers[q].buffers[token];
            uint64_t line = at + (uint64_t)token * CACHE_LINE;
            uint64_t statuses = at + (uint64_t)QUEUE_SIZE * CACHE_LINE;
            uint64_t data = at + 2 * (uint64_t)QUEUE_SIZE * CACHE_LINE;

            buffers[0] = (struct buffer){ line, HEADER_BYTES, false };
            buffers[1] = (struct buffer){ data + (uint64_t)token * DATA_BYTES, DATA_BYTES, true };
            buffers[2] = (struct buffer){ statuses + (uint64_t)token * CACHE_LINE, STATUS_BYTES,
                                          true };
        }
        at += (uint64_t)QUEUE_SIZE * (2 * CACHE_LINE + DATA_BYTES);
    }
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double measure(bool packed)
{
    int64_t requests = depth == 1 ? REQUESTS_PER_ROUND_DEPTH_1 : REQUESTS_PER_ROUND;
    double ns[ROUNDS];
    pthread_t device;

    if (pthread_create(&device, NULL, packed ? packed_device_loop : split_device_loop, NULL)) {
        fprintf(stderr, "pthread_create failed\n");
        exit(1);
    }
    packed ? packed_start() : split_start();
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
        int64_t start_ns = now_ns();
        int64_t done = packed ? packed_round(requests) : split_round(requests);

        if (round >= 0)
            ns[round] = (double)(now_ns() - start_ns) / done;
    }
    atomic_store(&stopping, true);
    pthread_join(device, NULL);
    qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
    return ns[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    bool packed = argc > 1 && !strcmp(argv[1], "packed");

    depth = argc > 2 ? atoi(argv[2]) : 0;
    queues = argc > 3 ? atoi(argv[3]) : 0;
    if ((!packed && (argc < 2 || strcmp(argv[1], "split"))) || depth < 1 || depth > QUEUE_SIZE
        || queues < 1 || queues > QUEUES_MAX) {
        fprintf(stderr, "usage: ring_pingpong split|packed DEPTH QUEUES\n");
        return 2;
    }
    lay_out(packed);
    printf("%.2f\n", measure(packed));
    return 0;
}
