/* A rebuild from the journal equals the table: over random histories, folding the stored form of an
 * event gives the row that folding the event as it came gave. */
#include "sample.h"

enum { HISTORIES = 400, EVENTS_EACH = 60 };

static uint64_t seed;

/* xorshift: the same histories in every run. */
static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static const char *const types[] = {
    "TASK_CREATED",
    "TASK_UPDATED",
    "TASK_UPDATED",
    "TASK_UPDATED",
    "TASK_STATUS_CHANGED",
    "TASK_COMPLETED",
    "TASK_FAILED",
    "task-started",
    "task-retried",
    "task-revoked",
    "progress",
    "stalled",
    "active",
    "TASK_COMMAND_REFUSED",
    "TASK_COMMAND_UNANSWERED",
    "TASK_UPDATED",
};

enum { N_TYPES = sizeof types / sizeof types[0] };

/* Members of data by key, mostly good, some bad; N becomes a number. */
static const struct {
    const char *key, *values[6];
} members[] = {
    {"progress", {"N", "N.125", "0", "N.5", "100", "101"}},
    {"completed_units", {"N", "N.5", "0", "N", "N", "-1"}},
    {"total_units", {"N", "100", "0", "N.5", "100", "1e12"}},
    {"status", {"'running'", "'PENDING'", "'paused'", "'SUCCESS'", "'failed'", "'nonsense'"}},
    {"attempt", {"1", "2", "null", "1", "2", "N"}},
    {"retry_count", {"0", "1", "null", "0", "1", "N"}},
    {"owner", {"'ann'", "'bob'", "''", "null", "'ann'", "5"}},
    {"resource", {"'rN'", "'r'", "''", "null", "'r'", "'r'"}},
    {"step", {"'sN'", "'s'", "''", "null", "'s'", "'s'"}},
    {"message", {"'mN'", "'m'", "''", "null", "'m'", "'m'"}},
    {"title", {"'t\\u00e4'", "'t'", "''", "null", "'t'", "'t'"}},
    {"worker", {"'wN'", "'w'", "''", "null", "'w'", "'w'"}},
    {"error", {"'eN'", "{'type':'E','message':'m','trace':'N'}", "''", "null", "{}", "7"}},
    {"result", {"{'n':N}", "[]", "''", "null", "N", "N.5"}},
    {"params", {"{'n':N}", "[]", "''", "null", "N", "N.5"}},
    {"rate", {"N", "-1", "''", "null", "{}", "N.5"}},
    {"eta_s", {"N", "-1", "''", "null", "{}", "N.5"}},
    {"updated_at", {"N", "-1", "''", "null", "{}", "'2026-01-20T10:30:00Z'"}},
    {"command", {"'cancel'", "'pause'", "'retry'", "null", "'start'", "'make all'"}},
    {"command_id", {"'cN'", "'c'", "''", "null", "'c'", "7"}},
    {"command_at", {"N", "-1", "''", "null", "{}", "'2026-01-20T10:30:00Z'"}},
    {"action", {"'cancel'", "'pause'", "'retry'", "null", "'start'", "7"}},
    {"mine", {"{'deep':[1,2,N]}", "[]", "''", "null", "N", "N.5"}},
    {"task_id", {"'other'", "'t'", "''", "null", "'t'", "'t'"}},
};

enum { N_MEMBERS = sizeof members / sizeof members[0] };

static void put_value(struct bw_buf *json, const char *value)
{
    for (const char *p = value; *p; p++)
        if (*p == 'N')
            bw_buf_printf(json, "%u", below(100));
        else
            bw_buf_putc(json, *p);
}

static struct bw_event random_event(uint64_t seq)
{
    struct bw_buf json = {0};
    bw_buf_printf(&json, "{'event_type':'%s','data':{'id':'t'", types[below(N_TYPES)]);
    for (size_t m = 0; m < N_MEMBERS; m++)
        if (below(5) == 0) {
            bw_buf_printf(&json, ",'%s':", members[m].key);
            put_value(&json, members[m].values[below(6)]);
        }
    bw_buf_printf(&json, "},'id':'e%u','source':'%s'", below(1000), below(2) ? "bus" : "w");
    if (below(2))
        bw_buf_printf(&json, ",'message':'said %u'", below(100));
    bw_buf_printf(&json, "}%c", 0);
    struct bw_event e = sample_event(json.data);
    bw_buf_free(&json);
    e.seq = seq;
    e.prev = seq - 1;
    return e;
}

