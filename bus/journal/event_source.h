/* Where events are read from, in order of seq: a whole topic, or the lane of one task in it. */
#ifndef BW_JOURNAL_EVENT_SOURCE_H
#define BW_JOURNAL_EVENT_SOURCE_H

#include <stdint.h>
#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"
#include "journal/places.h"

enum { BW_SCANS_KEPT = 8 };

/* A reader's statements for this. */
struct bw_event_statements {
    sqlite3 *db;
    sqlite3_stmt *event, *lane_end, *next_mark, *backwards;
    sqlite3_stmt *scans[BW_SCANS_KEPT]; /* idle ones, kept for the next read */
    int n_scans;
};

struct bw_event_source {
    struct bw_event_statements *st;
    int64_t topic, lane; /* lane 0: the whole topic */
    uint64_t after;      /* what comes is beyond this … */
    uint64_t end;        /* … and not beyond this */
    sqlite3_stmt *scan;
    uint64_t steps[BW_LANE_MARK_EVERY]; /* of the lane, last first */
    int n_steps;
};

int bw_event_statements_open(struct bw_event_statements *st, sqlite3 *db) BW_MUST_CHECK;
void bw_event_statements_close(struct bw_event_statements *st);

void bw_event_source_open(struct bw_event_source *s, struct bw_event_statements *st, int64_t topic,
                          int64_t lane, uint64_t after, uint64_t end);
void bw_event_source_close(struct bw_event_source *s);
/* 1: the next event's seq; 0: no more; negative. */
int bw_event_source_next(struct bw_event_source *s, uint64_t *seq) BW_MUST_CHECK;
/* The bytes of the event that next() gave last; valid until this is called for any source with the
 * same statements, or next() for this one. */
int bw_event_source_body(struct bw_event_source *s, uint64_t seq,
                         struct bw_str *body) BW_MUST_CHECK;

/* An event of a lane, and the seq of the one before it in there (0: none). 1; 0: it is not retained
 * any more; negative. The bytes are valid until another is read with the same statements. */
int bw_event_read(struct bw_event_statements *st, int64_t topic, uint64_t seq, struct bw_str *body,
                  uint64_t *prev) BW_MUST_CHECK;
/* Events of a topic that are below `before`, last first: a statement that gives place and body, to
 * be reset by the caller. */
sqlite3_stmt *bw_event_topic_before(struct bw_event_statements *st, int64_t topic, uint64_t before);
/* The last event of a lane whose seq is below `before`: 1; 0: there is none; negative. */
int bw_event_lane_before(struct bw_event_statements *st, int64_t topic, int64_t lane,
                         uint64_t before, uint64_t *seq) BW_MUST_CHECK;

#endif
