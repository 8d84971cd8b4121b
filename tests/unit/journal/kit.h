/* A journal in a temporary folder, spoken to in JSON: what the tests of this floor share. */
#ifndef TEST_JOURNAL_KIT_H
#define TEST_JOURNAL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "base/uuid.h"
#include "journal/journal.h"
#include "wire/json.h"
#include "wire/mp.h"

enum { KIT_BATCH_MAX = 4096 };

/* Takes back what version 5 of the schema did. */
#define KIT_BACK_TO_VERSION_4                                                                      \
    "INSERT INTO lanes SELECT key << 2 | 1, lane_seq, lane_count FROM task_rows"                   \
    "  WHERE lane_seq IS NOT NULL;"                                                                \
    "ALTER TABLE task_rows DROP COLUMN lane_seq; ALTER TABLE task_rows DROP COLUMN lane_count;"    \
    "PRAGMA user_version = 4;"

struct kit {
    char dir[32], path[64];
    struct bw_sqlite_options options;
    struct bw_journal *journal;
    struct bw_reader *reader;
    struct bw_fault fault; /* of the last call that failed */

    /* The last batch: what was told of it. */
    msgpack_zone zone;
    struct bw_buf bytes;
    struct bw_draft drafts[KIT_BATCH_MAX];
    struct bw_draft *order[KIT_BATCH_MAX];
    char ids[KIT_BATCH_MAX][BW_UUID_LEN + 1]; /* for events that have none */
    size_t n_drafts, n_told, n_records;
    uint64_t last_seq;

    /* The last answer. */
    msgpack_zone answer_zone;
    struct bw_buf answer_bytes;
    msgpack_object answer;
};

static void kit_committed(void *ctx, const struct bw_commit *commit)
{
    struct kit *k = ctx;
    k->n_told += commit->n_drafts;
    k->n_records = commit->n_records;
    for (size_t i = 0; i < commit->n_records; i++) {
        assert_int_equal(commit->records[i].seq, k->last_seq + 1);
        k->last_seq++;
    }
}

static void kit_start(struct kit *k)
{
    struct bw_journal_sink sink = {k, kit_committed};
    int err = bw_sqlite_open(&k->options, sink, &k->journal, &k->fault);
    if (err)
        fail_msg("open: %s", k->fault.message);
    k->last_seq = k->journal->ops->head(k->journal).head;
    assert_int_equal(k->journal->ops->open_reader(k->journal, &k->reader), 0);
}

static void kit_stop(struct kit *k)
{
    if (!k->journal)
        return;
    k->journal->ops->close_reader(&k->reader);
    k->journal->ops->close(&k->journal);
    assert_null(k->reader);
    assert_null(k->journal);
}

static int kit_setup(void **state)
{
    struct kit *k = calloc(1, sizeof *k);
    *state = k;
    strcpy(k->dir, "/tmp/bw-journal-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    snprintf(k->path, sizeof k->path, "%s/journal.db", k->dir);
    k->options.path = k->path;
    assert_true(msgpack_zone_init(&k->zone, 4096) && msgpack_zone_init(&k->answer_zone, 4096));
    kit_start(k);
    return 0;
}

static int kit_teardown(void **state)
{
    struct kit *k = *state;
    char file[80];
    kit_stop(k);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", k->path, suffixes[i]);
        unlink(file);
    }
    rmdir(k->dir);
    bw_buf_free(&k->bytes);
    bw_buf_free(&k->answer_bytes);
    msgpack_zone_destroy(&k->zone);
    msgpack_zone_destroy(&k->answer_zone);
    free(k);
    return 0;
}

__attribute__((unused)) static void kit_restart(struct kit *k)
{
    kit_stop(k);
    kit_start(k);
}

static void kit_parse(const char *json, struct bw_buf *bytes, msgpack_zone *zone,
                      msgpack_object *out)
{
    struct bw_fault fault = {0};
    bw_buf_reset(bytes);
    msgpack_zone_clear(zone);
    if (bw_json_to_msgpack(bw_str(json), bytes, &fault) != 0 ||
        bw_mp_unpack(bw_buf_str(bytes), BW_RPC_DEPTH_MAX, zone, out, &fault) != 0)
        fail_msg("%s in %s", fault.message, json);
}

/* Appends the events decoded into drafts already. */
static int kit_append(struct kit *k)
{
    k->n_told = k->n_records = 0;
    for (size_t i = 0; i < k->n_drafts; i++)
        k->order[i] = &k->drafts[i];
    int err = k->journal->ops->append(k->journal, k->order, k->n_drafts);
    assert_int_equal(k->n_told, err ? 0 : k->n_drafts);
    return err;
}

