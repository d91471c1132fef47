// SPDX-License-Identifier: Apache-2.0
//
// Split ring, both sides (virtio 1.3, 2.7), with indirect tables and event indices.
#ifndef SPLIT_H
#define SPLIT_H

#include "ring.h"

struct split_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

struct split_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[QUEUE_SIZE];
    uint16_t used_event;
};

struct split_used {
    uint16_t flags;
    uint16_t idx;
    struct {
        uint32_t id;
        uint32_t len;
    } ring[QUEUE_SIZE];
    uint16_t avail_event;
};

struct split_driver {
    struct split_desc *desc;
    struct split_avail *avail;
    struct split_used *used;
    struct split_desc *tables;
    uint64_t tables_guest;
    int free_head;
    int free_count;
    uint16_t avail_next;
    uint16_t avail_published;
    uint16_t used_seen;
    uint32_t last_used_bytes;
    int tokens[QUEUE_SIZE];
};

struct split_device {
    const struct region *region;
    struct split_desc *desc;
    struct split_avail *avail;
    struct split_used *used;
    bool in_use[QUEUE_SIZE];
    uint16_t last_avail;
    uint16_t avail_seen;
    uint16_t used_next;
    uint16_t used_published;
    uint16_t used_signalled;
    bool signalled_before;
};

static inline bool need_event(uint16_t event, uint16_t next, uint16_t previous)
{
    return (uint16_t)(next - event - 1) < (uint16_t)(next - previous);
}

static uint64_t split_init(struct split_driver *driver, struct split_device *device,
                           const struct region *region, uint64_t guest)
{
    uint64_t avail = align_area(guest + sizeof(struct split_desc) * QUEUE_SIZE);
    uint64_t used = align_area(avail + sizeof(struct split_avail));
    uint64_t tables = align_area(used + sizeof(struct split_used));

    driver->desc = device->desc = (void *)(region->host + guest);
    driver->avail = device->avail = (void *)(region->host + avail);
    driver->used = device->used = (void *)(region->host + used);
    driver->tables = (void *)(region->host + tables);
    driver->tables_guest = tables;
    driver->free_count = QUEUE_SIZE;
    for (int i = 0; i < QUEUE_SIZE; i++) {
        driver->desc[i].next = i + 1;
        driver->tokens[i] = NONE;
    }
    device->region = region;
    // An index that the other side has passed already: no notifications.
    driver->avail->used_event = 0xFFFF;
    device->used->avail_event = 0xFFFF;
    return tables + sizeof(struct split_desc) * QUEUE_SIZE * BUFFERS;
}

static inline bool split_add(struct split_driver *driver, const struct buffer *buffers, int token)
{
    int head = driver->free_head;
    uint64_t offset = (uint64_t)head * BUFFERS * sizeof(struct split_desc);
    struct split_desc *table = driver->tables + (uint64_t)head * BUFFERS;
    struct split_desc *desc = driver->desc + head;

    if (driver->free_count < 1)
        return false;
    for (int i = 0; i < BUFFERS; i++) {
        WRITE(table[i].addr, buffers[i].guest);
        WRITE(table[i].len, buffers[i].length);
        WRITE(table[i].flags, (i + 1 < BUFFERS ? DESC_NEXT : 0)
            | (buffers[i].writable ? DESC_WRITE : 0));
        WRITE(table[i].next, i + 1);
    }
    driver->free_head = READ(desc->next);
    driver->free_count--;
    WRITE(desc->addr, driver->tables_guest + offset);
    WRITE(desc->len, BUFFERS * sizeof(struct split_desc));
    WRITE(desc->flags, DESC_INDIRECT);
    driver->tokens[head] = token;
    WRITE(driver->avail->ring[driver->avail_next & (QUEUE_SIZE - 1)], head);
    driver->avail_next++;
    return true;
}

static inline bool split_publish(struct split_driver *driver)
{
    uint16_t previous = driver->avail_published;

    if (driver->avail_next == previous)
        return false;
    driver->avail_published = driver->avail_next;
    WRITE_RELEASE(driver->avail->idx, driver->avail_next);
    FULL_FENCE();
    return need_event(READ(driver->used->avail_event), driver->avail_next, previous);
}

