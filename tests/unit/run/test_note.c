/* What `run` says, as events: composed, then read as the bus would read them. */
#include "unit.h"

#include <signal.h>

#include "clients/cli/run/note.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/task.h"

static char *const argv_make[] = {(char *)(uintptr_t) "make", (char *)(uintptr_t) "-j 4", NULL};
static const struct bw_run_task task = {
    .id = "t1", .type = "command", .owner = "ann", .worker = "host:1", .argv = argv_make};

static struct bw_note note;

/* Folds what the note says into a row, as the bus does. Strings live until the next call. */
static struct bw_task fold(const struct bw_task *before, const msgpack_object *docs[BW_N_DOCS])
{
    static msgpack_zone zone;
    static bool begun;
    static msgpack_object data;
    struct bw_task after;
    struct bw_fault fault = {0};
    struct bellwire_event e;
    if (begun)
        msgpack_zone_destroy(&zone);
    begun = true;
    msgpack_zone_init(&zone, 4096);
    assert_false(bw_note_failed(&note));
    bw_note_event(&note, &e);
    struct bw_str bytes = {e.data_msgpack, e.data_msgpack_len};
    assert_int_equal(bw_mp_unpack(bytes, 16, &zone, &data, NULL), 0);
    const struct bw_event event = {.id = bw_str(e.id),
                                   .topic = BW_STR("system"),
                                   .event_type = bw_str(e.event_type),
                                   .message = bw_str(e.message),
                                   .task_id = BW_STR("t1"),
                                   .data = &data,
                                   .timestamp_us = e.timestamp_us};
    int result = bw_task_fold(before, &event, &after, docs, &fault);
    if (result != BW_FOLD_APPLIED)
        fail_msg("%d %s %s", result, fault.field, fault.message);
    return after;
}

static void check_doc(const msgpack_object *doc, const char *expected)
{
    struct bw_buf json = {0};
    assert_non_null(doc);
    bw_json_object(&json, doc);
    bw_buf_putc(&json, 0);
    assert_string_equal(json.data, expected);
    bw_buf_free(&json);
}

static void test_life_of_a_task(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    bw_note_created(&note, &task, 1000000);
    struct bw_task row = fold(NULL, docs);
    assert_int_equal(row.status, BW_RUNNING);
    assert_true(bw_str_is(row.title, "make '-j 4'"));
    assert_true(bw_str_is(row.owner, "ann"));
    assert_true(bw_str_is(row.worker, "host:1"));
    assert_int_equal(row.started_at_us, 1000000);
    assert_non_null(bw_mp_get(docs[BW_DOC_PARAMS], "command"));

    bw_note_progress(&note, &task, &(struct bw_progress){.percent = 15, .done = 12, .total = 80},
                     BW_STR("\033[32mCC\033[0m run.c"), 2000000);
    row = fold(&row, docs);
    assert_float_equal(row.progress, 15, 0);
    assert_float_equal(row.completed_units, 12, 0);
    assert_true(bw_str_is(row.message, "CC run.c"));

    bw_note_progress(&note, &task, &(struct bw_progress){.percent = 33.5}, (struct bw_str){0},
                     3000000);
    row = fold(&row, docs);
    assert_float_equal(row.progress, 33.5, 0);

    bw_note_ended(&note, &task, &(struct bw_run_end){.wall_us = 9000000, .seconds = 8},
                  BW_STR("not used"));
    row = fold(&row, docs);
    assert_int_equal(row.status, BW_COMPLETED);
    assert_int_equal(row.finished_at_us, 9000000);
    assert_int_equal(row.error_message.len, 0);
    check_doc(docs[BW_DOC_RESULT], "{\"exit_status\":0,\"seconds\":8}");
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        struct bw_run_end end;
        const char *type, *message, *result;
    } ends[] = {
        {{.exit_status = 3}, "exit_status", "exit status 3", "{\"exit_status\":3,\"seconds\":0}"},
        {{.exit_status = 128 + SIGKILL, .signal = SIGKILL},
         "signal",
         "killed by SIGKILL (9)",
         "{\"exit_status\":137,\"signal\":9,\"signal_name\":\"KILL\",\"seconds\":0}"},
        {{.exit_status = 127, .exec_errno = ENOENT},
         "exec",
         "cannot be executed: No such file or directory",
         "{\"exit_status\":127,\"seconds\":0}"},
    };
    const msgpack_object *docs[BW_N_DOCS];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        bw_note_ended(&note, &task, &ends[i].end, BW_STR("a\nb"));
        struct bw_task row = fold(NULL, docs);
        assert_int_equal(row.status, BW_FAILED);
        assert_true(bw_str_is(row.error_type, ends[i].type));
        assert_true(bw_str_is(row.error_message, ends[i].message));
        check_doc(docs[BW_DOC_TRACE], "\"a\\nb\"");
        check_doc(docs[BW_DOC_RESULT], ends[i].result);
    }
}