/* Appends an event, or an array of them; gives ids to those that have none. */
static int kit_put(struct kit *k, const char *json)
{
    msgpack_object o;
    struct bw_fault fault = {0};
    kit_parse(json, &k->bytes, &k->zone, &o);
    bool is_array = o.type == MSGPACK_OBJECT_ARRAY;
    k->n_drafts = is_array ? o.via.array.size : 1;
    assert_true(k->n_drafts <= KIT_BATCH_MAX);
    for (size_t i = 0; i < k->n_drafts; i++) {
        struct bw_event *e = &k->drafts[i].event;
        if (bw_event_decode(is_array ? &o.via.array.ptr[i] : &o, e, &fault) != 0)
            fail_msg("%s %s in %s", fault.field, fault.message, json);
        if (e->id.len == 0) {
            bw_uuid7(k->ids[i]);
            e->id = bw_str(k->ids[i]);
        }
    }
    return kit_append(k);
}

/* For one event that must be accepted; returns its seq. */
__attribute__((unused, format(printf, 2, 3))) static uint64_t kit_event(struct kit *k,
                                                                        const char *format, ...)
{
    char json[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(json, sizeof json, format, args);
    va_end(args);
    assert_int_equal(kit_put(k, json), 0);
    const struct bw_publish_result *r = &k->drafts[0].result;
    if (r->fault.err || r->duplicate || r->stale)
        fail_msg("not accepted: %s %s %s", json, r->fault.field, r->fault.message);
    return r->seq;
}

/* Asks; the request is JSON without "v". Leaves the answer in k->answer. */
__attribute__((unused, format(printf, 2, 3))) static int kit_ask(struct kit *k, const char *format,
                                                                 ...)
{
    char body[8192], json[8300];
    va_list args;
    msgpack_object o;
    struct bw_rpc_request request;
    struct bw_buf bytes = {0};
    msgpack_zone zone;
    va_start(args, format);
    vsnprintf(body, sizeof body, format, args);
    va_end(args);
    snprintf(json, sizeof json, "{\"v\":1,%s}", body);
    assert_true(msgpack_zone_init(&zone, 4096));
    kit_parse(json, &bytes, &zone, &o);
    k->fault = (struct bw_fault){0};
    if (bw_rpc_request_decode(&o, &zone, &request, &k->fault) != 0)
        fail_msg("%s %s in %s", k->fault.field, k->fault.message, json);
    bw_buf_reset(&k->answer_bytes);
    int err = k->journal->ops->read(k->reader, &request, &k->answer_bytes, &k->fault);
    if (err) {
        assert_int_equal(k->answer_bytes.len, 0);
        assert_int_equal(k->fault.err, err);
    } else {
        msgpack_zone_clear(&k->answer_zone);
        assert_int_equal(bw_mp_unpack(bw_buf_str(&k->answer_bytes), BW_RPC_DEPTH_MAX,
                                      &k->answer_zone, &k->answer, NULL),
                         0);
    }
    bw_buf_free(&bytes);
    msgpack_zone_destroy(&zone);
    return err;
}

/* The value at a path like "tasks.0.progress" inside an object, or NULL. */
static const msgpack_object *kit_at(const msgpack_object *o, const char *path)
{
    char key[64];
    while (o && *path) {
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        if (o->type == MSGPACK_OBJECT_ARRAY) {
            size_t i = strtoul(key, NULL, 10);
            o = i < o->via.array.size ? &o->via.array.ptr[i] : NULL;
        } else {
            o = o->type == MSGPACK_OBJECT_MAP ? bw_mp_get(o, key) : NULL;
        }
        path += n + (path[n] == '.');
    }
    return o;
}

static const msgpack_object *kit_answer(struct kit *k, const char *path)
{
    const msgpack_object *o = kit_at(&k->answer, path);
    if (!o)
        fail_msg("the answer has no %s", path);
    return o;
}

__attribute__((unused)) static uint64_t kit_u64(struct kit *k, const char *path)
{
    const msgpack_object *o = kit_answer(k, path);
    assert_int_equal(o->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    return o->via.u64;
}

__attribute__((unused)) static uint32_t kit_len(struct kit *k, const char *path)
{
    const msgpack_object *o = kit_answer(k, path);
    assert_int_equal(o->type, MSGPACK_OBJECT_ARRAY);
    return o->via.array.size;
}

__attribute__((unused)) static void kit_is_str(struct kit *k, const char *path, const char *value)
{
    const msgpack_object *o = kit_answer(k, path);
    assert_int_equal(o->type, MSGPACK_OBJECT_STR);
    if (!bw_str_is(bw_mp_as_str(o), value))
        fail_msg("%s is %.*s, not %s", path, BW_STR_ARG(bw_mp_as_str(o)), value);
}

__attribute__((unused)) static bool kit_has(struct kit *k, const char *path)
{
    return kit_at(&k->answer, path) != NULL;
}

#endif
