/* JSON: the input is a text.
 *
 * Properties. What was read unpacks; written again it is JSON, and reading and writing that changes
 * nothing more. */
#include "fuzz.h"

static bool read_text(struct bw_str text, struct bw_buf *packed)
{
    struct bw_fault fault = {0};
    bw_buf_reset(packed);
    if (bw_json_to_msgpack(text, packed, &fault) == 0)
        return true;
    REQUIRE(fault.err == BW_EINVAL && fault.message[0] && packed->len == 0);
    return false;
}

static void write_text(const struct bw_buf *packed, msgpack_zone *zone, struct bw_buf *text)
{
    msgpack_object o = fuzz_unpack(packed, zone);
    bw_json_object(text, &o);
    fuzz_require_json(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_buf packed = {0}, first = {0}, second = {0};
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, 8192))
        return 0;
    if (read_text(fuzz_input(data, size), &packed)) {
        write_text(&packed, &zone, &first);
        REQUIRE(read_text(bw_buf_str(&first), &packed));
        write_text(&packed, &zone, &second);
        fuzz_require_same(&first, &second);
    }
    bw_buf_free(&packed);
    bw_buf_free(&first);
    bw_buf_free(&second);
    msgpack_zone_destroy(&zone);
    return 0;
}
