/* Pages from elsewhere: who may connect, and what an answer says for whom. */
#include "unit.h"

#include "web/http/origin.h"

static struct bw_origins parse(const char *text)
{
    struct bw_origins o;
    struct bw_fault fault = {0};
    assert_int_equal(bw_origins_parse(text, &o, &fault), 0);
    return o;
}

static bool may(const char *list, const char *origin, const char *host)
{
    struct bw_origins o = parse(list);
    return bw_origin_may_connect(&o, bw_str(origin), bw_str(host));
}

static void test_own_pages(void **state)
{
    (void)state;
    static const char *const own[][2] = {
        {"http://localhost:8080", "localhost:8080"}, {"https://tasks.example", "tasks.example"},
        {"https://Tasks.Example", "tasks.example"},  {"https://tasks.example", "tasks.example:443"},
        {"http://10.0.0.1", "10.0.0.1:80"},          {"http://[::1]:8080", "[::1]:8080"},
        {"http://localhost:8000", "localhost"}, /* behind a proxy that leaves the port out */
    };
    static const char *const others[][2] = {
        {"http://localhost:3000", "localhost:8080"},
        {"https://evil.example", "tasks.example"},
        {"https://tasks.example.evil", "tasks.example"},
        {"null", "tasks.example"},
        {"https://tasks.example:8443", "tasks.example:443"},
        {"", "tasks.example"},
        {"tasks.example", "tasks.example"},
        {"http://[::1]", "[::2]"},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_true(may("", own[i][0], own[i][1]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(may("", others[i][0], others[i][1]));
    assert_true(may("", NULL, "tasks.example")); /* no browser */
}

static void test_listed_pages(void **state)
{
    (void)state;
    static const char list[] = "https://app.example, http://localhost:3000";
    assert_true(may(list, "https://app.example", "tasks.example"));
    assert_true(may(list, "http://localhost:3000", "tasks.example"));
    assert_false(may(list, "http://app.example", "tasks.example"));
    assert_false(may(list, "https://app.example:444", "tasks.example"));
    assert_true(may("*", "https://anything.example", "tasks.example"));
    assert_true(may("*", "null", "tasks.example"));
}

static const char *headers(const char *list, const char *origin, bool is_options)
{
    static struct bw_buf out;
    struct bw_origins o = parse(list);
    bw_buf_reset(&out);
    bw_origin_allow(&o, bw_str(origin), is_options, &out);
    bw_buf_putc(&out, '\0');
    return out.data;
}

static void test_what_answers_say(void **state)
{
    (void)state;
    assert_string_equal(headers("", "https://app.example", false), "");
    assert_string_equal(headers("https://app.example", NULL, false), "Vary: Origin\r\n");
    assert_string_equal(headers("https://app.example", "https://evil", true), "Vary: Origin\r\n");
    const char *said = headers("https://app.example", "https://app.example", false);
    assert_non_null(strstr(said, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"));
    assert_null(strstr(said, "Allow-Methods"));
    said = headers("*", "https://app.example", true);
    assert_non_null(strstr(said, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"));
    assert_non_null(strstr(said, "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST"));
    assert_non_null(strstr(said, "Last-Event-ID"));
}

static void test_bad_lists(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "app.example", "https://", "https://app.example/", "https://a, https://b/c", "://x", "* *"};
    struct bw_origins o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bw_fault fault = {0};
        assert_int_equal(bw_origins_parse(bad[i], &o, &fault), BW_EINVAL);
        assert_string_equal(fault.field, "origins");
    }
    char many[BW_ORIGINS_LEN_MAX + 2];
    memset(many, ',', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    assert_int_equal(bw_origins_parse(many, &o, NULL), BW_ETOOBIG);
    many[BW_ORIGINS_LEN_MAX] = '\0';
    assert_int_equal(bw_origins_parse(many, &o, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_pages),
        cmocka_unit_test(test_listed_pages),
        cmocka_unit_test(test_what_answers_say),
        cmocka_unit_test(test_bad_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
