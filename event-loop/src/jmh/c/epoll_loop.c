// SPDX-License-Identifier: Apache-2.0
//
// What an iteration of the event loop costs in C: epoll_wait(2) with one ready eventfd of N, whose
// handler, called through a pointer, reads it and sets it again. The same work as
// IterationBenchmark.
//
// usage: epoll_loop N [SECONDS]; prints nanoseconds per iteration
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 128,
    WARM_UP = 200000,
    ITERATIONS_PER_CLOCK = 1000
};

struct handler {
    int fd;
    void (*readable)(struct handler *handler);
};

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

static void set(int fd)
{
    uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) != sizeof(one))
        fail("write");
}

static void readable(struct handler *handler)
{
    uint64_t count;

    if (read(handler->fd, &count, sizeof(count)) != sizeof(count))
        fail("read");
    set(handler->fd);
}

static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("setrlimit");
}

static void iterate(int epoll_fd)
{
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);

    if (ready < 0)
        fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
        struct handler *handler = events[i].data.ptr;

        handler->readable(handler);
    }
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    double seconds = argc > 2 ? atof(argv[2]) : 1;
    struct handler *handlers;
    int epoll_fd;
    int64_t start;
    int64_t elapsed;
    int64_t iterations = 0;

    if (count < 1 || seconds <= 0) {
        fprintf(stderr, "usage: epoll_loop N [SECONDS]\n");
        return 2;
    }
    allow_descriptors();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        fail("epoll_create1");
    handlers = calloc(count, sizeof(*handlers));
    if (!handlers)
        fail("calloc");
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &handlers[i] };

        handlers[i].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        handlers[i].readable = readable;
        if (handlers[i].fd < 0)
            fail("eventfd");
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, handlers[i].fd, &event) < 0)
            fail("epoll_ctl");
    }
    set(handlers[count / 2].fd);

    for (int i = 0; i < WARM_UP; i++)
        iterate(epoll_fd);
    start = now_ns();
    do {
        for (int i = 0; i < ITERATIONS_PER_CLOCK; i++)
            iterate(epoll_fd);
        iterations += ITERATIONS_PER_CLOCK;
        elapsed = now_ns() - start;
    } while (elapsed < seconds * 1e9);
    printf("%.1f\n", (double)elapsed / iterations);
    return 0;
}
