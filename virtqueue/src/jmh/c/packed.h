// SPDX-License-Identifier: Apache-2.0
//
// Packed ring, both sides (virtio 1.3, 2.8), with indirect tables and event indices.
#ifndef PACKED_H
#define PACKED_H

#include "ring.h"

enum {
    FLAG_AVAIL = 1 << 7,
    FLAG_USED = 1 << 15,
    EVENT_DISABLE = 1,
    EVENT_AT = 2,
    EVENT_FLAGS_SHIFT = 16,
    WRAP_BIT = 1 << 15
};

struct packed_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t id;
    uint16_t flags;
};

struct place {
    int slot;
    bool wrap;
};

struct packed_driver {
    struct packed_desc *ring;
    uint32_t *device_event;
    struct packed_desc *tables;
    uint64_t tables_guest;
    struct place avail;
    struct place used;
    int free_slots;
    int free_id;
    uint16_t *held_at;
    uint16_t held_flags;
    int filled;
    uint32_t last_used_bytes;
    int next_free[QUEUE_SIZE];
    int tokens[QUEUE_SIZE];
    int slots[QUEUE_SIZE];
};

struct packed_device {
    const struct region *region;
    struct packed_desc *ring;
    uint32_t *driver_event;
    struct place avail;
    struct place used;
    bool in_use[QUEUE_SIZE];
    int slots_out;
    uint16_t *held_at;
    uint16_t held_flags;
    int written;
    int64_t shown;
    bool signalled_before;
};

static inline void advance(struct place *place, int slots)
{
    place->slot += slots;
    if (place->slot >= QUEUE_SIZE) {
        place->slot -= QUEUE_SIZE;
        place->wrap = !place->wrap;
    }
}

static inline int position(int slot, bool wrap)
{
    return slot + (wrap ? QUEUE_SIZE : 0);
}

static inline bool packed_need_event(const struct place *at, uint32_t word, int64_t passed,
                                     bool by_index)
{
    uint32_t flags = word >> EVENT_FLAGS_SHIFT & 3;
    int behind;

    if (flags != EVENT_AT || !by_index)
        return flags != EVENT_DISABLE;
    behind = position(at->slot, at->wrap)
        - position(word & (WRAP_BIT - 1), word & WRAP_BIT);
    if (behind < 0)
        behind += 2 * QUEUE_SIZE;
    return (behind > 0 && behind <= passed) || passed >= 2 * QUEUE_SIZE;
}

static uint64_t packed_init(struct packed_driver *driver, struct packed_device *device,
                            const struct region *region, uint64_t guest)
{
    uint64_t driver_event = align_area(guest + sizeof(struct packed_desc) * QUEUE_SIZE);
    uint64_t device_event = align_area(driver_event + sizeof(uint32_t));
    uint64_t tables = align_area(device_event + sizeof(uint32_t));

    driver->ring = device->ring = (void *)(region->host + guest);
    device->driver_event = (void *)(region->host + driver_event);
    driver->device_event = (void *)(region->host + device_event);
    driver->tables = (void *)(region->host + tables);
    driver->tables_guest = tables;
    driver->avail.wrap = driver->used.wrap = true;
    device->avail.wrap = device->used.wrap = true;
    driver->free_slots = QUEUE_SIZE;
    for (int i = 0; i < QUEUE_SIZE; i++) {
        driver->next_free[i] = i + 1 < QUEUE_SIZE ? i + 1 : NONE;
        driver->tokens[i] = NONE;
    }
    device->region = region;
    *device->driver_event = EVENT_DISABLE << EVENT_FLAGS_SHIFT;
    *driver->device_event = EVENT_DISABLE << EVENT_FLAGS_SHIFT;
    return tables + sizeof(struct packed_desc) * QUEUE_SIZE * BUFFERS;
}

static inline bool packed_add(struct packed_driver *driver, const struct buffer *buffers, int token)
{
    int id = driver->free_id;
    struct packed_desc *table = driver->tables + (uint64_t)id * BUFFERS;
    struct packed_desc *desc = driver->ring + driver->avail.slot;
    uint16_t flags = DESC_INDIRECT | (driver->avail.wrap ? FLAG_AVAIL : FLAG_USED);

    if (driver->free_slots < 1)
        return false;
    driver->free_id = driver->next_free[id];
    for (int i = 0; i < BUFFERS; i++) {
        WRITE(table[i].addr, buffers[i].guest);
        WRITE(table[i].len, buffers[i].length);
        WRITE(table[i].flags, buffers[i].writable ? DESC_WRITE : 0);
    }
    WRITE(desc->addr, driver->tables_guest + (uint64_t)id * BUFFERS * sizeof(struct packed_desc));
    WRITE(desc->len, BUFFERS * sizeof(struct packed_desc));
    WRITE(desc->id, id);
    if (driver->filled == 0) {
        driver->held_at = &desc->flags;
        driver->held_flags = flags;
    } else {
        WRITE(desc->flags, flags);
    }
    advance(&driver->avail, 1);
    driver->filled++;
    driver->free_slots--;
    driver->tokens[id] = token;
    driver->slots[id] = 1;
    return true;
}

