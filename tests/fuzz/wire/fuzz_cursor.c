/* The small languages: cursors, times, base URLs. The input is a text.
 *
 * Properties. A cursor that is accepted is written as it was read; a time that is accepted is
 * written as one that reads back to the same moment; an endpoint begins with its URL's scheme. */
#include "fuzz.h"

#include "base/clock.h"
#include "wire/cursor.h"
#include "wire/url.h"

static void check_cursor(struct bw_str text)
{
    struct bw_cursor c;
    struct bw_fault fault = {0};
    char back[BW_CURSOR_LEN + 1];
    if (bw_cursor_parse(text, "after", &c, &fault) != 0) {
        REQUIRE(fault.err == BW_EINVAL);
    } else if (c.kind == BW_CURSOR_AT) {
        size_t n = bw_cursor_format(c.epoch, c.seq, back);
        REQUIRE(bw_str_eq(text, (struct bw_str){back, n}));
    } else {
        REQUIRE(bw_str_is(text, c.kind == BW_CURSOR_OLDEST ? "oldest" : "latest"));
    }
}

static void check_time(struct bw_str text)
{
    int64_t us, again;
    char back[BW_TIME_LEN + 1];
    if (bw_time_parse(text, &us) != 0)
        return;
    bw_time_format(us, back);
    REQUIRE(bw_time_parse(bw_str(back), &again) == 0);
    REQUIRE(us == again);
}

static void check_url(struct bw_str text)
{
    char *url = calloc(1, text.len + 1);
    char out[BW_URL_MAX];
    if (!url)
        return;
    if (text.len > 0)
        memcpy(url, text.ptr, text.len);
    for (int which = BW_ENDPOINT_REQ; which <= BW_ENDPOINT_IN; which++)
        if (bw_bus_url(url, (enum bw_endpoint)which, out, sizeof out) == 0)
            REQUIRE(strlen(out) < sizeof out && strncmp(out, url, strcspn(url, ":") + 3) == 0);
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_str text = fuzz_input(data, size);
    check_cursor(text);
    check_time(text);
    check_url(text);
    return 0;
}
