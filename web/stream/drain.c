/* Draining, as one stream thread does it. */
#include "web/stream/drain.h"

#include <stdio.h>

#include "base/clock.h"
#include "web/stream/conn.h"
#include "web/stream/engine.h"
#include "web/stream/sub.h"

enum {
    RETRY_MIN_MS = 500,
    RETRY_SPAN_MS = 1000,
    COME_BACK_PER_MS = 4, /* so many of one thread's connections at most */
};

void bw_drain_begin(struct bw_engine *engine, int64_t deadline_us)
{
    atomic_store(&engine->drain_by_us, deadline_us);
    bw_bell_ring(engine->bell);
}

uint32_t bw_drain_retry_ms(struct bw_engine *engine)
{
    uint32_t span_ms = RETRY_SPAN_MS + engine->n_conns / COME_BACK_PER_MS;
    engine->dice = engine->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return RETRY_MIN_MS + (uint32_t)((engine->dice >> 32) * span_ms >> 32);
}

/* Whether it has all that was there in this round. */
static bool has_all(const struct bw_conn *conn)
{
    if (conn->blocked)
        return false;
    for (const struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (sub->state != BW_SUB_LIVE || bw_follow_slot(sub).next < sub->view->seen)
            return false;
    return true;
}

static void send_away(struct bw_conn *conn)
{
    char reason[64];
    snprintf(reason, sizeof reason, "restarting; retry_ms=%u", bw_drain_retry_ms(conn->engine));
    bw_conn_close(conn, BW_WS_RESTART, reason);
}

void bw_drain_round(struct bw_engine *engine, int64_t deadline_us)
{
    if (deadline_us == 0)
        return;
    bool is_over = bw_clock_mono_us() >= deadline_us;
    for (uint32_t i = 0; i < engine->n_conns; i++) {
        struct bw_conn *conn = engine->conns[i];
        if (conn->state == BW_CONN_OPEN && (is_over || has_all(conn)))
            send_away(conn);
    }
}
