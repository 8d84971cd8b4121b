/* Which answers are compressed, and that they come out as they went in. */
#include "unit.h"

#include <zlib.h>

#include "web/http/encoding.h"

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool accepted;
    } cases[] = {
        {"gzip", true},
        {"GZIP", true},
        {"x-gzip", true},
        {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"br;q=1, gzip ; q=0.2", true},
        {"*", true},
        {"gzip;q=0.001", true},
        {"gzip;q=0.5, identity;q=0.5", true},
        {"", false},
        {"identity", false},
        {"br, deflate", false},
        {"gzip;q=0", false},
        {"gzip;q=0.000", false},
        {"gzip;q=0, *", false},
        {"*;q=0", false},
        {"gzip;q=0.3, identity;q=0.8", false},
        {"gzip;q=", false},
        {"gzip;q=2", false},
        {"gzip;q=0.12345", false},
        {"gzip;level=9", false},
        {"gzipped", false},
        {",,;;,", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (bw_gzip_is_accepted(bw_str(cases[i].header)) != cases[i].accepted)
            fail_msg("\"%s\" is %s", cases[i].header, cases[i].accepted ? "refused" : "accepted");
}

static void test_worth(void **state)
{
    (void)state;
    assert_true(bw_gzip_is_worth("application/json", BW_GZIP_BYTES_MIN));
    assert_true(bw_gzip_is_worth("image/svg+xml", BW_GZIP_BYTES_MAX));
    assert_false(bw_gzip_is_worth("application/json", BW_GZIP_BYTES_MIN - 1));
    assert_false(bw_gzip_is_worth("application/json", (size_t)BW_GZIP_BYTES_MAX + 1));
    assert_false(bw_gzip_is_worth("image/png", 10000));
    assert_false(bw_gzip_is_worth(NULL, 10000));
}

static void test_round_trip(void **state)
{
    (void)state;
    char text[20000], back[sizeof text];
    struct bw_buf out = {0};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "{\"id\":\"task-17\"}"[i * i % 16];
    bw_buf_puts(&out, BW_STR("before"));
    assert_true(bw_gzip((struct bw_str){text, sizeof text}, &out));
    assert_memory_equal(out.data, "before", 6);
    z_stream z = {.next_in = (Bytef *)out.data + 6,
                  .avail_in = (uInt)out.len - 6,
                  .next_out = (Bytef *)back,
                  .avail_out = sizeof back};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, sizeof text);
    assert_int_equal(z.avail_in, 0);
    assert_memory_equal(back, text, sizeof text);
    inflateEnd(&z);
    bw_buf_free(&out);
}

static void test_no_gain(void **state)
{
    (void)state;
    unsigned char noise[3000];
    struct bw_buf out = {0};
    uint32_t n = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)((n = n * 1664525u + 1013904223u) >> 24);
    assert_false(bw_gzip((struct bw_str){(const char *)noise, sizeof noise}, &out));
    assert_int_equal(out.len, 0);
    assert_false(out.failed);
    bw_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_worth),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_no_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
