/* Whether a task is one of those asked for. */
#include "journal/task_filter.h"

#include <wctype.h>

#include "wire/utf8.h"

static unsigned all_statuses(void)
{
    return (1u << BW_N_STATUS) - 1;
}

static unsigned statuses_of(const struct bw_str_set *words)
{
    unsigned mask = 0;
    enum bw_status status;
    for (size_t i = 0; i < words->n; i++)
        if (bw_status_parse(words->v[i], &status))
            mask |= 1u << status;
    return words->n ? mask : all_statuses();
}

/* The character at s.ptr, which is well-formed and has n bytes. */
static wint_t decode(struct bw_str s, size_t n)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    wint_t c = (unsigned char)s.ptr[0] & first_bits[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    return c;
}

static void encode(struct bw_buf *out, wint_t c)
{
    if (c < 0x80) {
        bw_buf_putc(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    bw_buf_putc(out, (char)(marks[more] | c >> (6 * more)));
    while (more-- > 0)
        bw_buf_putc(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

static void put_lower(const struct bw_task_filter *f, struct bw_buf *out, struct bw_str s)
{
    while (s.len > 0) {
        size_t n = bw_utf8_char_len(s);
        unsigned char byte = (unsigned char)s.ptr[0];
        if (n <= 1)
            bw_buf_putc(out, (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
        else if (f->locale)
            encode(out, towlower_l(decode(s, n), f->locale));
        else
            bw_buf_put(out, s.ptr, n);
        n = n ? n : 1;
        s.ptr += n;
        s.len -= n;
    }
}

void bw_task_filter_open(struct bw_task_filter *f, const struct bw_task_query *q)
{
    *f = (struct bw_task_filter){
        .q = q, .statuses = statuses_of(&q->status), .refusals_left = INT64_MAX};
    f->checks = (f->statuses != all_statuses() ? BW_CHECK_STATUS : 0u) |
                (q->type.n ? BW_CHECK_TYPE : 0u) | (q->owner.n ? BW_CHECK_OWNER : 0u) |
                (q->resource.n ? BW_CHECK_RESOURCE : 0u) | (q->queue.n ? BW_CHECK_QUEUE : 0u);
    if (q->q.len == 0)
        return;
    f->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    put_lower(f, &f->wanted, q->q);
}

void bw_task_filter_close(struct bw_task_filter *f)
{
    if (f->locale)
        freelocale(f->locale);
    bw_buf_free(&f->wanted);
    bw_buf_free(&f->text);
}

void bw_task_filter_candidates(struct bw_task_filter *f, const int64_t *keys, size_t n)
{
    f->candidates = keys;
    f->n_candidates = n;
    f->checks |= BW_CHECK_CANDIDATE;
}

static bool is_candidate(const struct bw_task_filter *f, int64_t key)
{
    size_t low = 0, high = f->n_candidates;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->candidates[mid] < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_candidates && f->candidates[low] == key;
}

static bool count(struct bw_task_filter *f, bool passes)
{
    f->refusals_left -= !passes;
    return passes || bw_task_filter_is_tired(f);
}

bool bw_task_filter_number(struct bw_task_filter *f, enum bw_task_check check, int64_t value)
{
    return count(f, check == BW_CHECK_STATUS ? f->statuses >> value & 1 : is_candidate(f, value));
}

bool bw_task_filter_name(struct bw_task_filter *f, enum bw_task_check check, struct bw_str value)
{
    const struct bw_str_set *set = check == BW_CHECK_TYPE       ? &f->q->type
                                   : check == BW_CHECK_OWNER    ? &f->q->owner
                                   : check == BW_CHECK_RESOURCE ? &f->q->resource
                                                                : &f->q->queue;
    return count(f, bw_str_set_allows(set, value));
}

bool bw_task_filter_columns(const struct bw_task_filter *f, const struct bw_task_columns *c)
{
    return (f->statuses >> c->status & 1) && bw_str_set_allows(&f->q->type, c->type) &&
           bw_str_set_allows(&f->q->owner, c->owner) &&
           bw_str_set_allows(&f->q->resource, c->resource) &&
           bw_str_set_allows(&f->q->queue, c->queue);
}

static bool contains(struct bw_task_filter *f, struct bw_str s)
{
    bw_buf_reset(&f->text);
    put_lower(f, &f->text, s);
    return memmem(f->text.data, f->text.len, f->wanted.data, f->wanted.len) != NULL;
}

bool bw_task_filter_text(struct bw_task_filter *f, struct bw_str id, struct bw_str title)
{
    return f->q->q.len == 0 || contains(f, title) || contains(f, id);
}
