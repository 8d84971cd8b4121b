/* Requests: one call each, from a pool, so that any number of threads may ask at once. */
#include <stdlib.h>

#include "client.h"
#include "reply.h"
#include "wait.h"
#include "wire/mp.h"
#include "wire/rpc.h"

enum { BUSY_PAUSE_MS = 20 };

static int take_call(struct bellwire *h, struct bw_call **out)
{
    *out = NULL;
    pthread_mutex_lock(&h->calls_lock);
    if (h->n_idle_calls > 0)
        *out = h->idle_calls[--h->n_idle_calls];
    pthread_mutex_unlock(&h->calls_lock);
    if (*out)
        return 0;
    struct bw_call *call = calloc(1, sizeof *call);
    if (!call)
        return BW_ENOMEM;
    int err = bw_call_open(call, &h->link);
    if (err) {
        free(call);
        return err;
    }
    *out = call;
    return 0;
}

static void give_back(struct bellwire *h, struct bw_call *call)
{
    pthread_mutex_lock(&h->calls_lock);
    if (h->n_idle_calls < BW_IDLE_CALLS_MAX) {
        h->idle_calls[h->n_idle_calls++] = call;
        call = NULL;
    }
    pthread_mutex_unlock(&h->calls_lock);
    if (call) {
        bw_call_close(call);
        free(call);
    }
}

/* Whether asking twice is the same as asking once: of everything but `publish`, whose events need
 * not have ids. */
static int may_repeat(struct bw_str request, bool *repeat)
{
    msgpack_zone zone;
    msgpack_object root;
    struct bw_str op = {0};
    struct bw_fault fault = {0};
    msgpack_zone_init(&zone, 2048);
    int err = bw_mp_unpack(request, BW_RPC_DEPTH_MAX, &zone, &root, &fault);
    if (!err && root.type != MSGPACK_OBJECT_MAP)
        err = BW_EINVAL;
    if (!err)
        *repeat = bw_mp_get_str(&root, "op", 32, &op, &fault) && !bw_str_is(op, "publish");
    msgpack_zone_destroy(&zone);
    return err == BW_ENOMEM ? err : err ? BW_EINVAL : 0;
}

static int run(struct bw_call *call, struct bw_str request, int64_t deadline_us, bool repeat,
               struct bellwire_reply **out)
{
    for (;;) {
        nng_msg *answer;
        int err = bw_call_run(call, request, deadline_us, repeat, &answer);
        if (err)
            return err;
        err = bw_reply_create(answer, out);
        if (err != BW_EBUSY || !repeat || bw_left_ms(deadline_us) <= BUSY_PAUSE_MS)
            return err;
        bellwire_reply_free(out);
        if ((err = bw_call_pause(call, BUSY_PAUSE_MS)) != 0)
            return err;
    }
}

int bellwire_request(struct bellwire *handle, const void *request, size_t len, uint32_t timeout_ms,
                     struct bellwire_reply **out)
{
    struct bw_str bytes = {request, len};
    struct bw_call *call;
    bool repeat;
    *out = NULL;
    int err = may_repeat(bytes, &repeat);
    if (!err)
        err = take_call(handle, &call);
    if (err)
        return err;
    int64_t deadline_us = bw_deadline_us(timeout_ms ? timeout_ms : handle->timeout_ms);
    err = run(call, bytes, deadline_us, repeat, out);
    give_back(handle, call);
    return err;
}
