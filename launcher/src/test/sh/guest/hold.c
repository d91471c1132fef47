/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Holds a program's disk I/O back: preloaded, it lets each positioned read and write wait for up to
 * HOLD_MAX_US microseconds, before the real call or after it, so that those of several threads end
 * out of order. HOLD_SEED decides how long each waits; the threads' order is the machine's.
 * dlsym is here too because a JVM looks the calls up in libc by name.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_ulong calls;

static void *real_dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    if (!real) {
        real = (void *(*)(void *, const char *)) dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        if (!real)
            real = (void *(*)(void *, const char *)) dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    return real(handle, name);
}

static unsigned long number(const char *name)
{
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 10) : 0;
}

/* The next pseudo-random number (splitmix64). */
static unsigned long next_random(void)
{
    unsigned long z = number("HOLD_SEED") + 0x9e3779b97f4a7c15ul * atomic_fetch_add(&calls, 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
    return z ^ (z >> 31);
}

static void hold(unsigned long us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

/* A call killed before it has happened, or killed when it has happened and nobody knows yet. */
#define HELD(type, name, parameters, arguments)                        \
    type name parameters                                               \
    {                                                                  \
        static type(*real) parameters;                                 \
        if (!real)                                                     \
            real = (type(*) parameters) real_dlsym(RTLD_NEXT, #name);  \
        unsigned long random = next_random();                          \
        unsigned long max_us = number("HOLD_MAX_US");                  \
        unsigned long us = max_us ? (random >> 1) % max_us : 0;        \
        if (random & 1)                                                \
            hold(us);                                                  \
        type result = real arguments;                                  \
        if (!(random & 1))                                             \
            hold(us);                                                  \
        return result;                                                 \
    }

HELD(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
HELD(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
HELD(ssize_t, pread64, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
HELD(ssize_t, pwrite64, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
HELD(ssize_t, preadv, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
HELD(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
HELD(ssize_t, preadv64, (int fd, const struct iovec *v, int n, off64_t at), (fd, v, n, at))
HELD(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off64_t at), (fd, v, n, at))

void *dlsym(void *handle, const char *name)
{
    static const struct {
        const char *name;
        void *call;
    } ours[] = {{"preadv", preadv}, {"pwritev", pwritev}};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(name, ours[i].name) == 0)
            return ours[i].call;
    return real_dlsym(handle, name);
}
