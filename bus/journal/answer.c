/* Writing the answer of a reading verb. */
#include "journal/answer.h"

#include "wire/rpc.h"

void bw_answer_begin(struct bw_answer *a, struct bw_buf *out, const struct bw_journal_state *state)
{
    *a = (struct bw_answer){.start = out->len};
    bw_mp_map_begin(&a->map, out);
    bw_mp_put_bool(&a->map, "ok", true);
    bw_mp_put_u64(&a->map, "epoch", state->epoch);
    bw_mp_put_u64(&a->map, "head", state->head);
    bw_mp_put_u64(&a->map, "oldest", state->head ? state->oldest : 0);
}

/* Always the form with 32 bits of length, because the length comes later. */
void bw_answer_array(struct bw_answer *a, const char *key)
{
    static const char header[5] = {(char)0xdd, 0, 0, 0, 0};
    bw_mp_key(&a->map, key);
    a->array_at = a->map.buf->len + 1;
    a->n = 0;
    bw_buf_put(a->map.buf, header, sizeof header);
}

void bw_answer_item(struct bw_answer *a, struct bw_str bytes)
{
    bw_buf_puts(a->map.buf, bytes);
    a->n++;
}

bool bw_answer_is_full(const struct bw_answer *a, size_t item_bytes)
{
    return a->n > 0 && a->map.buf->len - a->start + item_bytes > BW_RPC_REPLY_BYTES;
}

void bw_answer_array_end(struct bw_answer *a)
{
    if (a->map.buf->failed)
        return;
    unsigned char *p = (unsigned char *)a->map.buf->data + a->array_at;
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(a->n >> (24 - 8 * i));
}

void bw_answer_end(struct bw_answer *a)
{
    bw_mp_map_end(&a->map);
}
