/* Events: the input is one, or an array of them, as a producer would send it.
 *
 * Properties. What was decoded and encoded decodes to the same and encodes to the same bytes; its
 * JSON is JSON. Folding the stored form gives the row and the docs that folding the event as it
 * came gave, also when the row before was stored in between; rows encode and decode to the same. */
#include "fuzz.h"

#include "wire/event.h"
#include "wire/task.h"

struct history {
    msgpack_zone zone;
    struct bw_task row;
    struct bw_buf row_bytes; /* what the row borrows from */
    bool known;
    uint64_t seq;
};

static void require_same_docs(const msgpack_object *a[BW_N_DOCS],
                              const msgpack_object *b[BW_N_DOCS])
{
    for (int d = 0; d < BW_N_DOCS; d++) {
        REQUIRE((a[d] == NULL) == (b[d] == NULL));
        if (a[d]) {
            struct bw_buf x = {0}, y = {0};
            bw_json_object(&x, a[d]);
            bw_json_object(&y, b[d]);
            fuzz_require_same(&x, &y);
            bw_buf_free(&x);
            bw_buf_free(&y);
        }
    }
}

static void require_same_event(const struct bw_event *a, const struct bw_event *b)
{
    REQUIRE(bw_str_eq(a->id, b->id) && bw_str_eq(a->topic, b->topic));
    REQUIRE(bw_str_eq(a->event_type, b->event_type) && bw_str_eq(a->message, b->message));
    REQUIRE(bw_str_eq(a->source, b->source) && bw_str_eq(a->task_id, b->task_id));
    REQUIRE(a->timestamp_us == b->timestamp_us && a->received_at_us == b->received_at_us);
    REQUIRE(a->seq == b->seq && a->prev == b->prev);
}

/* The event, encoded with the row (or NULL) and decoded again; *bytes is what it borrows from. */
static struct bw_event stored(struct history *h, const struct bw_event *e,
                              const struct bw_task *row, struct bw_buf *bytes)
{
    struct bw_event back;
    struct bw_fault fault = {0};
    struct bw_buf twice = {0};
    bw_event_encode(bytes, e, row);
    msgpack_object map = fuzz_unpack(bytes, &h->zone);
    if (bw_event_decode(&map, &back, &fault) != 0)
        fprintf(stderr, "%s %s\n", fault.field, fault.message);
    REQUIRE(fault.err == 0);
    require_same_event(e, &back);
    bw_event_encode(&twice, &back, row);
    fuzz_require_same(bytes, &twice);
    bw_buf_free(&twice);
    return back;
}

static void check_json(const struct bw_event *e)
{
    struct bw_buf json = {0};
    bw_buf_putc(&json, '{');
    bw_event_json(&json, e, 0x1f0c22aa);
    bw_buf_putc(&json, '}');
    fuzz_require_json(&json);
    bw_buf_free(&json);
}

/* Takes the row after an event into the history, by way of its stored form. */
static void keep_row(struct history *h, const struct bw_task *row, const struct bw_task *again,
                     const msgpack_object *const docs[BW_N_DOCS])
{
    struct bw_buf a = {0}, b = {0}, json = {0};
    struct bw_fault fault = {0};
    bw_task_encode(&a, row);
    bw_task_encode(&b, again);
    fuzz_require_same(&a, &b);
    bw_task_json(&json, row, docs);
    fuzz_require_json(&json);
    bw_buf_free(&json);
    bw_buf_free(&h->row_bytes);
    h->row_bytes = a;
    msgpack_object map = fuzz_unpack(&h->row_bytes, &h->zone);
    if (bw_task_decode(&map, &h->row, &fault) != 0)
        fprintf(stderr, "%s %s\n", fault.field, fault.message);
    REQUIRE(fault.err == 0);
    bw_buf_reset(&b);
    bw_task_encode(&b, &h->row);
    fuzz_require_same(&a, &b);
    bw_buf_free(&b);
    h->known = true;
}

static void check_invariants(const struct bw_task *t)
{
    REQUIRE(t->progress >= 0 && t->progress <= 100);
    REQUIRE(t->attempt >= 1);
    REQUIRE(t->status != BW_COMPLETED || t->progress == 100);
    REQUIRE(t->status == BW_RUNNING || (t->rate == -1 && t->eta_s == -1));
    REQUIRE(t->eta_s < 0 || t->rate > 0);
}

static void check_fold(struct history *h, struct bw_event *e)
{
    const msgpack_object *docs[BW_N_DOCS], *docs_again[BW_N_DOCS];
    bool same_task = h->known && bw_str_eq(h->row.id, e->task_id);
    const struct bw_task *before = same_task ? &h->row : NULL;
    struct bw_task after, again;
    struct bw_fault fault = {0};
    struct bw_buf bytes = {0};
    e->seq = ++h->seq;
    int result = bw_task_fold(before, e, &after, docs, &fault);
    if (result == BW_FOLD_DELETED)
        h->known = false;
    if (result < 0)
        REQUIRE(fault.err == BW_EINVAL && fault.field[0] && fault.message[0]);
    if (result != BW_FOLD_APPLIED)
        return;
    check_invariants(&after);
    struct bw_event back = stored(h, e, &after, &bytes);
    REQUIRE(bw_task_fold(before, &back, &again, docs_again, NULL) == BW_FOLD_APPLIED);
    require_same_docs(docs, docs_again);
    check_json(&back);
    keep_row(h, &after, &again, docs);
    bw_buf_free(&bytes);
}

static void check_event(struct history *h, const msgpack_object *map)
{
    struct bw_event e;
    struct bw_fault fault = {0};
    struct bw_buf bytes = {0};
    if (bw_event_decode(map, &e, &fault) != 0) {
        REQUIRE(fault.err == BW_EINVAL && fault.message[0]);
        return;
    }
    if (e.seq == 0) /* these two are written only with it */
        e.prev = 0, e.received_at_us = 0;
    stored(h, &e, NULL, &bytes);
    bw_buf_free(&bytes);
    check_json(&e);
    check_fold(h, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct history h = {0};
    msgpack_object o;
    if (!msgpack_zone_init(&h.zone, 8192))
        return 0;
    if (bw_mp_unpack(fuzz_input(data, size), BW_MP_DEPTH_MAX, &h.zone, &o, NULL) == 0) {
        if (o.type == MSGPACK_OBJECT_ARRAY)
            for (uint32_t i = 0; i < o.via.array.size; i++)
                check_event(&h, &o.via.array.ptr[i]);
        else
            check_event(&h, &o);
    }
    bw_buf_free(&h.row_bytes);
    msgpack_zone_destroy(&h.zone);
    return 0;
}
