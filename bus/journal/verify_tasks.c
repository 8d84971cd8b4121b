/* Checking the task table: every row, its docs and its columns are what its events give, and so are
 * the deletions that are kept. One task at a time, along its lanes, so memory does not grow with
 * the number of tasks. */
#include "journal/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/uuid.h"
#include "journal/task_strings.h"
#include "wire/json.h"
#include "wire/mp.h"

/* A task built up again from its events. */
struct rebuilt {
    bool exists;
    struct bw_task row;
    char *strings;
    struct bw_buf docs[BW_N_DOCS]; /* encoded; empty: none */
};

/* What a commit found. Its events have the time at which it began, so that is how it is known. */
struct commit {
    int64_t received_at_us; /* 0: none yet */
    bool existed;
    struct bw_buf owner, resource; /* of the row, if there was one */
    uint64_t last;                 /* the task's last event in it */
};

struct task_check {
    struct bw_verify *v;
    sqlite3_stmt *tasks, *lane_end, *columns, *open_command, *deleted;
    struct bw_str id; /* of the task at hand */
    int64_t key;
    struct rebuilt now;
    struct commit commit;
    struct bw_buf bytes;
};

static int differs(struct task_check *c, const char *what)
{
    return bw_fault(c->v->fault, BW_ECONFLICT, "tasks", "task %.*s: %s", BW_STR_ARG(c->id), what);
}

static void forget(struct rebuilt *t)
{
    t->exists = false;
    for (int i = 0; i < BW_N_DOCS; i++)
        bw_buf_reset(&t->docs[i]);
}

static void keep_doc(struct bw_buf *doc, const msgpack_object *value)
{
    msgpack_packer pk;
    bw_buf_reset(doc);
    bw_mp_packer(&pk, doc);
    if (value->type != MSGPACK_OBJECT_NIL)
        msgpack_pack_object(&pk, *value);
}

static void put_again(struct bw_buf *b, struct bw_str s)
{
    bw_buf_reset(b);
    bw_buf_puts(b, s);
}

static void begin_commit(struct task_check *c, int64_t received_at_us)
{
    const struct bw_task *row = &c->now.row;
    c->commit.received_at_us = received_at_us;
    c->commit.existed = c->now.exists;
    put_again(&c->commit.owner, c->now.exists ? row->owner : (struct bw_str){0});
    put_again(&c->commit.resource, c->now.exists ? row->resource : (struct bw_str){0});
}

/* A task that was there before a commit and is not there after it is among the deleted, with the
 * owner and the resource that it had. Those that were deleted before the schema knew whose they
 * were have none, and are kept only if they were not made again. */
static int end_commit(struct task_check *c, bool last)
{
    const struct commit *commit = &c->commit;
    if (!commit->existed || c->now.exists || commit->received_at_us == 0)
        return 0;
    bw_db_bind_int(c->deleted, 1, (int64_t)commit->last);
    int found = bw_db_row(c->deleted);
    if (found != 1)
        return found || !last ? found : differs(c, "was deleted, which is kept nowhere");
    char uuid[BW_UUID_LEN];
    struct bw_str id = bw_db_str(c->deleted, 0), owner = bw_db_str(c->deleted, 1),
                  resource = bw_db_str(c->deleted, 2);
    if (sqlite3_column_type(c->deleted, 0) == SQLITE_BLOB)
        id = bw_id_text(id, uuid);
    bool same = bw_str_eq(id, c->id) && ((owner.len == 0 && resource.len == 0) ||
                                         (bw_str_eq(owner, bw_buf_str(&commit->owner)) &&
                                          bw_str_eq(resource, bw_buf_str(&commit->resource))));
    sqlite3_reset(c->deleted);
    c->v->deletions++;
    return same ? 0 : differs(c, "its deletion is kept as another's");
}

static int fold(struct task_check *c, struct bw_str body)
{
    struct rebuilt *t = &c->now;
    const msgpack_object *docs[BW_N_DOCS];
    msgpack_object map;
    struct bw_event e;
    struct bw_task after;
    if (bw_mp_unpack(body, BW_RPC_DEPTH_MAX, &c->v->r->zone, &map, NULL) != 0 ||
        bw_event_decode(&map, &e, NULL) != 0)
        return differs(c, "has an event that cannot be decoded");
    if (!bw_str_eq(e.task_id, c->id))
        return differs(c, "its lane has an event of another task");
    int err = e.received_at_us == c->commit.received_at_us ? 0 : end_commit(c, false);
    if (err)
        return err;
    if (e.received_at_us != c->commit.received_at_us)
        begin_commit(c, e.received_at_us);
    c->commit.last = e.seq;
    int result = bw_task_fold(t->exists ? &t->row : NULL, &e, &after, docs, NULL);
    if (result < 0 || result == BW_FOLD_STALE)
        return differs(c, "has an event that should not have been stored");
    if (result == BW_FOLD_DELETED)
        forget(t);
    if (result != BW_FOLD_APPLIED)
        return 0;
    t->exists = true;
    t->row = after;
    for (int i = 0; i < BW_N_DOCS; i++)
        if (docs[i])
            keep_doc(&t->docs[i], docs[i]);
    return bw_task_strings_own(&t->row, &t->strings);
}

