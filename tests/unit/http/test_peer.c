/* Whose connection it is: proxies that are believed, and what they say. */
#include "unit.h"

#include "web/http/peer.h"

static const char usual[] = "127.0.0.0/8, 10.1.2.3";

static uint64_t peer(const char *proxies, const char *remote, const char *forwarded_for)
{
    struct bw_proxies p;
    struct bw_fault fault = {0};
    assert_int_equal(bw_proxies_parse(proxies, &p, &fault), 0);
    return bw_peer_of(&p, bw_str(remote), bw_str(forwarded_for));
}

static void test_own_address(void **state)
{
    (void)state;
    uint64_t ann = peer(usual, "192.0.2.1", NULL);
    assert_true(ann != 0);
    assert_true(ann != peer(usual, "192.0.2.2", NULL));
    assert_true(ann == peer(usual, "192.0.2.1", "198.51.100.9")); /* who is no proxy is not asked */
    assert_true(peer("", "127.0.0.1", "192.0.2.1") == peer(NULL, "127.0.0.1", NULL));
}

static void test_proxies_are_believed(void **state)
{
    (void)state;
    uint64_t ann = peer(usual, "192.0.2.1", NULL);
    assert_true(ann == peer(usual, "127.0.0.1", "192.0.2.1"));
    assert_true(ann == peer(usual, "127.5.6.7", " 192.0.2.1\t"));
    assert_true(ann == peer(usual, "10.1.2.3", "192.0.2.1:4711"));
    assert_true(ann == peer(usual, "127.0.0.1", "198.51.100.9, 192.0.2.1")); /* the client's lie */
    assert_true(ann == peer(usual, "127.0.0.1", "x, 192.0.2.1, 10.1.2.3"));  /* two of ours */
    assert_true(ann == peer(usual, "127.0.0.1", "::ffff:192.0.2.1"));
    assert_true(peer(usual, "10.1.2.4", "192.0.2.1") == peer(usual, "10.1.2.4", NULL));
}

static void test_ipv6_by_network(void **state)
{
    (void)state;
    uint64_t ann = peer(usual, "127.0.0.1", "2001:db8:1:2::1");
    assert_true(ann != 0);
    assert_true(ann == peer(usual, "127.0.0.1", "2001:db8:1:2:3:4:5:6"));
    assert_true(ann == peer(usual, "127.0.0.1", "[2001:db8:1:2::1]:443"));
    assert_true(ann == peer(usual, "127.0.0.1", "[2001:db8:1:2::1]"));
    assert_true(ann != peer(usual, "127.0.0.1", "2001:db8:1:3::1"));
    assert_true(peer(usual, "127.0.0.1", "::1") != 0); /* the proxy's own host is somebody, too */
    assert_true(peer(usual, "127.0.0.1", "::1") == peer(usual, "127.0.0.1", "[::1]:4711"));
}

static void test_proxy_that_does_not_tell(void **state)
{
    (void)state;
    static const char *const said[] = {NULL, "",     "unknown", "127.0.0.1",   ",",
                                       "[",  "[::1", "1.2.3",   "2001:db8:::", "192.0.2.1,"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_true(peer(usual, "127.0.0.1", said[i]) == 0);
}

static void test_bad_networks(void **state)
{
    (void)state;
    static const char *const bad[] = {"localhost", "1.2.3", "1.2.3.4/33",     "1.2.3.4/",
                                      "1.2.3.4/x", "::1",   "1.2.3.4 5.6.7.8"};
    struct bw_proxies p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bw_fault fault = {0};
        assert_int_equal(bw_proxies_parse(bad[i], &p, &fault), BW_EINVAL);
        assert_string_equal(fault.field, "proxies");
    }
    char many[40 * 10] = "";
    for (int i = 0; i < 33; i++)
        strcat(many, "10.0.0.1,");
    assert_int_equal(bw_proxies_parse(many, &p, NULL), BW_ETOOBIG);
    assert_int_equal(bw_proxies_parse(" , 0.0.0.0/0 ,", &p, NULL), 0);
    assert_true(bw_peer_of(&p, BW_STR("192.0.2.1"), BW_STR("")) == 0); /* everybody is a proxy */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_address),     cmocka_unit_test(test_proxies_are_believed),
        cmocka_unit_test(test_ipv6_by_network), cmocka_unit_test(test_proxy_that_does_not_tell),
        cmocka_unit_test(test_bad_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
