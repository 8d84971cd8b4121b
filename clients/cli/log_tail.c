/* The end of a task's log.
 *
 * DESIGN. The bus reads logs forwards, from a cursor on. To see the end of a long one without
 * reading all of it, this begins a little before where the end should be, and then goes further
 * back, by much more each time, until there are enough lines behind it. */
#include "log_tail.h"

#include <stdlib.h>

#include "answer.h"
#include "wire/cursor.h"
#include "wire/mp.h"
#include "wire/rpc.h"

enum { FIRST_STEP = 4096, FACTOR = 8, PAGE_LINES = 1000 };

/* The last n lines that were read; the oldest is overwritten. */
struct window {
    struct bw_buf *lines; /* encoded events */
    uint32_t n;
    uint64_t count; /* lines read in all */
};

static void keep(struct window *w, const msgpack_object *event)
{
    struct bw_buf *line = &w->lines[w->count % w->n];
    msgpack_packer pk;
    bw_buf_reset(line);
    bw_mp_packer(&pk, line);
    msgpack_pack_object(&pk, *event);
    w->count++;
}

/* Reads everything after `after`. */
static int read_from(const struct bw_cli *cli, struct bellwire *bus, const char *task_id,
                     uint32_t epoch, uint64_t after, struct window *w)
{
    bool more = true;
    w->count = 0;
    while (more) {
        char cursor[BW_CURSOR_LEN + 1];
        struct bellwire_reply *reply;
        struct bw_answer answer;
        bw_cursor_format(epoch, after, cursor);
        int err = bellwire_logs(bus, task_id, after ? cursor : "oldest", NULL, PAGE_LINES, &reply);
        int status = bw_answer_open(&answer, cli, err, reply);
        if (status)
            return status;
        msgpack_object_array events = bw_answer_list(&answer, "events");
        for (uint32_t i = 0; i < events.size; i++)
            keep(w, &events.ptr[i]);
        more = bw_mp_get_bool(&answer.root, "more", &more, NULL) && more &&
               bw_mp_get_u64(&answer.root, "next", &after, NULL);
        bw_answer_close(&answer);
    }
    return 0;
}

static void tell(const struct bw_buf *line, void (*visit)(void *ctx, const struct bw_event *event),
                 void *ctx)
{
    msgpack_zone zone;
    msgpack_object root;
    struct bw_event event;
    msgpack_zone_init(&zone, 2048);
    if (bw_mp_unpack(bw_buf_str(line), BW_RPC_DEPTH_MAX, &zone, &root, NULL) == 0 &&
        bw_event_decode(&root, &event, NULL) == 0)
        visit(ctx, &event);
    msgpack_zone_destroy(&zone);
}

int bw_log_tail(const struct bw_cli *cli, struct bellwire *bus, const char *task_id, uint32_t epoch,
                uint64_t anchor, uint32_t n, void (*visit)(void *ctx, const struct bw_event *event),
                void *ctx)
{
    struct window w = {.lines = calloc(n, sizeof *w.lines), .n = n};
    int status = 0;
    if (!w.lines)
        return bw_cli_error(cli, "out of memory");
    for (uint64_t step = FIRST_STEP;; step *= FACTOR) {
        uint64_t after = anchor > step ? anchor - step : 0;
        status = read_from(cli, bus, task_id, epoch, after, &w);
        if (status || w.count >= n || after == 0)
            break;
    }
    for (uint64_t i = w.count > n ? w.count - n : 0; i < w.count && !status; i++)
        tell(&w.lines[i % n], visit, ctx);
    for (uint32_t i = 0; i < n; i++)
        bw_buf_free(&w.lines[i]);
    free(w.lines);
    return status;
}