/* Does the lane say itself that it has so many events, and in one place? */
static int check_end(struct task_check *c, int64_t lane, int64_t n_events)
{
    int64_t counted = 0;
    int err, places = 0;
    bw_db_bind_int(c->lane_end, 1, lane);
    for (; (err = bw_db_row(c->lane_end)) == 1; places++)
        counted = sqlite3_column_int64(c->lane_end, 1);
    if (err < 0)
        return err;
    if (places > 1)
        return differs(c, "the end of its lane is kept in two places");
    return counted == n_events ? 0 : differs(c, "its lane has not as many events as it says");
}

/* Walks the task's lane in a topic; events of topic system are folded. */
static int walk_lane(struct task_check *c, int64_t topic)
{
    struct bw_event_source s;
    uint64_t seq;
    int64_t n = 0;
    int err;
    bw_event_source_open(&s, &c->v->r->events, topic, bw_lane(c->key, topic), 0,
                         c->v->r->state.head);
    while ((err = bw_event_source_next(&s, &seq)) == 1) {
        struct bw_str body;
        n++;
        if (topic != BW_TOPIC_SYSTEM_ID)
            continue;
        err = bw_event_source_body(&s, seq, &body);
        if (!err)
            err = fold(c, body);
        msgpack_zone_clear(&c->v->r->zone);
        if (err)
            break;
    }
    bw_event_source_close(&s);
    if (err)
        return err;
    c->v->lane_events += n;
    return check_end(c, bw_lane(c->key, topic), n);
}

/* Says which member of the row is stored otherwise. */
static int rows_differ(struct task_check *c, struct bw_str stored)
{
    msgpack_object is, should;
    char what[128];
    if (bw_mp_unpack(stored, BW_RPC_DEPTH_MAX, &c->v->r->zone, &is, NULL) != 0 ||
        bw_mp_unpack(bw_buf_str(&c->bytes), BW_RPC_DEPTH_MAX, &c->v->r->zone, &should, NULL) != 0)
        return differs(c, "its row cannot be decoded");
    for (uint32_t i = 0; i < should.via.map.size; i++) {
        const msgpack_object_kv *kv = &should.via.map.ptr[i];
        if (i < is.via.map.size && msgpack_object_equal(is.via.map.ptr[i].key, kv->key) &&
            msgpack_object_equal(is.via.map.ptr[i].val, kv->val))
            continue;
        struct bw_buf value = {0};
        bw_json_object(&value, &kv->val);
        snprintf(what, sizeof what, "its row is stored otherwise than its events give %.*s: %.*s",
                 BW_STR_ARG(bw_mp_as_str(&kv->key)), value.len < 40 ? (int)value.len : 40,
                 value.data ? value.data : "");
        bw_buf_free(&value);
        return differs(c, what);
    }
    return differs(c, "its row has more members than its events give");
}

static int compare_row(struct task_check *c)
{
    sqlite3_stmt *st = c->v->r->st[BW_READ_TASK_ROW];
    bw_buf_reset(&c->bytes);
    if (c->now.exists)
        bw_task_encode(&c->bytes, &c->now.row);
    bw_db_bind_int(st, 1, c->key);
    int found = bw_db_row(st);
    if (found < 0 || c->bytes.failed)
        return found < 0 ? found : BW_ENOMEM;
    int err = 0;
    if (found != c->now.exists)
        err = differs(c, found ? "has a row but was deleted" : "has no row");
    else if (found && !bw_str_eq(bw_db_str(st, 0), bw_buf_str(&c->bytes)))
        err = rows_differ(c, bw_db_str(st, 0));
    sqlite3_reset(st);
    return err;
}

static int compare_docs(struct task_check *c)
{
    sqlite3_stmt *st = c->v->r->st[BW_READ_TASK_DOCS];
    int n = 0, err;
    bw_db_bind_int(st, 1, c->key);
    while ((err = bw_db_row(st)) == 1) {
        int doc = sqlite3_column_int(st, 0);
        n++;
        if (!bw_str_eq(bw_db_str(st, 1), bw_buf_str(&c->now.docs[doc]))) {
            sqlite3_reset(st);
            return differs(c, "a doc is stored otherwise than its events give it");
        }
    }
    for (int i = 0; i < BW_N_DOCS; i++)
        n -= c->now.docs[i].len > 0;
    return err ? err : n ? differs(c, "a doc is missing") : 0;
}

