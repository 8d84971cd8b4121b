/* The topics there are, as the writer knows them. */
#include "journal/topics.h"

#include <stdlib.h>

#include "journal/db.h"

static struct bw_topic *add(struct bw_topics *t, int64_t id, struct bw_str name, uint64_t head)
{
    struct bw_topic *topic = calloc(1, sizeof *topic + name.len);
    if (!topic)
        return NULL;
    char *copy = (char *)(topic + 1);
    memcpy(copy, name.ptr, name.len);
    topic->id = id;
    topic->name = (struct bw_str){copy, name.len};
    topic->head = topic->committed = head;
    HASH_ADD_KEYPTR(hh, t->by_name, topic->name.ptr, name.len, topic);
    if (id > t->last_id)
        t->last_id = id;
    return topic;
}

int bw_topics_load(struct bw_topics *t, sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    int err = bw_db_prepare(db, &st, "SELECT id, name, head FROM topics");
    while (!err && (err = bw_db_row(st)) == 1) {
        bool ok = add(t, sqlite3_column_int64(st, 0), bw_db_str(st, 1),
                      (uint64_t)sqlite3_column_int64(st, 2));
        err = ok ? 0 : BW_ENOMEM;
    }
    sqlite3_finalize(st);
    return err;
}

void bw_topics_free(struct bw_topics *t)
{
    struct bw_topic *topic, *next;
    /* NOLINTNEXTLINE(clang-analyzer-*): the analyzer cannot follow uthash's links */
    HASH_ITER(hh, t->by_name, topic, next)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): the analyzer cannot follow uthash's links */
        HASH_DEL(t->by_name, topic);
        free(topic);
    }
    *t = (struct bw_topics){0};
}

struct bw_topic *bw_topics_find(const struct bw_topics *t, struct bw_str name)
{
    struct bw_topic *topic;
    HASH_FIND(hh, t->by_name, name.ptr, name.len, topic);
    return topic;
}

bool bw_topics_full(const struct bw_topics *t)
{
    return HASH_COUNT(t->by_name) >= BW_TOPICS_MAX;
}

struct bw_topic *bw_topics_add(struct bw_topics *t, struct bw_str name)
{
    struct bw_topic *topic = add(t, t->last_id + 1, name, 0);
    if (topic)
        topic->is_new = true;
    return topic;
}

void bw_topics_advance(struct bw_topics *t, struct bw_topic *topic, uint64_t seq)
{
    if (topic->head == topic->committed) {
        topic->next_changed = t->changed;
        t->changed = topic;
    }
    topic->head = seq;
}

void bw_topics_settle(struct bw_topics *t)
{
    for (struct bw_topic *topic = t->changed; topic; topic = topic->next_changed) {
        topic->committed = topic->head;
        topic->is_new = false;
    }
    t->changed = NULL;
}

void bw_topics_undo(struct bw_topics *t)
{
    struct bw_topic *next;
    for (struct bw_topic *topic = t->changed; topic; topic = next) {
        next = topic->next_changed;
        topic->head = topic->committed;
        if (topic->is_new) {
            if (topic->id <= t->last_id)
                t->last_id = topic->id - 1;
            /* NOLINTNEXTLINE(clang-analyzer-*): the analyzer cannot follow uthash's links */
            HASH_DEL(t->by_name, topic);
            free(topic);
        }
    }
    t->changed = NULL;
}