static void test_attempt(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_run_task again = task;
    bw_note_ended(&note, &task, &(struct bw_run_end){0}, (struct bw_str){0});
    struct bw_task row = fold(NULL, docs);
    again.attempt = 2;
    bw_note_created(&note, &again, 1);
    row = fold(&row, docs);
    assert_int_equal(row.attempt, 2);
    assert_int_equal(row.status, BW_RUNNING);
}

static void check_log(const struct bw_log_line *line, const char *message, const char *level)
{
    struct bellwire_event e;
    bw_note_log(&note, &task, line);
    bw_note_event(&note, &e);
    assert_string_equal(e.event_type, "TASK_LOG");
    assert_string_equal(e.message, message);
    assert_int_equal(e.timestamp_us, line->wall_us);
    struct bw_buf json = {0};
    bw_note_json(&note, &json);
    bw_buf_putc(&json, 0);
    assert_non_null(strstr(json.data, level));
    assert_non_null(strstr(json.data, "\"data\":{\"id\":\"t1\","));
    assert_int_equal(json.data[json.len - 2], '\n');
    bw_buf_free(&json);
}

static void test_logs(void **state)
{
    (void)state;
    check_log(&(struct bw_log_line){.kind = BW_LOG_STDOUT, .wall_us = 7, .text = BW_STR("x")}, "x",
              "\"level\":\"info\",\"stream\":\"stdout\"");
    check_log(&(struct bw_log_line){.kind = BW_LOG_STDERR, .text = BW_STR("\033[1mx\t")},
              "\033[1mx\t", "\"level\":\"warning\",\"stream\":\"stderr\"");
    check_log(&(struct bw_log_line){.text = BW_STR("a\xff\0b\xc3\xbc")},
              "a\xef\xbf\xbd\xef\xbf\xbd"
              "b\xc3\xbc",
              "info");
    check_log(&(struct bw_log_line){.text = BW_STR("abc"), .cut = 5},
              "ab \xe2\x80\xa6[5 bytes more]", "info");
    check_log(&(struct bw_log_line){.kind = BW_LOG_LOST, .lost_lines = 3, .lost_bytes = 70},
              "[bellwire: 3 lines (70 bytes) are missing here: they came faster than the bus could "
              "take them]",
              "\"lost_lines\":3");
}

/* The id is the event's own, so that saving what may have been stored does no harm. */
static void test_ids(void **state)
{
    (void)state;
    char first[BW_UUID_LEN + 1];
    struct bw_buf json = {0};
    bw_note_log(&note, &task, &(struct bw_log_line){.text = BW_STR("x")});
    memcpy(first, note.id, sizeof first);
    bw_note_json(&note, &json);
    bw_buf_putc(&json, 0);
    assert_non_null(strstr(json.data, first));
    assert_string_equal(note.id, first);
    bw_note_log(&note, &task, &(struct bw_log_line){.text = BW_STR("x")});
    assert_string_not_equal(note.id, first);
    bw_buf_free(&json);
}

static int free_note(void **state)
{
    (void)state;
    bw_note_free(&note);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_of_a_task),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_attempt),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, free_note);
}