/* What queries look for. */
static int compare_columns(struct task_check *c)
{
    const struct bw_task *row = &c->now.row;
    struct bw_task_columns is;
    sqlite3_stmt *st = c->columns;
    bool rests = row->status != BW_RUNNING;
    bw_db_bind_int(st, 1, c->key);
    int found = bw_db_row(st);
    if (found != 1)
        return found ? found : differs(c, "no query can find it");
    bw_task_columns_read(st, &is);
    bool same = is.status == (int)row->status && bw_str_eq(is.type, row->type) &&
                bw_str_eq(is.owner, row->owner) && bw_str_eq(is.resource, row->resource) &&
                bw_str_eq(is.queue, row->queue) &&
                sqlite3_column_int64(st, 5) == row->created_at_us &&
                sqlite3_column_int64(st, 6) == (rests ? row->updated_at_us : 0) &&
                sqlite3_column_int64(st, 7) == (rests ? (int64_t)row->seq : 0) &&
                sqlite3_column_int64(st, 8) == row->updated_at_us &&
                sqlite3_column_int64(st, 9) == (int64_t)row->seq;
    sqlite3_reset(st);
    return same ? 0 : differs(c, "queries look for it under what it is not");
}

/* What was asked and is not answered must be found when its time is over. */
static int compare_command(struct task_check *c)
{
    if (!c->now.row.command)
        return 0;
    c->v->open_commands++;
    bw_db_bind_int(c->open_command, 1, c->key);
    int found = bw_db_row(c->open_command);
    sqlite3_reset(c->open_command);
    return found < 0 ? found : found ? 0 : differs(c, "its command is not among the open ones");
}

static int check_task(struct task_check *c)
{
    int err = 0;
    forget(&c->now);
    c->commit.received_at_us = 0;
    for (int64_t topic = 1; topic <= BW_N_LANES && !err; topic++)
        err = walk_lane(c, topic);
    if (!err)
        err = end_commit(c, true);
    if (!err)
        err = compare_row(c);
    if (!err)
        err = compare_docs(c);
    if (err || !c->now.exists)
        return err;
    c->v->tasks[c->now.row.status]++;
    err = compare_columns(c);
    return err ? err : compare_command(c);
}

static int check_all(struct task_check *c)
{
    int err;
    while ((err = bw_db_row(c->tasks)) == 1) {
        struct bw_str stored = bw_db_str(c->tasks, 0);
        char uuid[BW_UUID_LEN];
        bool is_uuid = sqlite3_column_type(c->tasks, 0) == SQLITE_BLOB;
        c->id = is_uuid ? bw_id_text(stored, uuid) : stored;
        c->key = sqlite3_column_int64(c->tasks, 1);
        err = check_task(c);
        if (err)
            return err;
    }
    return err;
}

int bw_verify_tasks(struct bw_verify *v)
{
    struct task_check c = {.v = v};
    int err = bw_db_prepare(v->r->db, &c.tasks, "SELECT id, key FROM task_keys");
    if (!err)
        err = bw_db_prepare(v->r->db, &c.lane_end, BW_LANE_END_SQL);
    if (!err)
        err = bw_db_prepare(v->r->db, &c.columns,
                            "SELECT t.status, t.type, t.owner, t.resource, t.queue, t.created_at,"
                            " t.rest_at, t.rest_seq, r.updated_at, r.seq"
                            " FROM tasks t JOIN task_rows r ON r.key = t.key WHERE t.key = ?1");
    if (!err)
        err =
            bw_db_prepare(v->r->db, &c.open_command, "SELECT 1 FROM open_commands WHERE key = ?1");
    if (!err)
        err = bw_db_prepare(v->r->db, &c.deleted,
                            "SELECT id, owner, resource FROM deleted_tasks WHERE seq = ?1");
    if (!err)
        err = check_all(&c);
    sqlite3_finalize(c.deleted);
    sqlite3_finalize(c.tasks);
    sqlite3_finalize(c.lane_end);
    sqlite3_finalize(c.columns);
    sqlite3_finalize(c.open_command);
    for (int i = 0; i < BW_N_DOCS; i++)
        bw_buf_free(&c.now.docs[i]);
    free(c.now.strings);
    bw_buf_free(&c.commit.owner);
    bw_buf_free(&c.commit.resource);
    bw_buf_free(&c.bytes);
    return err;
}
