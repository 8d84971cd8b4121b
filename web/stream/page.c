/* Pages: answers of the bus, rendered into frames. */
#include "web/stream/page.h"

#include <stdlib.h>
#include <string.h>

#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/task.h"
#include "wire/topic.h"
#include "web/stream/filter.h"
#include "web/stream/frame.h"

struct bw_page *bw_page_ref(struct bw_page *page)
{
    atomic_fetch_add_explicit(&page->refs, 1, memory_order_relaxed);
    return page;
}

void bw_page_unref(struct bw_page **page)
{
    struct bw_page *mine = *page;
    *page = NULL;
    if (!mine || atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) != 1)
        return;
    bw_shared_unref(&mine->bytes);
    free(mine->frames.index);
    free(mine->token);
    free(mine);
}

/* --- Common to all answers ----------------------------------------------------------- */

static const char *reset_literal(struct bw_str word)
{
    static const char *const known[] = {"epoch", "retention", "ahead"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bw_str_is(word, known[i]))
            return known[i];
    return "retention"; /* one that a newer bus knows: begin anew all the same */
}

static void read_places(struct bw_page *page, const msgpack_object *map, struct bw_fault *fault)
{
    uint64_t epoch = 0;
    struct bw_str reset;
    bw_mp_get_u64(map, "epoch", &epoch, fault);
    bw_mp_get_u64(map, "head", &page->head, fault);
    bw_mp_get_u64(map, "oldest", &page->oldest, fault);
    bw_mp_get_bool(map, "more", &page->more, fault);
    page->epoch = (uint32_t)epoch;
    if (bw_mp_get_str(map, "reset", SIZE_MAX, &reset, fault))
        page->reset = reset_literal(reset);
}

/* An array member, or an empty array. */
static msgpack_object_array rows_of(const msgpack_object *map, const char *key)
{
    const msgpack_object *o = bw_mp_get(map, key);
    return o && o->type == MSGPACK_OBJECT_ARRAY ? o->via.array : (msgpack_object_array){0};
}

/* Unpacks, lets `fill` render into a buffer, and puts the page together. */
static int make(const struct bw_answer *answer, struct bw_page **out,
                int (*fill)(struct bw_page *, const struct bw_answer *, const msgpack_object *,
                            struct bw_buf *))
{
    struct bw_buf bytes = {0};
    struct bw_fault fault = {0};
    msgpack_object map;
    msgpack_zone zone;
    *out = NULL;
    struct bw_page *page = calloc(1, sizeof *page);
    if (!page || !msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE)) {
        free(page);
        return BW_ENOMEM;
    }
    atomic_init(&page->refs, 1);
    page->whole = answer->whole;
    int err = bw_mp_unpack(answer->reply, BW_RPC_DEPTH_MAX, &zone, &map, &fault);
    if (err == 0) {
        read_places(page, &map, &fault);
        err = fault.err;
    }
    if (err == 0)
        err = fill(page, answer, &map, &bytes);
    if (err == 0 && !bytes.failed)
        page->bytes = bw_shared_dup(bytes.data, bytes.len);
    if (err == 0 && !page->bytes)
        err = BW_ENOMEM;
    if (err == 0)
        page->frames.bytes = page->bytes->data;
    else
        bw_page_unref(&page);
    *out = page;
    bw_buf_free(&bytes);
    msgpack_zone_destroy(&zone);
    return err;
}

static int make_index(struct bw_page *page, size_t n)
{
    page->frames.index = calloc(n + 1, sizeof *page->frames.index);
    page->frames.byte_mask = page->frames.index_mask = UINT64_MAX;
    return page->frames.index ? 0 : BW_ENOMEM;
}

/* Closes the frame begun at the last entry: it has this seq. */
static void end_entry(struct bw_page *page, uint64_t seq, size_t end)
{
    page->frames.index[page->n].seq = seq;
    page->n++;
    page->frames.index[page->n] = (struct bw_entry){.start = end, .prev = seq};
}

/* --- Events -------------------------------------------------------------------------- */

static int fill_events(struct bw_page *page, const struct bw_answer *answer,
                       const msgpack_object *map, struct bw_buf *bytes)
{
    struct bw_fault fault = {0};
    msgpack_object_array events = rows_of(map, "events");
    page->after = page->next = answer->after;
    bw_mp_get_u64(map, "next", &page->next, &fault);
    int err = fault.err ? fault.err : make_index(page, events.size);
    for (uint32_t i = 0; i < events.size && err == 0; i++) {
        struct bw_event event;
        err = bw_event_decode(&events.ptr[i], &event, &fault);
        if (err != 0)
            break;
        bw_frame_event(bytes, answer->encoding, &event, page->epoch);
        bw_filter_keys(&event, page->frames.index[page->n].key);
        end_entry(page, event.seq, bytes->len);
    }
    return err;
}