/* A row with everything it holds, as text, the same for equal rows. */
static const char *row_text(const struct bw_task *t)
{
    struct bw_buf b = {0};
    bw_task_encode(&b, t);
    const char *text = sample_json(sample_unpack(bw_buf_str(&b)));
    bw_buf_free(&b);
    return text;
}

static const char *docs_text(const msgpack_object *const docs[BW_N_DOCS])
{
    struct bw_buf b = {0};
    for (int d = 0; d < BW_N_DOCS; d++) {
        bw_buf_printf(&b, "%s=", bw_doc_name((enum bw_doc)d));
        if (docs[d])
            bw_json_object(&b, docs[d]);
        bw_buf_putc(&b, ' ');
    }
    return sample_text(&b);
}

static void check_keys_once(const msgpack_object *map)
{
    for (uint32_t i = 0; i < map->via.map.size; i++)
        for (uint32_t k = i + 1; k < map->via.map.size; k++)
            assert_false(bw_str_eq(bw_mp_as_str(&map->via.map.ptr[i].key),
                                   bw_mp_as_str(&map->via.map.ptr[k].key)));
}

/* Folds the event as it came, then as it is stored, into the row as it was and as it is stored. */
static int check_one(struct bw_task *row, bool *known, const struct bw_event *e)
{
    const msgpack_object *docs[BW_N_DOCS], *docs_again[BW_N_DOCS];
    struct bw_task *before = *known ? row : NULL, stored_row, after, after_again;
    struct bw_buf b = {0};
    struct bw_event stored;
    int result = bw_task_fold(before, e, &after, docs, NULL);
    if (result != BW_FOLD_APPLIED)
        return result;
    bw_event_encode(&b, e, &after);
    const msgpack_object *map = sample_unpack(bw_buf_str(&b));
    bw_buf_free(&b);
    assert_int_equal(bw_event_decode(map, &stored, NULL), 0);
    check_keys_once(stored.data);
    if (before) {
        bw_task_encode(&b, before);
        assert_int_equal(bw_task_decode(sample_unpack(bw_buf_str(&b)), &stored_row, NULL), 0);
        bw_buf_free(&b);
    }
    assert_int_equal(
        bw_task_fold(before ? &stored_row : NULL, &stored, &after_again, docs_again, NULL),
        BW_FOLD_APPLIED);
    assert_string_equal(row_text(&after), row_text(&after_again));
    assert_string_equal(docs_text(docs), docs_text(docs_again));
    assert_true(after.progress >= 0 && after.progress <= 100 && after.attempt >= 1);
    assert_int_equal(bw_status_is_final(after.status), after.finished_at_us != 0);
    assert_true(after.status == BW_RUNNING || (after.rate == -1 && after.eta_s == -1));
    *row = after;
    *known = true;
    return result;
}

static void test_histories(void **state)
{
    (void)state;
    int applied = 0, stale = 0, refused = 0;
    for (uint64_t history = 1; history <= HISTORIES; history++) {
        struct bw_task row;
        bool known = false;
        int64_t now = 1768905000000000;
        seed = history * 0x9e3779b97f4a7c15U;
        for (uint64_t seq = 1; seq <= EVENTS_EACH; seq++) {
            struct bw_event e = random_event(seq);
            now += (int64_t)below(2000000) - 100000; /* producers' clocks are not quite monotonic */
            e.timestamp_us = below(10) ? now : 0;
            e.received_at_us = now + 500;
            int result = check_one(&row, &known, &e);
            applied += result == BW_FOLD_APPLIED;
            stale += result == BW_FOLD_STALE;
            refused += result < 0;
        }
    }
    assert_true(applied > HISTORIES * 10 && stale > HISTORIES * 2 && refused > HISTORIES * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {sample_test(test_histories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
