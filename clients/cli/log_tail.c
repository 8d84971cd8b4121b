/* The end of a task's log. */
#include "log_tail.h"

#include <stdio.h>

#include "answer.h"
#include "text.h"
#include "wire/mp.h"

struct bw_str bw_log_level(const struct bw_event *event)
{
    struct bw_str level = BW_STR("info");
    if (event->data)
        bw_mp_get_str(event->data, "level", 16, &level, NULL);
    return level;
}

void bw_log_line_put(struct bw_buf *out, const struct bw_event *event, int64_t now_us, bool colored)
{
    char when[BW_WHEN_LEN], padded[16];
    struct bw_str level = bw_log_level(event);
    bw_text_when(event->timestamp_us, now_us, when);
    snprintf(padded, sizeof padded, " %-8.*s", BW_STR_ARG(level));
    bw_text_put(out, bw_str(when), BW_SGR_DIM, colored);
    bw_text_put(out, bw_str(padded), bw_text_level_sgr(level), colored);
    bw_text_clean(out, event->message, colored);
    bw_buf_putc(out, '\n');
}

enum { PAGE_LINES = 1000 };

/* Opens and visits one answer. *n: how many lines; last: the place of the last. */
static int visit_answer(const struct bw_cli *cli, int err, struct bellwire_reply *reply,
                        bw_log_visit_fn *visit, void *ctx, uint32_t *n, char *cursor)
{
    struct bw_answer answer;
    struct bw_event event;
    uint64_t place;
    int status = bw_answer_open(&answer, cli, err, reply);
    if (status)
        return status;
    msgpack_object_array events = bw_answer_list(&answer, "events");
    place = answer.head;
    for (uint32_t i = 0; i < events.size; i++) {
        if (bw_event_decode(&events.ptr[i], &event, NULL) == 0)
            visit(ctx, &event);
        if (cursor && bw_mp_get_u64(&events.ptr[i], "seq", &place, NULL))
            bw_cursor_format(answer.epoch, place, cursor);
    }
    if (cursor && events.size == 0 && !*cursor)
        bw_cursor_format(answer.epoch, place, cursor);
    *n = events.size;
    if (cursor && bw_mp_get(&answer.root, "reset")) {
        snprintf(cursor, BW_CURSOR_LEN + 1, "oldest");
        *n = PAGE_LINES; /* there is more, from there on */
    }
    bw_answer_close(&answer);
    return 0;
}

int bw_log_tail(const struct bw_cli *cli, struct bellwire *bus, const char *task_id, uint32_t n,
                bw_log_visit_fn *visit, void *ctx, char cursor[BW_CURSOR_LEN + 1])
{
    struct bellwire_reply *reply;
    uint32_t seen;
    int err = bellwire_log_end(bus, task_id, NULL, NULL, n, &reply);
    if (cursor)
        *cursor = 0;
    return visit_answer(cli, err, reply, visit, ctx, &seen, cursor);
}

int bw_log_rest(const struct bw_cli *cli, struct bellwire *bus, const char *task_id,
                bw_log_visit_fn *visit, void *ctx, char cursor[BW_CURSOR_LEN + 1])
{
    struct bellwire_reply *reply;
    uint32_t seen = PAGE_LINES;
    int status = 0;
    while (!status && seen == PAGE_LINES) {
        int err = bellwire_logs(bus, task_id, cursor, NULL, PAGE_LINES, &reply);
        if (err == BELLWIRE_EUNAVAILABLE || err == BELLWIRE_ETIMEDOUT) {
            bellwire_reply_free(&reply);
            return err;
        }
        status = visit_answer(cli, err, reply, visit, ctx, &seen, cursor);
    }
    return status;
}
