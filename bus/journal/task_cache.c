/* The task rows the writer keeps decoded. */
#include "journal/task_cache.h"

#include <stdlib.h>

#include "base/hash.h"
#include "journal/db.h"
#include "journal/task_strings.h"
#include "wire/mp.h"
#include "wire/rpc.h"

enum { SLOTS_MIN = 1024 };

/* The slot of this task, or the free one where it belongs. */
static struct bw_task_slot *slot_of(const struct bw_task_cache *c, struct bw_str id, uint64_t hash)
{
    size_t at = hash & c->mask;
    while (c->slots[at].task &&
           (c->slots[at].hash != hash || !bw_str_eq(c->slots[at].task->id, id)))
        at = (at + 1) & c->mask;
    return &c->slots[at];
}

/* Room for one more. */
static int grow(struct bw_task_cache *c)
{
    if (c->slots && 2 * c->n <= c->mask)
        return 0;
    size_t n_old = c->slots ? c->mask + 1 : 0, n = n_old ? 2 * n_old : SLOTS_MIN;
    struct bw_task_slot *old = c->slots, *slots = calloc(n, sizeof *slots);
    if (!slots)
        return BW_ENOMEM;
    c->slots = slots;
    c->mask = n - 1;
    c->hand = 0;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].task)
            *slot_of(c, old[i].task->id, old[i].hash) = old[i];
    free(old);
    return 0;
}

static void free_task(struct bw_cached_task *task)
{
    free(task->strings);
    free(task);
}

/* Those behind it that would not be found any more over the gap move up. */
static void drop(struct bw_task_cache *c, struct bw_task_slot *slot)
{
    size_t gap = (size_t)(slot - c->slots);
    free_task(slot->task);
    c->n--;
    for (size_t at = (gap + 1) & c->mask; c->slots[at].task; at = (at + 1) & c->mask) {
        size_t home = c->slots[at].hash & c->mask;
        if (((at - home) & c->mask) < ((at - gap) & c->mask))
            continue;
        c->slots[gap] = c->slots[at];
        gap = at;
    }
    c->slots[gap] = (struct bw_task_slot){0};
}

static void drop_unused(struct bw_task_cache *c)
{
    while (c->n > c->max_rows) {
        struct bw_task_slot *slot = &c->slots[c->hand];
        if (slot->task && !slot->task->used) {
            drop(c, slot); /* another one may be there now */
            continue;
        }
        if (slot->task)
            slot->task->used = false;
        c->hand = (c->hand + 1) & c->mask;
    }
}

int bw_task_cache_open(struct bw_task_cache *c, sqlite3 *db, uint32_t max_rows)
{
    *c = (struct bw_task_cache){.max_rows = max_rows};
    if (!msgpack_zone_init(&c->zone, MSGPACK_ZONE_CHUNK_SIZE))
        return BW_ENOMEM;
    int err = bw_db_prepare(db, &c->find_key, "SELECT key FROM task_keys WHERE id = ?1");
    if (!err)
        err = bw_db_prepare(db, &c->find_row,
                            "SELECT body, lane_seq, lane_count FROM task_rows WHERE key = ?1");
    if (!err)
        err = bw_db_prepare(db, &c->find_lanes,
                            "SELECT lane & 3, seq, count FROM lanes"
                            " WHERE lane BETWEEN ?1 << 2 AND ?1 << 2 | 3");
    if (err)
        bw_task_cache_close(c);
    return err;
}

void bw_task_cache_close(struct bw_task_cache *c)
{
    bw_task_cache_undo(c);
    for (size_t i = 0; c->slots && i <= c->mask; i++)
        if (c->slots[i].task)
            free_task(c->slots[i].task);
    free(c->slots);
    while (c->spare) {
        struct bw_task_change *next = c->spare->next;
        free(c->spare);
        c->spare = next;
    }
    sqlite3_finalize(c->find_key);
    sqlite3_finalize(c->find_row);
    sqlite3_finalize(c->find_lanes);
    msgpack_zone_destroy(&c->zone);
    *c = (struct bw_task_cache){0};
}

/* From a row that has the end's seq and count in these columns; NULL: it is elsewhere. */
static void take_lane(struct bw_cached_task *task, int topic, sqlite3_stmt *st, int column)
{
    if (sqlite3_column_type(st, column) != SQLITE_NULL)
        task->now.lanes[topic - 1] = (struct bw_lane_end){
            (uint64_t)sqlite3_column_int64(st, column), sqlite3_column_int64(st, column + 1)};
}

