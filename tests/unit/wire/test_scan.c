/* Reading msgpack in place: every type, every cut, and the bounds. */
#include "unit.h"

#include "base/buf.h"
#include "wire/mp.h"
#include "wire/scan.h"

static struct bw_scan_value read_one(struct bw_str bytes)
{
    struct bw_scan s = bw_scan_begin(bytes);
    struct bw_scan_value v;
    assert_true(bw_scan_value(&s, &v));
    assert_false(s.failed);
    return v;
}

static void reads_integers_of_every_width(void **state)
{
    static const int64_t values[] = {
        0,  1,   127, 128,  255,  256,    65535,  65536,     UINT32_MAX,  INT64_MAX,
        -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, -2147483649, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct bw_buf b = {0};
        msgpack_packer pk;
        bw_mp_packer(&pk, &b);
        msgpack_pack_int64(&pk, values[i]);
        struct bw_scan_value v = read_one(bw_buf_str(&b));
        assert_int_equal(v.type, values[i] < 0 ? BW_SCAN_INT : BW_SCAN_UINT);
        assert_true(values[i] < 0 ? v.i == values[i] : v.u == (uint64_t)values[i]);
        bw_buf_free(&b);
    }
    assert_true(read_one(BW_STR("\xcf\xff\xff\xff\xff\xff\xff\xff\xff")).u == UINT64_MAX);
    /* The signed form of a number that is not negative. */
    struct bw_scan_value v = read_one(BW_STR("\xd1\x00\x05"));
    assert_int_equal(v.type, BW_SCAN_UINT);
    assert_int_equal(v.u, 5);
}

static void reads_strings_of_every_width(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct bw_buf b = {0};
        msgpack_packer pk;
        char *text = malloc(lengths[i] + 1);
        memset(text, 'x', lengths[i] + 1);
        bw_mp_packer(&pk, &b);
        bw_mp_str(&pk, (struct bw_str){text, lengths[i]});
        msgpack_pack_bin(&pk, lengths[i]);
        msgpack_pack_bin_body(&pk, text, lengths[i]);
        struct bw_scan s = bw_scan_begin(bw_buf_str(&b));
        assert_true(bw_str_eq(bw_scan_str(&s), (struct bw_str){text, lengths[i]}));
        struct bw_scan_value v;
        assert_true(bw_scan_value(&s, &v));
        assert_int_equal(v.type, BW_SCAN_BIN);
        assert_int_equal(v.s.len, lengths[i]);
        assert_ptr_equal(s.at, s.end);
        bw_buf_free(&b);
        free(text);
    }
}

static void reads_the_rest(void **state)
{
    (void)state;
    assert_int_equal(read_one(BW_STR("\xc0")).type, BW_SCAN_NIL);
    assert_int_equal(read_one(BW_STR("\xc2")).u, 0);
    assert_int_equal(read_one(BW_STR("\xc3")).u, 1);
    assert_int_equal(read_one(BW_STR("\xc3")).type, BW_SCAN_BOOL);
    assert_true(read_one(BW_STR("\xca\x3f\xc0\x00\x00")).f == 1.5);
    assert_true(read_one(BW_STR("\xcb\xbf\xf8\x00\x00\x00\x00\x00\x00")).f == -1.5);
    assert_int_equal(read_one(BW_STR("\xd4\x01z")).s.len, 2);
    assert_int_equal(read_one(BW_STR("\xc7\x03\x01zzz")).s.len, 4);
    assert_int_equal(read_one(BW_STR("\xc7\x03\x01zzz")).type, BW_SCAN_EXT);
}

/* {"a": [1, {"b": "c"}, nil], "d": 2.5} */
static void pack_sample(struct bw_buf *b)
{
    msgpack_packer pk;
    bw_mp_packer(&pk, b);
    msgpack_pack_map(&pk, 2);
    bw_mp_cstr(&pk, "a");
    msgpack_pack_array(&pk, 3);
    msgpack_pack_int(&pk, 1);
    msgpack_pack_map(&pk, 1);
    bw_mp_cstr(&pk, "b");
    bw_mp_cstr(&pk, "c");
    msgpack_pack_nil(&pk);
    bw_mp_cstr(&pk, "d");
    msgpack_pack_double(&pk, 2.5);
}

