/* Page tokens: 18 bytes (a version and the order, the value, the key, a check) in base64url. */
#include "journal/page.h"

enum { BYTES = 18, VERSION = 1 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_i64(unsigned char *p, int64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)((uint64_t)v >> (56 - 8 * i));
}

static int64_t get_i64(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* Catches tokens that were typed or cut, not forged ones: any place is allowed to be asked for. */
static unsigned char check(const unsigned char *p)
{
    unsigned sum = 0x5a;
    for (int i = 0; i < BYTES - 1; i++)
        sum = (sum << 1 | sum >> 7) ^ p[i];
    return (unsigned char)sum;
}

static unsigned char order_byte(enum bw_task_sort sort, bool ascending)
{
    return (unsigned char)(VERSION << 4 | (unsigned)sort << 1 | ascending);
}

void bw_page_format(const struct bw_page *page, char out[BW_PAGE_LEN + 1])
{
    unsigned char b[BYTES] = {order_byte(page->sort, page->ascending)};
    put_i64(b + 1, page->value);
    put_i64(b + 9, page->key);
    b[BYTES - 1] = check(b);
    for (int i = 0; i < BYTES; i += 3) {
        unsigned group = (unsigned)b[i] << 16 | (unsigned)b[i + 1] << 8 | b[i + 2];
        for (int j = 0; j < 4; j++)
            *out++ = alphabet[group >> (18 - 6 * j) & 63];
    }
    *out = '\0';
}

static bool decode(struct bw_str text, unsigned char b[BYTES])
{
    if (text.len != BW_PAGE_LEN)
        return false;
    for (int i = 0; i < BYTES / 3; i++) {
        unsigned group = 0;
        for (int j = 0; j < 4; j++) {
            const char *at = memchr(alphabet, text.ptr[4 * i + j], 64);
            if (!at)
                return false;
            group = group << 6 | (unsigned)(at - alphabet);
        }
        b[3 * i] = (unsigned char)(group >> 16);
        b[3 * i + 1] = (unsigned char)(group >> 8);
        b[3 * i + 2] = (unsigned char)group;
    }
    return b[BYTES - 1] == check(b);
}

int bw_page_parse(struct bw_str text, enum bw_task_sort sort, bool ascending, struct bw_page *out,
                  struct bw_fault *fault)
{
    unsigned char b[BYTES];
    if (!decode(text, b) || b[0] >> 4 != VERSION)
        return bw_fault(fault, BW_EINVAL, "page",
                        "is not a page of this list; leave it out to begin at the first one");
    if (b[0] != order_byte(sort, ascending))
        return bw_fault(fault, BW_EINVAL, "page",
                        "belongs to another order; keep `sort` as it was, or leave `page` out");
    *out = (struct bw_page){sort, ascending, get_i64(b + 1), get_i64(b + 9)};
    return 0;
}
