// SPDX-License-Identifier: Apache-2.0
//
// What busy polling and waking cost in C, to set beside PollRoundBenchmark and LoopLatency.
//
// usage: busy_poll round N    a round over N handlers that find nothing: nanoseconds
//        busy_poll flag       a flag written here, seen by a polling thread: p50 p99 in ns
//        busy_poll eventfd    an eventfd set here, a thread asleep in epoll_wait: p50 p99 in ns
//        busy_poll virtqueue  20000 requests, one each 10 us, with kicks on demand:
//                             p50 p99 in ns, and the number of kicks
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// The same numbers as in LoopLatency.
enum {
    SAMPLES = 20000,
    SLEEPER_SAMPLES = 5000,
    PAUSE_NS = 5000,
    SLEEPER_PAUSE_NS = 100000,
    REQUEST_GAP_NS = 10000,
    POLL_MAX_NS = 32768,
    ROUNDS_PER_CLOCK = 16,
    ROUND_REPEATS = 50000000,
    WARM_UP_ROUNDS = 2,
    HANDLERS_MAX = 1024,
    CACHE_LINE = 64
};

// On lines of their own, as the two threads write them.
static _Alignas(CACHE_LINE) _Atomic int64_t sent_ns;
static _Alignas(CACHE_LINE) _Atomic int64_t answers;
static _Alignas(CACHE_LINE) _Atomic int64_t produced;
static _Alignas(CACHE_LINE) _Atomic int64_t consumed;
static _Alignas(CACHE_LINE) atomic_bool wants_kicks = true;
static atomic_bool stopping;

static int64_t made_ns[SAMPLES];
static int64_t latencies[SAMPLES];
static int event_fd;
static int epoll_fd;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

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

static void spin_until(int64_t deadline_ns)
{
    while (now_ns() < deadline_ns)
        relax();
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void print_latencies(int count)
{
    qsort(latencies, count, sizeof(latencies[0]), by_value);
    printf("%" PRId64 " %" PRId64, latencies[count / 2], latencies[count / 100 * 99]);
}

static void open_descriptors(void)
{
    struct epoll_event event = { .events = EPOLLIN };

    event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (event_fd < 0)
        fail("eventfd");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        fail("epoll_create1");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) < 0)
        fail("epoll_ctl");
}

static void set_eventfd(void)
{
    uint64_t one = 1;

    if (write(event_fd, &one, sizeof(one)) != sizeof(one))
        fail("write");
}

static void wait_for_eventfd(void)
{
    struct epoll_event event;
    uint64_t count;

    if (epoll_wait(epoll_fd, &event, 1, -1) < 0)
        fail("epoll_wait");
    if (read(event_fd, &count, sizeof(count)) < 0)
        fail("read");
}

static pthread_t start(void *(*loop)(void *))
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, loop, NULL) != 0) {
        fprintf(stderr, "pthread_create failed\n");
        exit(1);
    }
    return thread;
}

// --- round ---------------------------------------------------------------------------------------

struct handler {
    bool (*poll)(struct handler *handler);
    atomic_bool work;
};

static struct handler handlers[HANDLERS_MAX];

static bool poll_flag(struct handler *handler)
{
    return atomic_load_explicit(&handler->work, memory_order_relaxed);
}

// Not inlined, so that the pointers are read and called in each round.
static __attribute__((noinline)) bool poll_all(int count)
{
    bool hit = false;

    for (int i = 0; i < count; i++)
        hit |= handlers[i].poll(&handlers[i]);
    return hit;
}

static void measure_round(int count)
{
    int repeats = ROUND_REPEATS / count;
    int64_t start_ns = 0;
    int hits = 0;

    for (int i = 0; i < count; i++)
        handlers[i].poll = poll_flag;
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        start_ns = now_ns();
        for (int i = 0; i < repeats; i++)
            hits += poll_all(count);
    }
    printf("%.2f\n", (double)(now_ns() - start_ns) / repeats);
    if (hits != 0)
        fprintf(stderr, "found what nobody wrote\n");
}

// --- flag and eventfd ----------------------------------------------------------------------------

static void answer(void)
{
    int64_t at = atomic_load_explicit(&sent_ns, memory_order_acquire);

    if (at != 0) {
        latencies[atomic_load(&answers) % SAMPLES] = now_ns() - at;
        atomic_store(&sent_ns, 0);
        atomic_fetch_add(&answers, 1);
    }
}

