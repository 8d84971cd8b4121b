/* Delivering the spool beside a running command. */
#include "backlog.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/thread.h"
#include "clients/cli/pour.h"
#include "clients/cli/spool_dir.h"

enum { WINDOW = 512 }; /* few, so that they do not hold up what is said now */

struct bw_backlog {
    char dir[BW_SPOOL_PATH_MAX];
    void (*done)(void *ctx);
    void *ctx;
    struct bw_pour *pour; /* NULL: it was not started */
    struct bw_thread thread;
    atomic_bool running;
};

int bw_backlog_create(struct bw_backlog **out, const char *url, void (*done)(void *ctx), void *ctx)
{
    struct bw_backlog *b = *out = calloc(1, sizeof *b);
    if (!b)
        return BW_ENOMEM;
    b->done = done;
    b->ctx = ctx;
    if (bw_spool_dir(url, b->dir) != 0)
        b->dir[0] = 0;
    return 0;
}

static void run(void *arg)
{
    struct bw_backlog *b = arg;
    struct bw_pour_counts counts = {0};
    uint32_t files = 0;
    /* Whatever the outcome, files that could not be delivered stay for the next run. */
    if (bw_spool_deliver(b->dir, b->pour, &counts, &files) != 0)
        files = 0;
    b->running = false;
    b->done(b->ctx);
}

void bw_backlog_start(struct bw_backlog *b, struct bellwire *bus)
{
    if (b->pour || !*b->dir || bw_spool_dir_bytes(b->dir) == 0)
        return;
    if (bw_pour_create(&b->pour, bus, WINDOW, -1) != 0)
        return;
    b->running = true;
    if (bw_thread_start(&b->thread, "backlog", run, b) != 0)
        b->running = false;
}

bool bw_backlog_done(const struct bw_backlog *b)
{
    return !b->running;
}

void bw_backlog_cancel(struct bw_backlog *b)
{
    if (b->pour)
        bw_pour_cancel(b->pour);
    bw_thread_join(&b->thread);
}

void bw_backlog_destroy(struct bw_backlog **backlog)
{
    if (*backlog)
        bw_pour_destroy(&(*backlog)->pour);
    free(*backlog);
    *backlog = NULL;
}