int bw_page_of_events(const struct bw_answer *answer, struct bw_page **out)
{
    return make(answer, out, fill_events);
}

/* Rows are news to everybody, wherever they are. */
#define ROWS_SEQ UINT64_MAX

/* --- Rows ---------------------------------------------------------------------------- */

static int put_rows(struct bw_buf *bytes, const msgpack_object *map)
{
    struct bw_fault fault = {0};
    msgpack_object_array rows = rows_of(map, "tasks");
    bw_buf_puts(bytes, BW_STR(",\"tasks\":["));
    for (uint32_t i = 0; i < rows.size; i++) {
        struct bw_task task;
        int err = bw_task_decode(&rows.ptr[i], &task, &fault);
        if (err != 0)
            return err;
        if (i > 0)
            bw_buf_putc(bytes, ',');
        bw_task_json(bytes, &task, NULL);
    }
    bw_buf_putc(bytes, ']');
    return 0;
}

static int fill_rows(struct bw_page *page, const struct bw_answer *answer,
                     const msgpack_object *map, struct bw_buf *bytes)
{
    struct bw_fault fault = {0};
    struct bw_str token;
    struct bw_place as_of = answer->as_of;
    if (as_of.epoch == 0 && as_of.seq == 0)
        as_of = (struct bw_place){page->epoch, page->head};
    if (bw_mp_get_str(map, "next", SIZE_MAX, &token, &fault) && token.len > 0)
        page->token = strndup(token.ptr, token.len);
    page->more = page->token != NULL;
    page->next = as_of.seq;
    int err = fault.err ? fault.err : make_index(page, 1);
    if (err != 0)
        return err;
    /* Who has not got all of it must not resume after it. */
    const struct bw_label label = {BW_STR("snapshot"), page->more ? NULL : &as_of};
    size_t begun = bw_encoding_begin(bytes, answer->encoding, &label);
    bw_buf_puts(bytes, BW_STR("{\"type\":\"snapshot\",\"topic\":\"" BW_TOPIC_SYSTEM "\""));
    err = put_rows(bytes, map);
    bw_buf_puts(bytes, page->more ? BW_STR(",\"more\":true") : BW_STR(",\"more\":false"));
    bw_frame_put_cursor(bytes, "cursor", as_of);
    bw_buf_putc(bytes, '}');
    bw_encoding_end(bytes, answer->encoding, begun);
    end_entry(page, ROWS_SEQ, bytes->len);
    return err;
}

int bw_page_of_rows(const struct bw_answer *answer, struct bw_page **out)
{
    return make(answer, out, fill_rows);
}

/* Ids of tasks to be taken away before the rows are put in. */
static void put_deleted(struct bw_buf *bytes, const msgpack_object *map)
{
    msgpack_object_array ids = rows_of(map, "deleted");
    if (ids.size == 0)
        return;
    bw_buf_puts(bytes, BW_STR(",\"deleted\":["));
    for (uint32_t i = 0; i < ids.size; i++) {
        if (i > 0)
            bw_buf_putc(bytes, ',');
        bw_json_object(bytes, &ids.ptr[i]);
    }
    bw_buf_putc(bytes, ']');
}

static int fill_changed(struct bw_page *page, const struct bw_answer *answer,
                        const msgpack_object *map, struct bw_buf *bytes)
{
    struct bw_fault fault = {0};
    page->after = page->next = answer->after;
    bw_mp_get_u64(map, "next", &page->next, &fault);
    int err = fault.err ? fault.err : make_index(page, 1);
    if (err != 0 || (rows_of(map, "tasks").size == 0 && rows_of(map, "deleted").size == 0))
        return err;
    const struct bw_place from = {page->epoch, page->after}, to = {page->epoch, page->next};
    const struct bw_label label = {BW_STR("conflated"), &to};
    size_t begun = bw_encoding_begin(bytes, answer->encoding, &label);
    bw_buf_puts(bytes, BW_STR("{\"type\":\"conflated\",\"topic\":\"" BW_TOPIC_SYSTEM "\""));
    put_deleted(bytes, map);
    err = put_rows(bytes, map);
    bw_frame_put_cursor(bytes, "from", from);
    bw_frame_put_cursor(bytes, "cursor", to);
    bw_buf_putc(bytes, '}');
    bw_encoding_end(bytes, answer->encoding, begun);
    end_entry(page, ROWS_SEQ, bytes->len);
    return err;
}

int bw_page_of_changed(const struct bw_answer *answer, struct bw_page **out)
{
    return make(answer, out, fill_changed);
}
