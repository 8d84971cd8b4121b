/* Checkpoints, in a thread of their own. */
#include "journal/checkpoint.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "journal/db.h"
#include "journal/schema.h"

BW_COUNTER(checkpoints, "bellwire_journal_checkpoints_total",
           "Rounds of moving pages from the WAL into the database.");
BW_COUNTER(stalls, "bellwire_journal_checkpoint_stalls_total",
           "Commits that had to wait because the WAL had reached its hard limit.");
BW_GAUGE(wal_pages, "bellwire_journal_wal_pages", "Pages in the WAL after the last commit.");

/* In pages of the WAL. */
enum {
    BEGIN_AT = (64 << 20) / BW_PAGE_BYTES,
    HARD_LIMIT = (192 << 20) / BW_PAGE_BYTES,
    LITTLE = (2 << 20) / BW_PAGE_BYTES, /* a few milliseconds' work */
    IDLE_AT = (8 << 20) / BW_PAGE_BYTES,
};

enum state { RESTING, WORKING, ALMOST_DONE };

struct bw_checkpoint {
    sqlite3 *db, *writer;
    struct bw_mailbox *box;
    struct bw_thread thread;
    struct bw_mail go; /* in the box only while WORKING */
    _Atomic enum state state;
    int pages;   /* in the WAL, counted by the writer */
    bool failed; /* the thread's last round did */
};

static int count_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((struct bw_checkpoint *)ctx)->pages = pages;
    return SQLITE_OK;
}

static void tell_failure(struct bw_checkpoint *c, int err)
{
    if (err && !c->failed)
        diag_warn("JOURNAL-CHECKPOINT-FAILED", "code=%s text=%s; the WAL grows meanwhile",
                  bw_err_code(err), sqlite3_errmsg(c->db));
    else if (!err && c->failed)
        diag_info("JOURNAL-CHECKPOINT-RECOVERED", "code=ok");
    c->failed = err != 0;
}

/* Until almost nothing is left, or nothing more can be moved: readers may still need the rest. */
static void catch_up(struct bw_checkpoint *c)
{
    int pages, moved = -1, before, err;
    do {
        before = moved;
        int rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
        err = rc == SQLITE_BUSY ? 0 : bw_db_err(c->db, rc);
        bw_metric_add(&checkpoints, 1);
    } while (!err && pages - moved > LITTLE && moved > before);
    tell_failure(c, err);
}

static void run(void *arg)
{
    struct bw_checkpoint *c = arg;
    while (bw_mailbox_take(c->box, -1)) {
        catch_up(c);
        atomic_store(&c->state, ALMOST_DONE);
    }
}

int bw_checkpoint_start(struct bw_checkpoint **out, sqlite3 *writer, const char *path,
                        struct bw_fault *fault)
{
    struct bw_checkpoint *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    c->writer = writer;
    int err = bw_db_open(&c->db, path, BW_DB_CHECKPOINT, fault);
    if (!err) {
        err = bw_mailbox_create(&c->box, 1, 0);
        if (!err)
            err = bw_thread_start(&c->thread, "bw-checkpoint", run, c);
        if (err)
            bw_fault(fault, err, "", "cannot start the checkpoint thread: %s", bw_err_text(err));
    }
    if (err) {
        bw_checkpoint_stop(&c);
        return err;
    }
    sqlite3_wal_hook(writer, count_pages, c);
    *out = c;
    return 0;
}

void bw_checkpoint_stop(struct bw_checkpoint **checkpoint)
{
    struct bw_checkpoint *c = *checkpoint;
    *checkpoint = NULL;
    if (!c)
        return;
    sqlite3_wal_hook(c->writer, NULL, NULL);
    if (c->box)
        bw_mailbox_close(c->box);
    bw_thread_join(&c->thread);
    if (c->box)
        while (bw_mailbox_take(c->box, 0))
            ;
    bw_mailbox_destroy(&c->box);
    bw_db_close(&c->db);
    free(c);
}

/* On the writer's own connection, so that no commit can come in between. */
static void move_rest(struct bw_checkpoint *c, int mode)
{
    (void)sqlite3_wal_checkpoint_v2(c->writer, NULL, mode, NULL, NULL);
}

void bw_checkpoint_after_commit(struct bw_checkpoint *c)
{
    bw_metric_set(&wal_pages, c->pages);
    if (c->pages < BEGIN_AT)
        return;
    if (c->pages >= HARD_LIMIT) {
        bw_metric_add(&stalls, 1);
        move_rest(c, SQLITE_CHECKPOINT_RESTART);
        return;
    }
    switch (atomic_load(&c->state)) {
    case RESTING:
        atomic_store(&c->state, WORKING);
        if (bw_mailbox_post(c->box, &c->go) != 0)
            atomic_store(&c->state, RESTING);
        break;
    case ALMOST_DONE:
        move_rest(c, SQLITE_CHECKPOINT_PASSIVE);
        atomic_store(&c->state, RESTING);
        break;
    case WORKING:
        break;
    }
}

void bw_checkpoint_idle(struct bw_checkpoint *c)
{
    if (c->pages < IDLE_AT || atomic_load(&c->state) == WORKING)
        return;
    move_rest(c, SQLITE_CHECKPOINT_PASSIVE);
    c->pages = 0; /* until the next commit says how many there are */
}