static inline bool packed_publish(struct packed_driver *driver)
{
    int filled = driver->filled;

    if (filled == 0)
        return false;
    driver->filled = 0;
    WRITE_RELEASE(*driver->held_at, driver->held_flags);
    FULL_FENCE();
    return packed_need_event(&driver->avail, READ(*driver->device_event), filled, true);
}

static inline int packed_poll_used(struct packed_driver *driver)
{
    struct packed_desc *desc = driver->ring + driver->used.slot;
    uint16_t flags = READ_ACQUIRE(desc->flags);
    int id, token;

    if (!!(flags & FLAG_AVAIL) != driver->used.wrap || !!(flags & FLAG_USED) != driver->used.wrap)
        return NOTHING_USED;
    driver->last_used_bytes = READ(desc->len);
    id = READ(desc->id);
    if (id >= QUEUE_SIZE || driver->tokens[id] == NONE)
        __builtin_trap();
    token = driver->tokens[id];
    driver->tokens[id] = NONE;
    advance(&driver->used, driver->slots[id]);
    driver->free_slots += driver->slots[id];
    driver->next_free[id] = driver->free_id;
    driver->free_id = id;
    return token;
}

static inline bool packed_walk_table(struct packed_device *device, struct chain *chain,
                                     uint64_t guest, uint64_t bytes)
{
    struct packed_desc *table = host_address(device->region, guest, bytes);
    uint64_t entries = bytes / sizeof(struct packed_desc);

    if (!table || entries == 0 || entries > QUEUE_SIZE
        || bytes % sizeof(struct packed_desc) != 0) {
        chain->faulty = true;
        return false;
    }
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t addr = READ(table[i].addr);
        uint32_t len = READ(table[i].len);
        uint16_t flags = READ(table[i].flags);

        if (flags & DESC_INDIRECT) {
            chain->faulty = true;
            return false;
        }
        if (!chain_append(chain, device->region, addr, len, flags & DESC_WRITE))
            return false;
    }
    return true;
}

// Returns the slots that the chain takes.
static inline int packed_walk(struct packed_device *device, struct chain *chain,
                              uint16_t head_flags)
{
    int slot = device->avail.slot;
    bool good = true;

    for (int taken = 1; taken <= QUEUE_SIZE - device->slots_out; taken++) {
        uint64_t addr = READ(device->ring[slot].addr);
        uint32_t len = READ(device->ring[slot].len);
        uint16_t id = READ(device->ring[slot].id);
        uint16_t flags = taken == 1 ? head_flags : READ(device->ring[slot].flags);

        if (good && !(flags & DESC_INDIRECT))
            good = chain_append(chain, device->region, addr, len, flags & DESC_WRITE);
        else if (good && (flags & DESC_NEXT))
            chain->faulty = true, good = false;
        else if (good)
            good = packed_walk_table(device, chain, addr, len);
        if (!(flags & DESC_NEXT)) {
            chain->id = id;
            chain->slots = taken;
            return taken;
        }
        slot = slot + 1 == QUEUE_SIZE ? 0 : slot + 1;
    }
    __builtin_trap();
}

static inline bool packed_pop(struct packed_device *device, struct chain *chain)
{
    uint16_t flags = READ_ACQUIRE(device->ring[device->avail.slot].flags);
    int slots;

    if (!!(flags & FLAG_AVAIL) != device->avail.wrap || !!(flags & FLAG_USED) == device->avail.wrap)
        return false;
    chain_start(chain);
    slots = packed_walk(device, chain, flags);
    advance(&device->avail, slots);
    device->slots_out += slots;
    if (chain->id >= QUEUE_SIZE || device->in_use[chain->id])
        chain->faulty = true;
    else
        device->in_use[chain->id] = true;
    return true;
}

static inline void packed_add_used(struct packed_device *device, struct chain *chain, uint32_t len)
{
    struct packed_desc *desc = device->ring + device->used.slot;
    uint16_t flags = (device->used.wrap ? FLAG_AVAIL | FLAG_USED : 0) | (len ? DESC_WRITE : 0);

    device->in_use[chain->id] = false;
    WRITE(desc->len, len);
    WRITE(desc->id, chain->id);
    if (device->written == 0) {
        device->held_at = &desc->flags;
        device->held_flags = flags;
    } else {
        WRITE(desc->flags, flags);
    }
    advance(&device->used, chain->slots);
    device->written += chain->slots;
    device->slots_out -= chain->slots;
}

static inline void packed_publish_used(struct packed_device *device)
{
    if (device->written != 0) {
        device->shown += device->written;
        device->written = 0;
        WRITE_RELEASE(*device->held_at, device->held_flags);
    }
}

static inline bool packed_needs_call(struct packed_device *device)
{
    bool wanted;

    if (device->shown == 0 && device->signalled_before)
        return false;
    FULL_FENCE();
    wanted = packed_need_event(&device->used, READ(*device->driver_event), device->shown,
                               device->signalled_before);
    device->shown = 0;
    device->signalled_before = true;
    return wanted;
}

#endif
