/* A stream of events into the bus. */
#include "fake_client.h"

#include <unistd.h>

#include "clients/cli/pour.h"

enum { WINDOW = 64 };

static struct bellwire *bus = (struct bellwire *)&fake; /* never looked into */
static struct bw_pour *pour;
static struct bw_pour_counts counts;

/* Reads a file that holds this text. */
static int pour_text(const char *text, size_t n)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    rewind(f);
    lseek(fileno(f), 0, SEEK_SET);
    int err = bw_pour_fd(pour, fileno(f), &counts);
    fclose(f);
    return err;
}

static int begin(void **state)
{
    (void)state;
    fake_reset(FAKE_MAX);
    return bw_pour_create(&pour, bus, WINDOW, -1);
}

static int end(void **state)
{
    (void)state;
    bw_pour_destroy(&pour);
    bw_pour_destroy(&pour);
    return 0;
}

static struct bellwire_result answer(int i)
{
    struct bellwire_result r = {.seq = (uint64_t)i + 1};
    r.duplicate = i % 10 == 1;
    r.stale = i % 10 == 2;
    if (i % 10 == 3)
        r = (struct bellwire_result){
            .error = BELLWIRE_EINVAL, .field = "data.progress", .message = "is no number"};
    return r;
}

static char *many(int n, size_t *len)
{
    char *text = malloc((size_t)n * 64);
    *len = 0;
    for (int i = 0; i < n; i++)
        *len += (size_t)sprintf(text + *len, "{\"event_type\":\"X\",\"id\":\"%d\"}\n", i);
    return text;
}

static void test_counts(void **state)
{
    (void)state;
    size_t len;
    char *text = many(1000, &len);
    fake.answer = answer;
    assert_int_equal(pour_text(text, len), 0);
    assert_int_equal(counts.events, 1000);
    assert_int_equal(counts.accepted, 700);
    assert_int_equal(counts.duplicates, 100);
    assert_int_equal(counts.stale, 100);
    assert_int_equal(counts.refused, 100);
    assert_int_equal(counts.n_reasons, BW_POUR_REASONS);
    assert_int_equal(counts.reasons[1].line, 14);
    assert_string_equal(counts.reasons[1].text, "data.progress: is no number");
    free(text);
}

static void test_bad_lines(void **state)
{
    (void)state;
    static const char text[] = "{\"event_type\":\"X\"}\n"
                               "\n"
                               "  \r\n"
                               "{nonsense\n"
                               "{\"event_type\":\"BAD\"}\n"
                               "{\"event_type\":\"X\",\"data\":7}\n"
                               "{\"event_type\":\"X\"}"; /* without a newline */
    fake.answer = answer;
    fake.refuse = "BAD";
    assert_int_equal(pour_text(text, sizeof text - 1), 0);
    assert_int_equal(counts.events, 5);
    assert_int_equal(counts.accepted + counts.duplicates, 2);
    assert_int_equal(counts.refused, 3);
    assert_int_equal(counts.reasons[0].line, 4);
    assert_int_equal(counts.reasons[1].line, 5);
    assert_string_equal(counts.reasons[1].text, "event_type: is not liked here");
    assert_int_equal(counts.reasons[2].line, 6);
    assert_string_equal(counts.reasons[2].text, "data: must be an object");
}

static void test_endless_line(void **state)
{
    (void)state;
    enum { BYTES = 5 << 20 };
    char *text = malloc(BYTES);
    memset(text, 'x', BYTES);
    memcpy(text + BYTES - 20, "\n{\"event_type\":\"X\"}", 19);
    text[BYTES - 1] = '\n';
    fake.answer = answer;
    assert_int_equal(pour_text(text, BYTES), 0);
    assert_int_equal(counts.accepted, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.reasons[0].line, 1);
    free(text);
}

/* While the library's queue is full of others' events it waits, and loses nothing. */
static void test_busy_library(void **state)
{
    (void)state;
    size_t len;
    char *text = many(20, &len);
    fake.answer = answer;
    fake.room = fake.more = 7;
    assert_int_equal(pour_text(text, len), 0);
    assert_int_equal(fake.n, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(atoi(fake.all[i].id), i);
    free(text);
}

/* A bus that gives no results: no more than the window is under way, then it gives up. */
static void test_gives_up(void **state)
{
    (void)state;
    size_t len;
    char *text = many(1000, &len);
    bw_pour_destroy(&pour);
    assert_int_equal(bw_pour_create(&pour, bus, WINDOW, 30), 0);
    assert_int_equal(pour_text(text, len), BW_ETIMEDOUT);
    assert_int_equal(fake.n, WINDOW);
    assert_int_equal(counts.accepted, 0);
    for (int i = 0; i < WINDOW; i++) /* as closing the handle does */
        fake_settle(i, (struct bellwire_result){.error = BELLWIRE_ECLOSED});
    free(text);
}

static void test_cancelled(void **state)
{
    (void)state;
    size_t len;
    char *text = many(10, &len);
    bw_pour_cancel(pour);
    assert_int_equal(pour_text(text, len), BW_ECLOSED);
    assert_int_equal(fake.n, 0);
    free(text);
}

static void test_unreadable(void **state)
{
    (void)state;
    assert_int_equal(bw_pour_fd(pour, -1, &counts), BW_EIO);
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_bad_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_endless_line, begin, end),
        cmocka_unit_test_setup_teardown(test_busy_library, begin, end),
        cmocka_unit_test_setup_teardown(test_gives_up, begin, end),
        cmocka_unit_test_setup_teardown(test_cancelled, begin, end),
        cmocka_unit_test_setup_teardown(test_unreadable, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
