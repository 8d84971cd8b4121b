/* What the bus says of commands that nobody answered, with a fake journal and writer. */
#include "unit.h"

#include "base/clock.h"
#include "bus/fake_journal.h"
#include "unanswered.h"
#include "wire/mp.h"

struct fixture {
    struct fake_journal journal; /* first */
    struct bw_unanswered *unanswered;
    struct bw_task rows[3];
    size_t n_rows;
    int64_t asked_before_us;
    uint32_t limit;
    int journal_error, post_error;
    struct bw_batch *posted;
    unsigned n_posts;
};

static int fake_unanswered(struct bw_journal *j, int64_t asked_before_us, uint32_t limit,
                           void (*visit)(void *ctx, const struct bw_task *row), void *ctx)
{
    struct fixture *f = (struct fixture *)(void *)j;
    f->asked_before_us = asked_before_us;
    f->limit = limit;
    for (size_t i = 0; i < f->n_rows; i++)
        visit(ctx, &f->rows[i]);
    return f->journal_error;
}

static const struct bw_journal_ops ops = {.unanswered = fake_unanswered};

static int on_post(void *ctx, struct bw_batch *batch)
{
    struct fixture *f = ctx;
    f->n_posts++;
    f->posted = f->post_error ? NULL : batch;
    return f->post_error;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fake_init(&f->journal, &ops);
    f->rows[0] = (struct bw_task){.id = BW_STR("t1"),
                                  .worker = BW_STR("w1"),
                                  .command = BW_CANCEL,
                                  .command_id = BW_STR("c1")};
    f->rows[1] =
        (struct bw_task){.id = BW_STR("t2"), .command = BW_START, .command_id = BW_STR("c2")};
    f->n_rows = 2;
    *state = f;
    return bw_unanswered_create(7, (struct bw_unanswered_sink){f, on_post}, &f->unanswered);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bw_unanswered_destroy(&f->unanswered);
    assert_null(f->unanswered);
    fake_fini(&f->journal);
    free(f);
    return 0;
}

static void look(struct fixture *f)
{
    bw_unanswered_look(f->unanswered, &f->journal.base);
}

static void test_what_is_said(void **state)
{
    struct fixture *f = *state;
    static const char *const messages[] = {
        "cancel was asked 7 s ago, and w1 did not answer",
        "start was asked 7 s ago, and its worker (which it does not name) did not answer",
    };
    int64_t now = bw_clock_wall_us();
    look(f);
    assert_true(f->asked_before_us >= now - 7000000);
    assert_true(f->asked_before_us <= bw_clock_wall_us() - 7000000);
    assert_int_equal(f->limit, BW_BATCH_EVENTS_MAX);
    assert_non_null(f->posted);
    assert_int_equal(f->posted->n_items, 2);
    assert_int_equal(f->posted->n_waiting, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct bw_event *e = &f->posted->items[i].draft.event;
        assert_true(bw_str_is(e->event_type, "TASK_COMMAND_UNANSWERED"));
        assert_true(bw_str_is(e->topic, "system") && bw_str_is(e->source, "bus"));
        assert_true(e->id.len > 0);
        assert_true(bw_str_eq(e->task_id, f->rows[i].id));
        assert_true(bw_str_is(e->message, messages[i]));
        assert_true(bw_str_is(bw_mp_as_str(bw_mp_get(e->data, "action")),
                              bw_action_name(f->rows[i].command)));
        assert_true(
            bw_str_eq(bw_mp_as_str(bw_mp_get(e->data, "command_id")), f->rows[i].command_id));
        assert_int_equal(bw_mp_get(e->data, "after_s")->via.u64, 7);
    }
    f->posted->done(f->posted);
}

static void test_one_batch_at_a_time(void **state)
{
    struct fixture *f = *state;
    look(f);
    look(f);
    assert_int_equal(f->n_posts, 1);
    f->posted->done(f->posted);
    look(f);
    assert_int_equal(f->n_posts, 2);
    f->posted->done(f->posted);
    f->n_rows = 0;
    look(f);
    assert_int_equal(f->n_posts, 2);
}

static void test_what_fails_is_tried_again(void **state)
{
    struct fixture *f = *state;
    f->post_error = BW_ECLOSED;
    look(f);
    f->post_error = 0;
    f->journal_error = BW_EIO;
    look(f);
    assert_null(f->posted);
    f->journal_error = 0;
    look(f);
    assert_non_null(f->posted);
    assert_int_equal(f->posted->n_items, 2);
    f->posted->done(f->posted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_batch_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_fails_is_tried_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
