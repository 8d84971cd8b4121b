/* Packing, reading members, and unpacking what strangers send. */
#include "sample.h"

static struct bw_fault unpack_fault;

static int unpack(const char *bytes, size_t len, int depth)
{
    msgpack_object o;
    char *exact = malloc(len ? len : 1); /* so that reading beyond the end is seen */
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    unpack_fault = (struct bw_fault){0};
    int err = bw_mp_unpack((struct bw_str){exact, len}, depth, &sample_zone, &o, &unpack_fault);
    free(exact);
    return err;
}

static void test_strings_of_every_width(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct bw_buf b = {0};
        msgpack_packer pk;
        char *text = malloc(lengths[i] + 1);
        assert_non_null(text);
        memset(text, 'x', lengths[i]);
        bw_mp_packer(&pk, &b);
        bw_mp_str(&pk, (struct bw_str){text, lengths[i]});
        const msgpack_object *o = sample_unpack(bw_buf_str(&b));
        assert_int_equal(o->type, MSGPACK_OBJECT_STR);
        assert_true(bw_str_eq(bw_mp_as_str(o), (struct bw_str){text, lengths[i]}));
        free(text);
        bw_buf_free(&b);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        double v;
        msgpack_object_type type;
    } cases[] = {
        {0, MSGPACK_OBJECT_POSITIVE_INTEGER},
        {-0.0, MSGPACK_OBJECT_POSITIVE_INTEGER},
        {100, MSGPACK_OBJECT_POSITIVE_INTEGER},
        {-7, MSGPACK_OBJECT_NEGATIVE_INTEGER},
        {0x1p53, MSGPACK_OBJECT_POSITIVE_INTEGER},
        {0x1p54, MSGPACK_OBJECT_FLOAT64},
        {0.5, MSGPACK_OBJECT_FLOAT64},
        {1e300, MSGPACK_OBJECT_FLOAT64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bw_buf b = {0};
        msgpack_packer pk;
        double back;
        bw_mp_packer(&pk, &b);
        bw_mp_number(&pk, cases[i].v);
        const msgpack_object *o = sample_unpack(bw_buf_str(&b));
        assert_int_equal(o->type, cases[i].type);
        assert_true(bw_mp_as_f64(o, &back));
        assert_true(back == cases[i].v);
        bw_buf_free(&b);
    }
}

/* Byte by byte what msgpack-c writes, at both sides of every width. */
static void test_whole_numbers_of_every_width(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++)
        for (int step = -1; step <= 1; step++) {
            struct bw_buf ours = {0}, theirs = {0};
            msgpack_packer pk;
            uint64_t v = (UINT64_C(1) << bit) + (uint64_t)step;
            bw_mp_packer(&pk, &ours);
            bw_mp_u64(&pk, v);
            bw_mp_packer(&pk, &theirs);
            msgpack_pack_uint64(&pk, v);
            assert_true(bw_str_eq(bw_buf_str(&ours), bw_buf_str(&theirs)));
            bw_buf_free(&ours);
            bw_buf_free(&theirs);
        }
}

static void test_map_writer(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_mp_map m, inner;
    bw_mp_map_begin(&m, &b);
    bw_mp_put_str(&m, "s", BW_STR("text"));
    bw_mp_key(&m, "inner");
    bw_mp_map_begin(&inner, &b);
    bw_mp_put_bool(&inner, "yes", true);
    bw_mp_put_bool(&inner, "no", false);
    bw_mp_map_end(&inner);
    bw_mp_put_u64(&m, "u", UINT64_MAX);
    bw_mp_put_number(&m, "n", 2.5);
    bw_mp_put_cstr(&m, "c", "z");
    bw_mp_put_time(&m, "t", 0);
    bw_mp_map_end(&m);
    assert_string_equal(sample_json(sample_unpack(bw_buf_str(&b))),
                        "{'s':'text','inner':{'yes':true,'no':false},'u':18446744073709551615,"
                        "'n':2.5,'c':'z','t':'1970-01-01T00:00:00.000000Z'}");
    bw_buf_free(&b);
}

static void test_map_writer_counts_beyond_16_bits(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 15, 16, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bw_buf b = {0};
        struct bw_mp_map m;
        bw_buf_puts(&b, BW_STR("\xc0")); /* something before it */
        bw_mp_map_begin(&m, &b);
        for (uint32_t n = 0; n < sizes[i]; n++)
            bw_mp_put_u64(&m, "k", n);
        bw_mp_map_end(&m);
        const msgpack_object *o = sample_unpack((struct bw_str){b.data + 1, b.len - 1});
        assert_int_equal(o->type, MSGPACK_OBJECT_MAP);
        assert_int_equal(o->via.map.size, sizes[i]);
        for (uint32_t n = 0; n < sizes[i]; n++)
            assert_int_equal(o->via.map.ptr[n].val.via.u64, n);
        bw_buf_free(&b);
    }
}

static void test_map_writer_survives_failure(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_mp_map m;
    assert_null(bw_buf_reserve(&b, SIZE_MAX / 2));
    bw_mp_map_begin(&m, &b);
    bw_mp_put_cstr(&m, "k", "v");
    bw_mp_put_u64(&m, "k", 1);
    bw_mp_map_end(&m);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
    bw_buf_free(&b);
}

