/* Which events of a batch had been acked before, and which are there twice. */
#include "journal/seen.h"

#include <stdlib.h>

#include "base/hash.h"
#include "journal/db.h"
#include "journal/places.h"

int bw_seen_open(struct bw_seen *s, sqlite3 *db)
{
    *s = (struct bw_seen){0};
    return bw_db_prepare(db, &s->find,
                         "SELECT s.c1, e.place FROM stage s CROSS JOIN event_ids e"
                         " ON e.id = s.c0");
}

void bw_seen_close(struct bw_seen *s)
{
    sqlite3_finalize(s->find);
    free(s->ids);
    free(s->seq_before);
    free(s->slots);
    *s = (struct bw_seen){0};
}

static int make_room(struct bw_seen *s, size_t n)
{
    size_t cap = s->cap ? s->cap : 256;
    if (s->slots && n <= s->cap)
        return 0;
    while (cap < n)
        cap *= 2;
    struct bw_id *ids = realloc(s->ids, cap * sizeof *ids);
    if (ids)
        s->ids = ids;
    uint64_t *seqs = realloc(s->seq_before, cap * sizeof *seqs);
    if (seqs)
        s->seq_before = seqs;
    uint32_t *slots = realloc(s->slots, 2 * cap * sizeof *slots);
    if (slots)
        s->slots = slots;
    if (!ids || !seqs || !slots)
        return BW_ENOMEM;
    s->cap = cap;
    s->mask = 2 * cap - 1;
    return 0;
}

int bw_seen_begin(struct bw_seen *s, struct bw_stage *stage, struct bw_draft *const *drafts,
                  size_t n)
{
    int err = make_room(s, n);
    if (err)
        return err;
    s->n = n;
    memset(s->slots, 0, (s->mask + 1) * sizeof *s->slots);
    bw_stage_begin(stage, 2);
    for (size_t i = 0; i < n; i++) {
        bw_id_set(&s->ids[i], drafts[i]->event.id);
        s->seq_before[i] = 0;
        bw_stage_id(stage, &s->ids[i]);
        bw_stage_int(stage, (int64_t)i);
    }
    err = bw_stage_check(stage);
    while (!err && (err = bw_db_row(s->find)) == 1) {
        size_t i = (size_t)sqlite3_column_int64(s->find, 0);
        s->seq_before[i] = bw_place_seq(sqlite3_column_int64(s->find, 1));
        err = 0;
    }
    return err;
}

size_t bw_seen_first(struct bw_seen *s, size_t i)
{
    struct bw_str id = s->ids[i].text;
    size_t at = bw_hash(id) & s->mask;
    for (; s->slots[at]; at = (at + 1) & s->mask)
        if (bw_str_eq(s->ids[s->slots[at] - 1].text, id))
            return s->slots[at] - 1;
    s->slots[at] = (uint32_t)i + 1;
    return i;
}
