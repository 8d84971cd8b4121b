/* Notes on their way to the bus. */
#include "cli/fake_client.h"

#include "clients/cli/run/outbox.h"

static const struct bw_run_task task = {.id = "t"};

static struct bw_outbox *outbox;
static struct bellwire *bus = (struct bellwire *)&outbox; /* never looked into */
static int wakes;
static char told[256]; /* a letter for each note that was settled */
static char why_told[128];

static void wake(void *ctx)
{
    assert_ptr_equal(ctx, &wakes);
    wakes++;
}

static void on_settled(void *ctx, const struct bw_note *note, const struct bw_settled *how)
{
    static const char letters[] = {
        [BW_FATE_STORED] = 's', [BW_FATE_STALE] = 'o', [BW_FATE_REFUSED] = 'r'};
    (void)ctx;
    size_t n = strlen(told);
    if (n + 1 < sizeof told) {
        told[n] = letters[how->fate];
        told[n + 1] = 0;
    }
    assert_true(note->id[0] != 0);
    if (how->fate == BW_FATE_REFUSED)
        snprintf(why_told, sizeof why_told, "%s", how->why);
}

static void settle(const char *expected)
{
    told[0] = 0;
    bw_outbox_settle(outbox, on_settled, NULL);
    assert_string_equal(told, expected);
}

static bool log_line(const char *text)
{
    struct bw_note *note = bw_outbox_reserve(outbox, true);
    if (!note)
        return false;
    bw_note_log(note, &task, &(struct bw_log_line){.text = bw_str(text)});
    bw_outbox_send(outbox);
    return true;
}

static int begin(void **state)
{
    (void)state;
    fake_reset(FAKE_MAX);
    wakes = 0;
    return bw_outbox_create(&outbox, wake, &wakes);
}

static int end(void **state)
{
    (void)state;
    bw_outbox_destroy(&outbox);
    bw_outbox_destroy(&outbox);
    return 0;
}

static void test_fates(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(log_line("x"));
    assert_int_equal(fake.n, 0);
    bw_outbox_publish(outbox, bus);
    assert_int_equal(fake.n, 5);
    bw_outbox_publish(outbox, bus); /* each once */
    assert_int_equal(fake.n, 5);
    fake_settle(1, (struct bellwire_result){.stale = true});
    settle(""); /* in order: the first has none yet */
    fake_settle(0, (struct bellwire_result){.seq = 1});
    fake_settle(2, (struct bellwire_result){
                       .error = BELLWIRE_EINVAL, .field = "data.owner", .message = "is too long"});
    settle("sor");
    assert_string_equal(why_told, "data.owner: is too long");
    assert_int_equal(wakes, 3);
    assert_false(bw_outbox_empty(outbox));
    fake_settle(3, (struct bellwire_result){.seq = 1, .duplicate = true});
    fake_settle(4, (struct bellwire_result){.seq = 2});
    settle("ss");
    assert_true(bw_outbox_empty(outbox));
}

static void test_busy_library(void **state)
{
    (void)state;
    fake.room = 2;
    for (int i = 0; i < 5; i++)
        assert_true(log_line("x"));
    bw_outbox_publish(outbox, bus);
    assert_int_equal(fake.n, 2);
    fake.room = 10;
    bw_outbox_publish(outbox, bus);
    assert_int_equal(fake.n, 5);
}

static void test_refused_at_once(void **state)
{
    (void)state;
    fake.refuse = "TASK_LOG";
    assert_true(log_line("x"));
    bw_outbox_publish(outbox, bus);
    settle("r");
    assert_string_equal(why_told, "event_type: is not liked here");
}

static void count(void *ctx, const struct bw_note *note)
{
    assert_non_null(note->message.data);
    ++*(int *)ctx;
}

/* What has no fate when the bus is closed is what has to be saved, in the same words and with the
 * same id. */
static void test_unsettled(void **state)
{
    (void)state;
    int n = 0;
    for (int i = 0; i < 4; i++)
        assert_true(log_line("x"));
    fake.room = 3;
    bw_outbox_publish(outbox, bus);
    fake_settle(1, (struct bellwire_result){.seq = 1});
    fake_settle(0, (struct bellwire_result){.error = BELLWIRE_ECLOSED});
    fake_settle(2, (struct bellwire_result){.error = BELLWIRE_ECLOSED});
    settle("");
    bw_outbox_each(outbox, count, &n);
    assert_int_equal(n, 3);
}

/* Logs never take all the room: the state of the task always fits. */
static void test_bounds(void **state)
{
    (void)state;
    char large[16384];
    int n = 0;
    while (log_line("x"))
        n++;
    assert_in_range(n, 1000, 100000);
    assert_non_null(bw_outbox_reserve(outbox, false));
    bw_outbox_publish(outbox, bus);
    for (int i = 0; i < n; i++)
        fake_settle(i, (struct bellwire_result){.seq = 1});
    bw_outbox_settle(outbox, on_settled, NULL);
    assert_true(bw_outbox_empty(outbox));
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    int m = 0;
    while (log_line(large))
        m++;
    assert_in_range(m, 100, n - 1); /* bounded by bytes, too */
    assert_non_null(bw_outbox_reserve(outbox, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fates, begin, end),
        cmocka_unit_test_setup_teardown(test_busy_library, begin, end),
        cmocka_unit_test_setup_teardown(test_refused_at_once, begin, end),
        cmocka_unit_test_setup_teardown(test_unsettled, begin, end),
        cmocka_unit_test_setup_teardown(test_bounds, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