static void test_get(void **state)
{
    (void)state;
    const msgpack_object *map = sample_object("{'a':1,'b':null}");
    assert_int_equal(bw_mp_get(map, "a")->via.u64, 1);
    assert_int_equal(bw_mp_get(map, "b")->type, MSGPACK_OBJECT_NIL);
    assert_null(bw_mp_get(map, "c"));
    assert_null(bw_mp_get(NULL, "a"));
    assert_null(bw_mp_get(sample_object("[1]"), "a"));
    /* twice the same key, and one that is no string */
    const msgpack_object *twice = sample_unpack(BW_STR("\x83\xa1k\x01\x07\x07\xa1k\x02"));
    assert_int_equal(bw_mp_get(twice, "k")->via.u64, 2);
}

static void test_typed_members(void **state)
{
    (void)state;
    const msgpack_object *m =
        sample_object("{'s':'text','u':7,'neg':-7,'f':2.5,'yes':true,'nil':null,'list':[]}");
    struct bw_fault f = {0};
    struct bw_str s = BW_STR("before");
    uint64_t u = 99;
    double d = 99;
    bool flag = false;
    assert_true(bw_mp_get_str(m, "s", 4, &s, &f) && bw_str_is(s, "text"));
    assert_true(bw_mp_get_u64(m, "u", &u, &f) && u == 7);
    assert_true(bw_mp_get_f64(m, "u", &d, &f) && d == 7);
    assert_true(bw_mp_get_f64(m, "neg", &d, &f) && d == -7);
    assert_true(bw_mp_get_f64(m, "f", &d, &f) && d == 2.5);
    assert_true(bw_mp_get_bool(m, "yes", &flag, &f) && flag);
    assert_false(bw_mp_get_str(m, "nil", 4, &s, &f) || bw_mp_get_str(m, "none", 4, &s, &f));
    assert_false(bw_mp_get_u64(m, "nil", &u, &f) || bw_mp_get_u64(m, "none", &u, &f));
    assert_false(bw_mp_get_f64(m, "nil", &d, &f) || bw_mp_get_f64(m, "none", &d, &f));
    assert_false(bw_mp_get_bool(m, "nil", &flag, &f) || bw_mp_get_bool(m, "none", &flag, &f));
    assert_int_equal(f.err, 0);
    assert_true(bw_str_is(s, "text") && u == 7 && d == 2.5 && flag);
}

static void check_refused(bool taken, const struct bw_fault *f, const char *field, const char *why)
{
    assert_false(taken);
    assert_int_equal(f->err, BW_EINVAL);
    assert_string_equal(f->field, field);
    assert_non_null(strstr(f->message, why));
}

static void test_typed_members_of_other_types(void **state)
{
    (void)state;
    const msgpack_object *m = sample_object("{'s':'text','neg':-7,'list':[]}");
    struct bw_str s;
    uint64_t u;
    double d;
    bool b;
    struct bw_fault f = {0};
    check_refused(bw_mp_get_str(m, "s", 3, &s, &f), &f, "s", "at most 3");
    check_refused(bw_mp_get_str(m, "list", 3, &s, &f), &f, "s", "at most 3"); /* the first stays */
    f = (struct bw_fault){0};
    check_refused(bw_mp_get_str(m, "neg", 3, &s, &f), &f, "neg", "string");
    f = (struct bw_fault){0};
    check_refused(bw_mp_get_u64(m, "neg", &u, &f), &f, "neg", "whole number");
    f = (struct bw_fault){0};
    check_refused(bw_mp_get_f64(m, "list", &d, &f), &f, "list", "number");
    f = (struct bw_fault){0};
    check_refused(bw_mp_get_bool(m, "s", &b, &f), &f, "s", "true or false");
    f = (struct bw_fault){0};
    m = sample_unpack(BW_STR("\x81\xa1k\xa2\xc3\x28"));
    check_refused(bw_mp_get_str(m, "k", 9, &s, &f), &f, "k", "UTF-8");
    f = (struct bw_fault){0};
    m = sample_unpack(BW_STR("\x81\xa1k\xcb\x7f\xf8\0\0\0\0\0\0")); /* NaN */
    check_refused(bw_mp_get_f64(m, "k", &d, &f), &f, "k", "number");
}

