/* Where events are read from, in order of seq: a whole topic, or the lane of one task in it. */
#include "journal/event_source.h"

#include "journal/db.h"

int bw_event_statements_open(struct bw_event_statements *st, sqlite3 *db)
{
    *st = (struct bw_event_statements){.db = db};
    int err = bw_db_prepare(db, &st->event, "SELECT lane_prev, body FROM events WHERE place = ?1");
    if (!err)
        err = bw_db_prepare(db, &st->lane_end, BW_LANE_END_SQL);
    if (!err)
        err = bw_db_prepare(db, &st->next_mark,
                            "SELECT seq FROM lane_marks WHERE lane = ?1 AND seq > ?2"
                            " ORDER BY seq LIMIT 1");
    if (!err)
        err = bw_db_prepare(db, &st->backwards,
                            "SELECT place, body FROM events WHERE place >= ?1 AND place < ?2"
                            " ORDER BY place DESC");
    return err;
}

void bw_event_statements_close(struct bw_event_statements *st)
{
    sqlite3_finalize(st->event);
    sqlite3_finalize(st->lane_end);
    sqlite3_finalize(st->next_mark);
    sqlite3_finalize(st->backwards);
    while (st->n_scans)
        sqlite3_finalize(st->scans[--st->n_scans]);
    *st = (struct bw_event_statements){0};
}

void bw_event_source_open(struct bw_event_source *s, struct bw_event_statements *st, int64_t topic,
                          int64_t lane, uint64_t after, uint64_t end)
{
    *s = (struct bw_event_source){
        .st = st, .topic = topic, .lane = lane, .after = after, .end = end};
}

void bw_event_source_close(struct bw_event_source *s)
{
    if (s->lane)
        sqlite3_reset(s->st->event);
    if (!s->scan)
        return;
    sqlite3_reset(s->scan);
    if (s->st->n_scans < BW_SCANS_KEPT)
        s->st->scans[s->st->n_scans++] = s->scan;
    else
        sqlite3_finalize(s->scan);
    s->scan = NULL;
}

static int start_scan(struct bw_event_source *s)
{
    struct bw_event_statements *st = s->st;
    if (st->n_scans > 0) {
        s->scan = st->scans[--st->n_scans];
    } else {
        int err = bw_db_prepare(st->db, &s->scan,
                                "SELECT place, body FROM events WHERE place > ?1 AND place <= ?2"
                                " ORDER BY place");
        if (err)
            return err;
    }
    bw_db_bind_int(s->scan, 1, bw_place(s->topic, s->after));
    bw_db_bind_int(s->scan, 2, bw_place(s->topic, s->end));
    return 0;
}

static int next_of_topic(struct bw_event_source *s, uint64_t *seq)
{
    int err = s->scan ? 0 : start_scan(s);
    if (!err)
        err = bw_db_row(s->scan);
    if (err == 1)
        *seq = bw_place_seq(sqlite3_column_int64(s->scan, 0));
    return err;
}

/* The first marked event of the lane beyond `after`, or else its last event. 0: there is none. */
static int step_in(struct bw_event_statements *st, int64_t lane, uint64_t after, uint64_t *seq)
{
    bw_db_bind_int(st->next_mark, 1, lane);
    bw_db_bind_int(st->next_mark, 2, (int64_t)after);
    sqlite3_stmt *from = st->next_mark;
    int found = bw_db_row(from);
    if (found == 0) {
        from = st->lane_end;
        bw_db_bind_int(from, 1, lane);
        found = bw_db_row(from);
    }
    if (found != 1)
        return found;
    *seq = (uint64_t)sqlite3_column_int64(from, 0);
    sqlite3_reset(from);
    return 1;
}

int bw_event_read(struct bw_event_statements *st, int64_t topic, uint64_t seq, struct bw_str *body,
                  uint64_t *prev)
{
    sqlite3_reset(st->event); /* it holds the body given last */
    bw_db_bind_int(st->event, 1, bw_place(topic, seq));
    int found = bw_db_row(st->event);
    if (found == 1) {
        *prev = (uint64_t)sqlite3_column_int64(st->event, 0);
        *body = bw_db_str(st->event, 1);
    }
    return found;
}

/* Walks back from there, link by link; what is found is then given from the far end. */
static int fill_steps(struct bw_event_source *s)
{
    uint64_t seq;
    int err = step_in(s->st, s->lane, s->after, &seq);
    if (err != 1)
        return err;
    while (seq > s->after) {
        struct bw_str body;
        uint64_t prev;
        if (s->n_steps == BW_LANE_MARK_EVERY)
            return BW_EIO; /* a link or a mark is wrong */
        err = bw_event_read(s->st, s->topic, seq, &body, &prev);
        if (err != 1)
            break; /* 0: nor is what was before it */
        s->steps[s->n_steps++] = seq;
        seq = prev;
    }
    return err < 0 ? err : s->n_steps > 0;
}

static int next_of_lane(struct bw_event_source *s, uint64_t *seq)
{
    if (s->n_steps == 0) {
        int err = fill_steps(s);
        if (err != 1)
            return err;
    }
    *seq = s->after = s->steps[--s->n_steps];
    return *seq <= s->end;
}

int bw_event_source_next(struct bw_event_source *s, uint64_t *seq)
{
    return s->lane ? next_of_lane(s, seq) : next_of_topic(s, seq);
}

int bw_event_source_body(struct bw_event_source *s, uint64_t seq, struct bw_str *body)
{
    uint64_t prev;
    if (!s->lane) {
        *body = bw_db_str(s->scan, 1);
        return 0;
    }
    int err = bw_event_read(s->st, s->topic, seq, body, &prev);
    return err == 1 ? 0 : err == 0 ? BW_EIO : err;
}

sqlite3_stmt *bw_event_topic_before(struct bw_event_statements *st, int64_t topic, uint64_t before)
{
    bw_db_bind_int(st->backwards, 1, bw_place(topic, 0));
    bw_db_bind_int(st->backwards, 2, bw_place(topic, before));
    return st->backwards;
}

int bw_event_lane_before(struct bw_event_statements *st, int64_t topic, int64_t lane,
                         uint64_t before, uint64_t *seq)
{
    int err = before > 0 ? step_in(st, lane, before - 1, seq) : 0;
    for (int steps = 0; err == 1 && *seq >= before; steps++) {
        struct bw_str body;
        if (steps == BW_LANE_MARK_EVERY)
            return BW_EIO; /* a link or a mark is wrong */
        err = bw_event_read(st, topic, *seq, &body, seq);
    }
    return err == 1 ? *seq > 0 : err;
}
