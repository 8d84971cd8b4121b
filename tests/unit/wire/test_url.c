/* Base URL → endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "wire/url.h"

static void check_three(const char *base, const char *req, const char *pub, const char *in)
{
    char out[BW_URL_MAX];
    assert_int_equal(bw_bus_url(base, BW_ENDPOINT_REQ, out, sizeof out), 0);
    assert_string_equal(out, req);
    assert_int_equal(bw_bus_url(base, BW_ENDPOINT_PUB, out, sizeof out), 0);
    assert_string_equal(out, pub);
    assert_int_equal(bw_bus_url(base, BW_ENDPOINT_IN, out, sizeof out), 0);
    assert_string_equal(out, in);
}

static void test_every_form(void **state)
{
    (void)state;
    check_three("ipc://./var/bus", "ipc://./var/bus.req", "ipc://./var/bus.pub",
                "ipc://./var/bus.in");
    check_three("inproc://bus", "inproc://bus.req", "inproc://bus.pub", "inproc://bus.in");
    check_three("tcp://host:7700", "tcp://host:7700", "tcp://host:7701", "tcp://host:7702");
    check_three("tcp://*:65533", "tcp://*:65533", "tcp://*:65534", "tcp://*:65535");
    check_three("tcp://host", "tcp://host:7700", "tcp://host:7701", "tcp://host:7702");
    check_three("tls+tcp://[::1]:9", "tls+tcp://[::1]:9", "tls+tcp://[::1]:10",
                "tls+tcp://[::1]:11");
    check_three("tcp://[::1]", "tcp://[::1]:7700", "tcp://[::1]:7701", "tcp://[::1]:7702");
}

static void test_bad_ones(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "bus",           "ipc://",         "inproc://",      "http://host:80",
        "tcp://",     "tcp://:7700",   "tcp://host:",    "tcp://host:0",   "tcp://host:65534",
        "tcp://h:1x", "tcp://h:-1",    "tcp://h:123456", "tcp://h:7700/x", "tcp://[::1",
        "tcp://::1",  "tcp://u@h:123", "tcp://[::1]x:1",
    };
    char out[BW_URL_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (bw_bus_url(bad[i], BW_ENDPOINT_REQ, out, sizeof out) != BW_EINVAL)
            fail_msg("\"%s\" was accepted", bad[i]);
}

static void test_too_long(void **state)
{
    (void)state;
    char base[200], out[BW_URL_MAX];
    snprintf(base, sizeof base, "ipc://%0*d", 103, 0);
    assert_int_equal(bw_bus_url(base, BW_ENDPOINT_REQ, out, sizeof out), 0);
    snprintf(base, sizeof base, "ipc://%0*d", 104, 0);
    assert_int_equal(bw_bus_url(base, BW_ENDPOINT_REQ, out, sizeof out), BW_ETOOBIG);
    assert_int_equal(bw_bus_url("tcp://host:7700", BW_ENDPOINT_REQ, out, 15), BW_ETOOBIG);
    assert_int_equal(bw_bus_url("tcp://host:7700", BW_ENDPOINT_REQ, out, 16), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_bad_ones),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