static void *poll_loop(void *unused)
{
    while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
        answer();
        relax();
    }
    return unused;
}

static void *sleep_loop(void *unused)
{
    while (!atomic_load(&stopping)) {
        wait_for_eventfd();
        answer();
    }
    return unused;
}

static void measure_wakeup(bool sleeps)
{
    int samples = sleeps ? SLEEPER_SAMPLES : SAMPLES;
    int64_t pause_ns = sleeps ? SLEEPER_PAUSE_NS : PAUSE_NS;
    pthread_t thread = start(sleeps ? sleep_loop : poll_loop);

    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        atomic_store(&answers, 0);
        for (int i = 0; i < samples; i++) {
            spin_until(now_ns() + pause_ns);
            atomic_store(&sent_ns, now_ns());
            if (sleeps)
                set_eventfd();
            while (atomic_load(&answers) == i)
                relax();
        }
    }
    atomic_store(&stopping, true);
    set_eventfd();
    pthread_join(thread, NULL);
    print_latencies(samples);
    printf("\n");
}

// --- virtqueue -----------------------------------------------------------------------------------

static bool has_requests(void)
{
    return atomic_load_explicit(&produced, memory_order_relaxed)
        != atomic_load_explicit(&consumed, memory_order_relaxed);
}

static void consume(void)
{
    int64_t next = atomic_load_explicit(&consumed, memory_order_relaxed);
    int64_t end = atomic_load_explicit(&produced, memory_order_acquire);

    for (; next != end; next++)
        latencies[next % SAMPLES] = now_ns() - made_ns[next % SAMPLES];
    atomic_store(&consumed, next);
}

// Polls for POLL_MAX_NS; returns whether there is a request.
static bool poll_requests(void)
{
    int64_t deadline_ns = now_ns() + POLL_MAX_NS;

    do {
        for (int round = 0; round < ROUNDS_PER_CLOCK; round++) {
            if (has_requests())
                return true;
            relax();
        }
    } while (now_ns() < deadline_ns);
    return false;
}

static void *virtqueue_loop(void *unused)
{
    while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
        atomic_store_explicit(&wants_kicks, false, memory_order_relaxed);
        if (!poll_requests()) {
            atomic_store_explicit(&wants_kicks, true, memory_order_relaxed);
            atomic_thread_fence(memory_order_seq_cst);
            if (!has_requests() && !atomic_load(&stopping))
                wait_for_eventfd();
        }
        consume();
    }
    return unused;
}

// Returns the number of kicks.
static int produce_round(void)
{
    int64_t next_ns = now_ns();
    int kicks = 0;

    for (int i = 0; i < SAMPLES; i++) {
        int64_t next = atomic_load_explicit(&produced, memory_order_relaxed);

        next_ns += REQUEST_GAP_NS;
        spin_until(next_ns);
        made_ns[next % SAMPLES] = now_ns();
        atomic_store_explicit(&produced, next + 1, memory_order_release);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(&wants_kicks, memory_order_relaxed)) {
            set_eventfd();
            kicks++;
        }
    }
    while (atomic_load(&consumed) != atomic_load(&produced))
        relax();
    return kicks;
}

static void measure_virtqueue(void)
{
    pthread_t thread = start(virtqueue_loop);
    int kicks = 0;

    for (int round = 0; round <= WARM_UP_ROUNDS; round++)
        kicks = produce_round();
    atomic_store(&stopping, true);
    set_eventfd();
    pthread_join(thread, NULL);
    print_latencies(SAMPLES);
    printf(" %d\n", kicks);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int count = argc > 2 ? atoi(argv[2]) : 1;

    open_descriptors();
    if (!strcmp(what, "round") && count >= 1 && count <= HANDLERS_MAX) {
        measure_round(count);
    } else if (!strcmp(what, "flag")) {
        measure_wakeup(false);
    } else if (!strcmp(what, "eventfd")) {
        measure_wakeup(true);
    } else if (!strcmp(what, "virtqueue")) {
        measure_virtqueue();
    } else {
        fprintf(stderr, "usage: busy_poll round N | flag | eventfd | virtqueue\n");
        return 2;
    }
    return 0;
}