/* One of every kind of head, then each of its beginnings. */
static void test_every_head_and_every_cut(void **state)
{
    (void)state;
    static const struct bw_str whole[] = {
        BW_STR("\x07"),
        BW_STR("\xe0"),
        BW_STR("\x81\xa1k\x01"),
        BW_STR("\x92\x01\x02"),
        BW_STR("\xa3"
               "abc"),
        BW_STR("\xc0"),
        BW_STR("\xc2"),
        BW_STR("\xc3"),
        BW_STR("\xc4\x02zz"),
        BW_STR("\xc5\0\x02zz"),
        BW_STR("\xc6\0\0\0\x02zz"),
        BW_STR("\xc7\x02\x05zz"),
        BW_STR("\xc8\0\x02\x05zz"),
        BW_STR("\xc9\0\0\0\x02\x05zz"),
        BW_STR("\xca\x3f\x80\0\0"),
        BW_STR("\xcb\x3f\xf0\0\0\0\0\0\0"),
        BW_STR("\xcc\xff"),
        BW_STR("\xcd\xff\xff"),
        BW_STR("\xce\xff\xff\xff\xff"),
        BW_STR("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        BW_STR("\xd0\x80"),
        BW_STR("\xd1\x80\0"),
        BW_STR("\xd2\x80\0\0\0"),
        BW_STR("\xd3\x80\0\0\0\0\0\0\0"),
        BW_STR("\xd4\x05z"),
        BW_STR("\xd5\x05zz"),
        BW_STR("\xd6\x05zzzz"),
        BW_STR("\xd7\x05zzzzzzzz"),
        BW_STR("\xd8\x05zzzzzzzzzzzzzzzz"),
        BW_STR("\xd9\x02zz"),
        BW_STR("\xda\0\x02zz"),
        BW_STR("\xdb\0\0\0\x02zz"),
        BW_STR("\xdc\0\x02\x01\x02"),
        BW_STR("\xdd\0\0\0\x02\x01\x02"),
        BW_STR("\xde\0\x01\x01\x02"),
        BW_STR("\xdf\0\0\0\x01\x01\x02"),
        BW_STR("\x90"),
        BW_STR("\x80"),
    };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        assert_int_equal(unpack(whole[i].ptr, whole[i].len, 2), 0);
        for (size_t n = 0; n < whole[i].len; n++) {
            assert_int_equal(unpack(whole[i].ptr, n, 2), BW_EPROTO);
            assert_non_null(strstr(unpack_fault.message, "ends in the middle"));
        }
        char longer[32];
        memcpy(longer, whole[i].ptr, whole[i].len);
        longer[whole[i].len] = 0;
        assert_int_equal(unpack(longer, whole[i].len + 1, 2), BW_EPROTO);
        assert_non_null(strstr(unpack_fault.message, "1 more"));
    }
    assert_int_equal(unpack("\xc1", 1, 2), BW_EPROTO);
    assert_string_equal(unpack_fault.message, "not msgpack");
}

/* What would make msgpack-c allocate gigabytes is refused before it is asked. */
static void test_announcements_without_content(void **state)
{
    (void)state;
    assert_int_equal(unpack("\xdd\xff\xff\xff\xff\x01", 6, 32), BW_EPROTO);
    assert_int_equal(unpack("\xdf\xff\xff\xff\xff\x01", 6, 32), BW_EPROTO);
    assert_int_equal(unpack("\xdb\xff\xff\xff\xffx", 6, 32), BW_EPROTO);
    assert_int_equal(unpack("\xc6\xff\xff\xff\xffx", 6, 32), BW_EPROTO);
    assert_int_equal(unpack("\xc9\xff\xff\xff\xffx", 6, 32), BW_EPROTO);
    assert_int_equal(unpack("\x91\x91\xdd\x7f\xff\xff\xff", 7, 32), BW_EPROTO);
}

static void test_depth(void **state)
{
    (void)state;
    char nested[64];
    memset(nested, '\x91', sizeof nested);
    for (int depth = 0; depth <= BW_MP_DEPTH_MAX; depth++) {
        nested[depth] = 1;
        for (int max = 0; max <= BW_MP_DEPTH_MAX; max++)
            assert_int_equal(unpack(nested, (size_t)depth + 1, max), depth <= max ? 0 : BW_EPROTO);
        nested[depth] = '\x91';
    }
    nested[40] = 1;
    assert_int_equal(unpack(nested, 41, 1000), BW_EPROTO);
    assert_non_null(strstr(unpack_fault.message, "32 levels"));
    assert_int_equal(unpack("\x93\x91\x01\x91\x01\x91\x01", 7, 2),
                     0); /* side by side is not deep */
}

static void test_number_of_values(void **state)
{
    (void)state;
    size_t n = BW_MP_VALUES_MAX;
    char *bytes = calloc(1, 5 + n);
    assert_non_null(bytes);
    memcpy(bytes, "\xdd\x00\x10\x00\x00", 5);
    assert_int_equal(unpack(bytes, 5 + n, 1), BW_EPROTO); /* the array is a value too */
    memcpy(bytes, "\xdd\x00\x0f\xff\xff", 5);
    assert_int_equal(unpack(bytes, 5 + n - 1, 1), 0);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_strings_of_every_width),
        sample_test(test_numbers),
        sample_test(test_whole_numbers_of_every_width),
        sample_test(test_map_writer),
        sample_test(test_map_writer_counts_beyond_16_bits),
        sample_test(test_map_writer_survives_failure),
        sample_test(test_get),
        sample_test(test_typed_members),
        sample_test(test_typed_members_of_other_types),
        sample_test(test_every_head_and_every_cut),
        sample_test(test_announcements_without_content),
        sample_test(test_depth),
        sample_test(test_number_of_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
