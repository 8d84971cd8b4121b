/* The topics there are, as the writer knows them. Writer thread only. */
#ifndef BW_JOURNAL_TOPICS_H
#define BW_JOURNAL_TOPICS_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>
#include <uthash.h>

#include "base/err.h"
#include "base/str.h"

enum { BW_TOPICS_MAX = 10000 };

struct bw_topic {
    int64_t id;
    uint64_t head;      /* seq of its last event; 0 if there is none */
    uint64_t committed; /* head as it is in the database */
    bool is_new;        /* not in the database yet */
    struct bw_topic *next_changed;
    UT_hash_handle hh;
    struct bw_str name; /* lives as long as the topic */
};

struct bw_topics {
    struct bw_topic *by_name;
    struct bw_topic *changed; /* those whose head moved since settle or undo */
    int64_t last_id;
};

int bw_topics_load(struct bw_topics *t, sqlite3 *db) BW_MUST_CHECK;
void bw_topics_free(struct bw_topics *t);

/* NULL if there is none of this name. */
struct bw_topic *bw_topics_find(const struct bw_topics *t, struct bw_str name);
/* Whether BW_TOPICS_MAX is reached. */
bool bw_topics_full(const struct bw_topics *t);
/* Makes one that is not there yet; its first event follows at once. NULL: out of memory. */
struct bw_topic *bw_topics_add(struct bw_topics *t, struct bw_str name);
/* The topic's next event has this seq. */
void bw_topics_advance(struct bw_topics *t, struct bw_topic *topic, uint64_t seq);
/* What add and advance did since the last of these is durable, or never was. */
void bw_topics_settle(struct bw_topics *t);
void bw_topics_undo(struct bw_topics *t);

#endif
