/* Unpacking what strangers send.
 *
 * DESIGN. msgpack-c allocates an array for as many values as its header announces: five bytes can
 * ask for 96 GiB. So the bytes are walked first, without building anything: every announced value
 * has to fit into what is left, depth and the number of values have bounds, and nothing may follow.
 * Only then msgpack-c builds the object. */
#include "wire/mp.h"

struct walk {
    const uint8_t *bytes;
    size_t len, at;
};

/* A value's head: what follows it. */
struct head {
    uint64_t body;  /* bytes of a string, number, … */
    uint64_t items; /* values inside an array or map */
    bool is_container;
};

/* Big-endian number of `width` bytes; false if they are not there. */
static bool take_length(struct walk *w, unsigned width, uint64_t *out)
{
    uint64_t v = 0;
    if (w->len - w->at < width)
        return false;
    while (width-- > 0)
        v = v << 8 | w->bytes[w->at++];
    *out = v;
    return true;
}

static bool take_head(struct walk *w, struct head *h)
{
    static const uint8_t fixed_body[] = {
        [0xca - 0xc0] = 4, [0xcb - 0xc0] = 8, [0xcc - 0xc0] = 1,  [0xcd - 0xc0] = 2,
        [0xce - 0xc0] = 4, [0xcf - 0xc0] = 8, [0xd0 - 0xc0] = 1,  [0xd1 - 0xc0] = 2,
        [0xd2 - 0xc0] = 4, [0xd3 - 0xc0] = 8, [0xd4 - 0xc0] = 2,  [0xd5 - 0xc0] = 3,
        [0xd6 - 0xc0] = 5, [0xd7 - 0xc0] = 9, [0xd8 - 0xc0] = 17,
    };
    uint64_t n;
    if (w->at == w->len)
        return false;
    uint8_t b = w->bytes[w->at++];
    *h = (struct head){0};
    if (b <= 0x7f || b >= 0xe0) {
        return true;
    } else if (b <= 0x8f) {
        *h = (struct head){.items = 2U * (b & 0x0fU), .is_container = true};
    } else if (b <= 0x9f) {
        *h = (struct head){.items = b & 0x0f, .is_container = true};
    } else if (b <= 0xbf) {
        h->body = b & 0x1f;
    } else if (b >= 0xc4 && b <= 0xc9) { /* bin and ext; ext has one more byte, its type */
        if (!take_length(w, 1U << ((b - 0xc4) % 3), &n))
            return false;
        h->body = n + (b >= 0xc7);
    } else if (b >= 0xd9 && b <= 0xdb) { /* str */
        return take_length(w, 1U << (b - 0xd9), &h->body);
    } else if (b >= 0xdc) { /* array, then map */
        if (!take_length(w, b & 1 ? 4 : 2, &n))
            return false;
        *h = (struct head){.items = b >= 0xde ? 2 * n : n, .is_container = true};
    } else { /* nil, booleans, numbers, fixext; and 0xc1, which msgpack-c refuses */
        h->body = fixed_body[b - 0xc0];
    }
    return true;
}

static int walk_all(struct bw_str bytes, int max_depth, struct bw_fault *fault)
{
    struct walk w = {(const uint8_t *)bytes.ptr, bytes.len, 0};
    uint64_t left[BW_MP_DEPTH_MAX + 1] = {1}; /* values still to come at each level */
    size_t values = 0;
    struct head h;
    int depth = 0;
    for (;;) {
        while (depth > 0 && left[depth] == 0)
            depth--;
        if (left[depth] == 0)
            break;
        left[depth]--;
        if (!take_head(&w, &h) || h.body > w.len - w.at || h.items > w.len - w.at)
            return bw_fault(fault, BW_EPROTO, "", "msgpack ends in the middle, after %zu bytes",
                            w.len);
        w.at += (size_t)h.body;
        if (++values > BW_MP_VALUES_MAX)
            return bw_fault(fault, BW_EPROTO, "", "msgpack holds more than %d values",
                            BW_MP_VALUES_MAX);
        if (!h.is_container)
            continue;
        if (depth == max_depth)
            return bw_fault(fault, BW_EPROTO, "", "msgpack nests deeper than %d levels", max_depth);
        left[++depth] = h.items;
    }
    if (w.at != w.len)
        return bw_fault(fault, BW_EPROTO, "", "msgpack is followed by %zu more bytes",
                        w.len - w.at);
    return 0;
}

int bw_mp_unpack(struct bw_str bytes, int max_depth, msgpack_zone *zone, msgpack_object *out,
                 struct bw_fault *fault)
{
    size_t offset = 0;
    int err = walk_all(bytes, max_depth < BW_MP_DEPTH_MAX ? max_depth : BW_MP_DEPTH_MAX, fault);
    if (err)
        return err;
    switch (msgpack_unpack(bytes.ptr, bytes.len, &offset, zone, out)) {
    case MSGPACK_UNPACK_SUCCESS:
        return 0;
    case MSGPACK_UNPACK_NOMEM_ERROR:
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    default:
        return bw_fault(fault, BW_EPROTO, "", "not msgpack");
    }
}