static inline int split_poll_used(struct split_driver *driver)
{
    uint32_t head;
    int token;

    if (READ_ACQUIRE(driver->used->idx) == driver->used_seen)
        return NOTHING_USED;
    head = READ(driver->used->ring[driver->used_seen & (QUEUE_SIZE - 1)].id);
    driver->last_used_bytes = READ(driver->used->ring[driver->used_seen & (QUEUE_SIZE - 1)].len);
    driver->used_seen++;
    if (head >= QUEUE_SIZE || driver->tokens[head] == NONE)
        __builtin_trap();
    token = driver->tokens[head];
    driver->tokens[head] = NONE;
    WRITE(driver->desc[head].next, driver->free_head);
    driver->free_head = head;
    driver->free_count++;
    return token;
}

static inline void split_walk_table(struct split_device *device, struct chain *chain,
                                    uint64_t guest, uint64_t bytes)
{
    struct split_desc *table = host_address(device->region, guest, bytes);
    uint64_t entries = bytes / sizeof(struct split_desc);
    uint64_t steps_max = entries < QUEUE_SIZE ? entries : QUEUE_SIZE;
    uint64_t index = 0;

    if (!table || entries == 0 || bytes % sizeof(struct split_desc) != 0) {
        chain->faulty = true;
        return;
    }
    for (uint64_t steps = 0; steps < steps_max; steps++) {
        uint64_t addr = READ(table[index].addr);
        uint32_t len = READ(table[index].len);
        uint16_t flags = READ(table[index].flags);
        uint16_t next = READ(table[index].next);

        if (flags & DESC_INDIRECT) {
            chain->faulty = true;
            return;
        }
        if (!chain_append(chain, device->region, addr, len, flags & DESC_WRITE)
            || !(flags & DESC_NEXT))
            return;
        if (next >= entries) {
            chain->faulty = true;
            return;
        }
        index = next;
    }
    chain->faulty = true;
}

static inline void split_walk(struct split_device *device, struct chain *chain)
{
    int index = chain->id;

    for (int steps = 0; steps < QUEUE_SIZE; steps++) {
        uint64_t addr = READ(device->desc[index].addr);
        uint32_t len = READ(device->desc[index].len);
        uint16_t flags = READ(device->desc[index].flags);
        uint16_t next = READ(device->desc[index].next);

        if (flags & DESC_INDIRECT) {
            if (flags & DESC_NEXT)
                chain->faulty = true;
            else
                split_walk_table(device, chain, addr, len);
            return;
        }
        if (!chain_append(chain, device->region, addr, len, flags & DESC_WRITE)
            || !(flags & DESC_NEXT))
            return;
        if (next >= QUEUE_SIZE)
            break;
        index = next;
    }
    chain->faulty = true;
}

static inline bool split_pop(struct split_device *device, struct chain *chain)
{
    int head;

    if (device->avail_seen == device->last_avail) {
        device->avail_seen = READ_ACQUIRE(device->avail->idx);
        if (device->avail_seen == device->last_avail)
            return false;
    }
    if ((uint16_t)(device->avail_seen - device->last_avail) > QUEUE_SIZE)
        __builtin_trap();
    head = READ(device->avail->ring[device->last_avail & (QUEUE_SIZE - 1)]);
    device->last_avail++;
    chain_start(chain);
    chain->id = head;
    if (head >= QUEUE_SIZE || device->in_use[head]) {
        chain->faulty = true;
        return true;
    }
    device->in_use[head] = true;
    split_walk(device, chain);
    return true;
}

static inline void split_add_used(struct split_device *device, struct chain *chain, uint32_t len)
{
    int slot = device->used_next & (QUEUE_SIZE - 1);

    device->in_use[chain->id] = false;
    WRITE(device->used->ring[slot].id, chain->id);
    WRITE(device->used->ring[slot].len, len);
    device->used_next++;
}

static inline void split_publish_used(struct split_device *device)
{
    if (device->used_published != device->used_next) {
        device->used_published = device->used_next;
        WRITE_RELEASE(device->used->idx, device->used_next);
    }
}

static inline bool split_needs_call(struct split_device *device)
{
    bool wanted;

    if (device->used_published == device->used_signalled && device->signalled_before)
        return false;
    FULL_FENCE();
    wanted = need_event(READ(device->avail->used_event), device->used_published,
                        device->used_signalled) || !device->signalled_before;
    device->used_signalled = device->used_published;
    device->signalled_before = true;
    return wanted;
}

#endif
