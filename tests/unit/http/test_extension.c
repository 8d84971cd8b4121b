/* Which of a client's offers is agreed to. */
#include "unit.h"

#include "web/http/extension.h"

#define AGREED                                                                                     \
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "                   \
    "client_no_context_takeover"

static char line[BW_EXTENSION_LINE_MAX];

static unsigned choose(const char *offers)
{
    return bw_extension_choose(bw_str(offers), line);
}

static void test_usual_offers(void **state)
{
    (void)state;
    static const char *const usual[] = {
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits", /* browsers */
        "permessage-deflate ;client_max_window_bits=10 ; server_no_context_takeover",
        "PerMessage-Deflate; client_max_window_bits=\"9\"; client_no_context_takeover",
        "x-webkit-deflate-frame, permessage-deflate",
    };
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        assert_int_equal(choose(usual[i]), 15);
        assert_string_equal(line, AGREED "\r\n");
    }
}

static void test_the_clients_window_is_kept_to(void **state)
{
    (void)state;
    assert_int_equal(choose("permessage-deflate; server_max_window_bits=9"), 9);
    assert_string_equal(line, AGREED "; server_max_window_bits=9\r\n");
    assert_int_equal(choose("permessage-deflate; server_max_window_bits=15"), 15);
    assert_string_equal(line, AGREED "; server_max_window_bits=15\r\n");
    /* one of 8 bits cannot be had: the next offer then, or none */
    assert_int_equal(choose("permessage-deflate; server_max_window_bits=8, permessage-deflate"),
                     15);
    assert_int_equal(choose("permessage-deflate; server_max_window_bits=8"), 0);
    assert_string_equal(line, "");
}

static void test_bad_offers_are_declined(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ",",
        "permessage-bzip2",
        "permessage-deflate; unknown",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=1x",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; =",
        "permessage-deflat",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(choose(bad[i]), 0);
        assert_string_equal(line, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_offers),
        cmocka_unit_test(test_the_clients_window_is_kept_to),
        cmocka_unit_test(test_bad_offers_are_declined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
