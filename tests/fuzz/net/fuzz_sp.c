/* A byte stream with requests: the first byte says of which kind, the rest is what a client says
 * after its greeting.
 *
 * Properties. A message lies within what was read, is told the same however much follows it, is not
 * told before it is whole, and written again it is the same bytes. */
#include "fuzz.h"

#include "net/sp.h"

enum { MAX = 4096 };

static void check_message(enum bw_sp_framing framing, struct bw_str in,
                          const struct bw_sp_message *m)
{
    struct bw_sp_message again;
    struct bw_buf bytes = {0};
    REQUIRE(m->bytes <= in.len);
    REQUIRE(bw_sp_read(framing, (struct bw_str){in.ptr, m->bytes}, MAX, &again) == 1);
    REQUIRE(again.bytes == m->bytes && bw_str_eq(again.route, m->route));
    REQUIRE(bw_sp_read(framing, (struct bw_str){in.ptr, m->bytes - 1}, MAX, &again) == 0);
    REQUIRE(again.bytes > m->bytes - 1 && again.bytes <= m->bytes);
    if (m->route.len == 0)
        return;
    REQUIRE(m->route.len <= BW_SP_ROUTE_BYTES_MAX && m->route.ptr >= in.ptr);
    REQUIRE(m->body.ptr + m->body.len == in.ptr + m->bytes);
    struct bw_str part = {in.ptr, (size_t)(m->body.ptr - in.ptr)};
    REQUIRE(bw_sp_read_part(framing, part, &again) == 1 && again.bytes == m->bytes);
    REQUIRE(bw_str_eq(again.route, m->route) && again.body.len == 0);
    size_t began = bw_sp_begin(&bytes, framing, m->route);
    bw_buf_puts(&bytes, m->body);
    bw_sp_end(&bytes, framing, began);
    REQUIRE(bw_str_eq(bw_buf_str(&bytes), (struct bw_str){in.ptr, m->bytes}));
    bw_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_str in = fuzz_input(data, size);
    struct bw_sp_message m;
    int rc;
    if (size == 0)
        return 0;
    enum bw_sp_framing framing = data[0] & 1 ? BW_SP_IPC : BW_SP_TCP;
    in = (struct bw_str){in.ptr + 1, in.len - 1};
    while ((rc = bw_sp_read(framing, in, MAX, &m)) == 1) {
        check_message(framing, in, &m);
        in = (struct bw_str){in.ptr + m.bytes, in.len - m.bytes};
    }
    if (rc == 0)
        REQUIRE(m.bytes > in.len && m.bytes <= MAX + 9);
    else
        REQUIRE(rc == BW_EPROTO || rc == BW_ETOOBIG);
    return 0;
}