static void skips_whole_values(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    pack_sample(&b);
    struct bw_scan s = bw_scan_begin(bw_buf_str(&b));
    assert_int_equal(bw_scan_map(&s), 2);
    assert_true(bw_str_is(bw_scan_str(&s), "a"));
    struct bw_str list = bw_scan_skip(&s, 2);
    assert_int_equal(list.len, 8);
    assert_true(bw_str_is(bw_scan_str(&s), "d"));
    assert_int_equal(bw_scan_skip(&s, 0).len, 9);
    assert_ptr_equal(s.at, s.end);
    assert_false(s.failed);

    s = bw_scan_begin(bw_buf_str(&b));
    assert_int_equal(bw_scan_skip(&s, 3).len, b.len);
    s = bw_scan_begin(bw_buf_str(&b));
    assert_int_equal(bw_scan_skip(&s, 2).len, 0); /* it nests three levels deep */
    assert_true(s.failed);
    bw_buf_free(&b);
}

static void fails_at_every_cut(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    pack_sample(&b);
    for (size_t n = 0; n < b.len; n++) {
        struct bw_scan s = bw_scan_begin((struct bw_str){b.data, n});
        assert_int_equal(bw_scan_skip(&s, BW_SCAN_DEPTH_MAX).len, 0);
        assert_true(s.failed);
    }
    bw_buf_free(&b);
}

static void fails_for_good(void **state)
{
    (void)state;
    struct bw_scan s = bw_scan_begin(BW_STR("\x01\xa1x"));
    assert_int_equal(bw_scan_str(&s).len, 0);
    assert_true(s.failed);
    assert_int_equal(bw_scan_uint(&s), 0);
    assert_int_equal(bw_scan_map(&s), 0);
    assert_int_equal(bw_scan_array(&s), 0);
    assert_int_equal(bw_scan_skip(&s, 1).len, 0);
}

static void believes_no_count_that_cannot_be_true(void **state)
{
    static const struct bw_str lies[] = {
        BW_STR("\xdd\xff\xff\xff\xff"),     BW_STR("\xdf\xff\xff\xff\xff\x01\x02"),
        BW_STR("\xdb\xff\xff\xff\xffxx"),   BW_STR("\xc6\xff\xff\xff\xffxx"),
        BW_STR("\xc9\xff\xff\xff\xff\x01"), BW_STR("\xc1"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct bw_scan s = bw_scan_begin(lies[i]);
        struct bw_scan_value v;
        assert_false(bw_scan_value(&s, &v));
        assert_true(s.failed);
    }
}

static void bounds_depth(void **state)
{
    (void)state;
    char nested[200];
    memset(nested, 0x91, sizeof nested - 1);
    nested[sizeof nested - 1] = 1;
    struct bw_scan s = bw_scan_begin((struct bw_str){nested, sizeof nested});
    bw_scan_skip(&s, 1000);
    assert_true(s.failed);
    s = bw_scan_begin(
        (struct bw_str){nested + sizeof nested - 1 - BW_SCAN_DEPTH_MAX, BW_SCAN_DEPTH_MAX + 1});
    bw_scan_skip(&s, BW_SCAN_DEPTH_MAX);
    assert_false(s.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers_of_every_width),
        cmocka_unit_test(reads_strings_of_every_width),
        cmocka_unit_test(reads_the_rest),
        cmocka_unit_test(skips_whole_values),
        cmocka_unit_test(fails_at_every_cut),
        cmocka_unit_test(fails_for_good),
        cmocka_unit_test(believes_no_count_that_cannot_be_true),
        cmocka_unit_test(bounds_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
