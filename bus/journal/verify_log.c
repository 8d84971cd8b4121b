/* Checking the log: every event readable, in its place, linked, found by its id. */
#include "journal/verify.h"

#include <inttypes.h>
#include <stdlib.h>

#include "wire/mp.h"

/* The scan under way. */
struct log_check {
    struct bw_verify *v;
    sqlite3_stmt *topic_head, *id_place;
    int64_t topic;
    uint64_t prev;       /* seq of the topic's event before */
    unsigned char *seen; /* a bit per retained seq */
};

static int differs(struct log_check *c, uint64_t seq, const char *what)
{
    return bw_fault(c->v->fault, BW_ECONFLICT, "events", "event %" PRIu64 ": %s", seq, what);
}

/* All of the topic was seen; is its head the last of it? */
static int end_topic(struct log_check *c)
{
    if (c->topic == 0)
        return 0;
    bw_db_bind_int(c->topic_head, 1, c->topic);
    int found = bw_db_row(c->topic_head);
    if (found < 0)
        return found;
    uint64_t head = found ? (uint64_t)sqlite3_column_int64(c->topic_head, 0) : 0;
    sqlite3_reset(c->topic_head);
    return head == c->prev ? 0
                           : differs(c, c->prev, "is the last of its topic, which says otherwise");
}

static int check_seq(struct log_check *c, uint64_t seq)
{
    const struct bw_journal_state *state = &c->v->r->state;
    if (seq < state->oldest || seq > state->head)
        return differs(c, seq, "its seq is outside of the journal");
    uint64_t bit = seq - state->oldest;
    if (c->seen[bit / 8] >> (bit % 8) & 1)
        return differs(c, seq, "its seq is there twice");
    c->seen[bit / 8] |= (unsigned char)(1u << bit % 8);
    return 0;
}

static int check_id(struct log_check *c, const struct bw_event *e, int64_t place)
{
    struct bw_id id;
    bw_id_set(&id, e->id);
    bw_id_bind(&id, c->id_place, 1);
    int found = bw_db_row(c->id_place);
    if (found < 0)
        return found;
    bool same = found && sqlite3_column_int64(c->id_place, 0) == place;
    sqlite3_reset(c->id_place);
    return same ? 0 : differs(c, e->seq, "its id leads elsewhere");
}

static int check_event(struct log_check *c, int64_t place, bool linked, struct bw_str body)
{
    msgpack_object map;
    struct bw_event e;
    uint64_t seq = bw_place_seq(place);
    int64_t topic = place >> BW_PLACE_SEQ_BITS;
    int err = check_seq(c, seq);
    if (!err && topic != c->topic) {
        err = end_topic(c);
        c->topic = topic;
        c->prev = 0;
    }
    if (err)
        return err;
    if (bw_mp_unpack(body, BW_RPC_DEPTH_MAX, &c->v->r->zone, &map, NULL) != 0 ||
        bw_event_decode(&map, &e, NULL) != 0)
        return differs(c, seq, "cannot be decoded");
    if (e.seq != seq)
        return differs(c, seq, "says another seq");
    if (c->prev ? e.prev != c->prev : c->v->r->state.oldest == 1 && e.prev != 0)
        return differs(c, seq, "does not follow the one before it in its topic");
    c->prev = seq;
    c->v->events++;
    c->v->linked_events += linked;
    err = check_id(c, &e, place);
    msgpack_zone_clear(&c->v->r->zone);
    return err;
}

static int check_all(struct log_check *c, sqlite3_stmt *scan)
{
    const struct bw_journal_state *state = &c->v->r->state;
    int err;
    while ((err = bw_db_row(scan)) == 1) {
        err = check_event(c, sqlite3_column_int64(scan, 0),
                          sqlite3_column_type(scan, 1) != SQLITE_NULL, bw_db_str(scan, 2));
        if (err)
            return err;
    }
    if (!err)
        err = end_topic(c);
    if (!err && state->head > 0 && (uint64_t)c->v->events != state->head - state->oldest + 1)
        return bw_fault(c->v->fault, BW_ECONFLICT, "events",
                        "there are %" PRId64 " events between %" PRIu64 " and %" PRIu64,
                        c->v->events, state->oldest, state->head);
    return err;
}

int bw_verify_log(struct bw_verify *v)
{
    const struct bw_journal_state *state = &v->r->state;
    struct log_check c = {.v = v};
    sqlite3_stmt *scan = NULL;
    int err = BW_ENOMEM;
    c.seen = calloc((state->head - state->oldest + 1) / 8 + 1, 1);
    if (!c.seen)
        goto out;
    err =
        bw_db_prepare(v->r->db, &scan, "SELECT place, lane_prev, body FROM events ORDER BY place");
    if (!err)
        err = bw_db_prepare(v->r->db, &c.topic_head, "SELECT head FROM topics WHERE id = ?1");
    if (!err)
        err = bw_db_prepare(v->r->db, &c.id_place, "SELECT place FROM event_ids WHERE id = ?1");
    if (!err)
        err = check_all(&c, scan);
out:
    sqlite3_finalize(scan);
    sqlite3_finalize(c.topic_head);
    sqlite3_finalize(c.id_place);
    free(c.seen);
    return err;
}
