/* Batches of drafts for the journal, made from a few numbers: what its bench and its seeder share.
 */
#ifndef BENCH_JOURNAL_EVENTS_H
#define BENCH_JOURNAL_EVENTS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "journal/journal.h"
#include "wire/mp.h"

enum { MAKER_EVENT_ROOM = 1024 }; /* bytes of one event, at most */

struct maker {
    size_t cap, n;
    struct bw_draft *drafts;
    struct bw_draft **order;
    struct bw_buf bytes;
    msgpack_zone zone;
};

static void maker_die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void maker_open(struct maker *m, size_t cap)
{
    *m = (struct maker){.cap = cap};
    m->drafts = calloc(cap, sizeof *m->drafts);
    m->order = calloc(cap, sizeof *m->order);
    if (!m->drafts || !m->order || !bw_buf_reserve(&m->bytes, cap * MAKER_EVENT_ROOM) ||
        !msgpack_zone_init(&m->zone, 1 << 20))
        maker_die("out of memory");
}

static void maker_close(struct maker *m)
{
    free(m->drafts);
    free(m->order);
    bw_buf_free(&m->bytes);
    msgpack_zone_destroy(&m->zone);
}

static void maker_reset(struct maker *m)
{
    m->n = 0;
    bw_buf_reset(&m->bytes);
    msgpack_zone_clear(&m->zone);
}

/* Begins an event; the caller adds members of data to *data and ends it with maker_end. */
static size_t maker_begin(struct maker *m, struct bw_mp_map *event, struct bw_mp_map *data,
                          const char *type, int64_t time_us, const char *message)
{
    char id[BW_UUID_LEN + 1];
    size_t from = m->bytes.len;
    bw_uuid7(id);
    bw_mp_map_begin(event, &m->bytes);
    bw_mp_put_cstr(event, "id", id);
    bw_mp_put_cstr(event, "event_type", type);
    bw_mp_put_cstr(event, "message", message);
    bw_mp_put_cstr(event, "source", "bench:1/worker");
    bw_mp_put_time(event, "timestamp", time_us);
    bw_mp_key(event, "data");
    bw_mp_map_begin(data, &m->bytes);
    return from;
}

static void maker_end(struct maker *m, struct bw_mp_map *event, struct bw_mp_map *data, size_t from)
{
    struct bw_fault fault = {0};
    msgpack_object map;
    bw_mp_map_end(data);
    bw_mp_map_end(event);
    if (m->bytes.len - from > MAKER_EVENT_ROOM || m->n == m->cap)
        maker_die("the bench's events are larger than it has room for");
    struct bw_str bytes = {m->bytes.data + from, m->bytes.len - from};
    if (bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &m->zone, &map, &fault) != 0 ||
        bw_event_decode(&map, &m->drafts[m->n].event, &fault) != 0)
        maker_die(fault.message);
    m->order[m->n] = &m->drafts[m->n];
    m->n++;
}

static void maker_append(struct maker *m, struct bw_journal *journal)
{
    int err = m->n ? journal->ops->append(journal, m->order, m->n) : 0;
    if (err)
        maker_die(bw_err_text(err));
}

#endif
