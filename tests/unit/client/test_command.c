/* Reading commands. Asking and refusing need a bus: tests/integration/test_library.py. */
#include "unit.h"

#include "base/buf.h"
#include "bellwire.h"
#include "wire/mp.h"
#include "wire/task.h"

static struct bellwire_received command_of(const struct bw_buf *data)
{
    return (struct bellwire_received){.topic = "control",
                                      .event_type = "TASK_COMMAND",
                                      .id = "command-1",
                                      .task_id = "task-1",
                                      .data_msgpack = data->data,
                                      .data_msgpack_len = data->len};
}

static void put(struct bw_buf *out, const char *action, const char *by, struct bw_str reason)
{
    struct bw_mp_map data;
    bw_buf_reset(out);
    bw_mp_map_begin(&data, out);
    bw_mp_put_cstr(&data, "id", "task-1");
    bw_mp_put_cstr(&data, "action", action);
    if (by)
        bw_mp_put_cstr(&data, "by", by);
    if (reason.len > 0)
        bw_mp_put_str(&data, "reason", reason);
    bw_mp_map_end(&data);
}

static void reads_every_action(void **state)
{
    (void)state;
    struct bw_buf data = {0};
    struct bellwire_command command;
    for (int a = BELLWIRE_START; a <= BELLWIRE_RETRY; a++) {
        const char *name = bellwire_action_name((enum bellwire_action)a);
        put(&data, name, "alice", BW_STR("wrong file"));
        struct bellwire_received event = command_of(&data);
        assert_true(bellwire_command_read(&event, &command));
        assert_int_equal(command.action, a);
        assert_string_equal(command.id, "command-1");
        assert_string_equal(command.task_id, "task-1");
        assert_string_equal(command.by, "alice");
        assert_string_equal(command.reason, "wrong file");
    }
    assert_int_equal(BELLWIRE_RETRY, BW_N_ACTIONS - 1);
    assert_null(bellwire_action_name((enum bellwire_action)0));
    assert_null(bellwire_action_name((enum bellwire_action)(BELLWIRE_RETRY + 1)));
    bw_buf_free(&data);
}

static void what_is_not_told_is_empty(void **state)
{
    (void)state;
    struct bw_buf data = {0};
    struct bellwire_command command;
    memset(&command, 'x', sizeof command);
    put(&data, "pause", NULL, (struct bw_str){NULL, 0});
    struct bellwire_received event = command_of(&data);
    assert_true(bellwire_command_read(&event, &command));
    assert_string_equal(command.by, "");
    assert_string_equal(command.reason, "");
    bw_buf_free(&data);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char reason[6000];
    struct bw_buf data = {0};
    struct bellwire_command command;
    for (size_t i = 0; i < sizeof reason; i += 3)
        memcpy(reason + i, "\xe9\x95\xbf", 3);
    put(&data, "cancel", "bob", (struct bw_str){reason, sizeof reason});
    struct bellwire_received event = command_of(&data);
    assert_true(bellwire_command_read(&event, &command));
    assert_int_equal(strlen(command.reason), 1023); /* of 1024; three bytes each */
    assert_memory_equal(command.reason, reason, 1023);
    bw_buf_free(&data);
}

static void what_is_no_command_is_told(void **state)
{
    (void)state;
    struct bw_buf data = {0};
    struct bellwire_command command;
    put(&data, "explode", "alice", BW_STR("why not"));
    struct bellwire_received event = command_of(&data);
    assert_false(bellwire_command_read(&event, &command));
    put(&data, "cancel", "alice", BW_STR("why not"));
    event = command_of(&data);
    event.event_type = "TASK_UPDATED";
    assert_false(bellwire_command_read(&event, &command));
    event = command_of(&data);
    event.data_msgpack_len--;
    assert_false(bellwire_command_read(&event, &command));
    bw_buf_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_action),
        cmocka_unit_test(what_is_not_told_is_empty),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(what_is_no_command_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