static int load_row(struct bw_task_cache *c, struct bw_cached_task *task)
{
    msgpack_object map;
    bw_db_bind_int(c->find_row, 1, task->now.key);
    int err = bw_db_row(c->find_row);
    if (err != 1)
        return err;
    task->now.exists = true;
    err = bw_mp_unpack(bw_db_str(c->find_row, 0), BW_RPC_DEPTH_MAX, &c->zone, &map, NULL);
    if (!err)
        err = bw_task_decode(&map, &task->now.row, NULL);
    if (!err)
        err = bw_task_strings_own(&task->now.row, &task->strings);
    msgpack_zone_clear(&c->zone);
    take_lane(task, BW_TOPIC_SYSTEM_ID, c->find_row, 1);
    sqlite3_reset(c->find_row);
    return err;
}

static int load_lanes(struct bw_task_cache *c, struct bw_cached_task *task)
{
    int err;
    bw_db_bind_int(c->find_lanes, 1, task->now.key);
    while ((err = bw_db_row(c->find_lanes)) == 1) {
        int topic = sqlite3_column_int(c->find_lanes, 0);
        if (topic < 1 || topic > BW_N_LANES)
            continue;
        take_lane(task, topic, c->find_lanes, 1);
        if (topic == BW_TOPIC_SYSTEM_ID)
            task->now.system_in_lanes = true;
    }
    return err;
}

static int load(struct bw_task_cache *c, struct bw_cached_task *task)
{
    struct bw_id id;
    bw_id_set(&id, task->id);
    bw_id_bind(&id, c->find_key, 1);
    int err = bw_db_row(c->find_key);
    if (err != 1)
        return err;
    task->now.key = sqlite3_column_int64(c->find_key, 0);
    sqlite3_reset(c->find_key);
    err = load_row(c, task);
    return err ? err : load_lanes(c, task);
}

int bw_task_cache_get(struct bw_task_cache *c, struct bw_str id, struct bw_cached_task **out)
{
    uint64_t hash = bw_hash(id);
    int err = grow(c);
    if (err)
        return err;
    struct bw_task_slot *slot = slot_of(c, id, hash);
    if (slot->task) {
        slot->task->used = true;
        *out = slot->task;
        return 0;
    }
    struct bw_cached_task *task = calloc(1, sizeof *task + id.len);
    if (!task)
        return BW_ENOMEM;
    memcpy(task + 1, id.ptr, id.len);
    task->id = (struct bw_str){(char *)(task + 1), id.len};
    err = load(c, task);
    if (err) {
        free_task(task);
        return err;
    }
    task->used = true;
    *slot = (struct bw_task_slot){hash, task};
    c->n++;
    *out = task;
    return 0;
}

struct bw_task_change *bw_task_cache_change(struct bw_task_cache *c, struct bw_cached_task *task)
{
    struct bw_task_change *change = task->change;
    if (change)
        return change;
    if (c->spare) {
        change = c->spare;
        c->spare = change->next;
    } else if (!(change = malloc(sizeof *change))) {
        return NULL;
    }
    *change = (struct bw_task_change){.task = task, .before = task->now, .next = c->changes};
    task->change = change;
    c->changes = change;
    c->n_changes++;
    return change;
}

static struct bw_task_change *take_change(struct bw_task_cache *c)
{
    struct bw_task_change *change = c->changes;
    if (!change)
        return NULL;
    c->changes = change->next;
    c->n_changes--;
    change->task->change = NULL;
    change->next = c->spare;
    c->spare = change;
    return change;
}

void bw_task_cache_settle(struct bw_task_cache *c)
{
    struct bw_task_change *change;
    while ((change = take_change(c)))
        if (change->row_changed && change->task->now.exists &&
            bw_task_strings_own(&change->task->now.row, &change->task->strings) != 0)
            drop(c,
                 slot_of(
                     c, change->task->id,
                     bw_hash(
                         change->task->id))); /* it is in the table, and read again when needed */
    drop_unused(c);
}

void bw_task_cache_undo(struct bw_task_cache *c)
{
    struct bw_task_change *change;
    while ((change = take_change(c)))
        change->task->now = change->before;
    drop_unused(c);
}
