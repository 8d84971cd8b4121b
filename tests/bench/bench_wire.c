/* How long an event of about 200 bytes takes in each step of the wire: ns per operation, the best
 * of several rounds, because whatever else the machine does only ever adds to it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/task.h"

enum { ROUNDS = 15, PER_ROUND = 20000 };

static const char event_text[] =
    "{\"id\":\"01928f6e-8e2b-7c1d-9a55-3f2b7c1d9a55\",\"topic\":\"system\","
    "\"event_type\":\"TASK_UPDATED\",\"message\":\"Page 412 of 1000\","
    "\"source\":\"host7:4242/worker\",\"timestamp\":\"2026-01-20T10:30:00.123456Z\","
    "\"data\":{\"id\":\"import-7f3a\",\"completed_units\":412,\"total_units\":1000,"
    "\"step\":\"parsing\"}}";

struct setting {
    struct bw_str bytes;      /* as the producer sent it */
    msgpack_object object;    /* the same, unpacked */
    msgpack_object enriched;  /* as it is published */
    struct bw_event event;    /* decoded, numbered */
    struct bw_event replayed; /* decoded from enriched */
    struct bw_task before, after;
    msgpack_zone zone;
    struct bw_buf out;
};

static int failures;

static void run_unpack(struct setting *s)
{
    msgpack_object o;
    msgpack_zone_clear(&s->zone);
    failures += bw_mp_unpack(s->bytes, 32, &s->zone, &o, NULL) != 0;
}

static void run_decode(struct setting *s)
{
    struct bw_event e;
    failures += bw_event_decode(&s->object, &e, NULL) != 0;
}

static void run_fold(struct setting *s)
{
    const msgpack_object *docs[BW_N_DOCS];
    failures += bw_task_fold(&s->before, &s->event, &s->after, docs, NULL) != BW_FOLD_APPLIED;
}

static void run_encode(struct setting *s)
{
    bw_event_encode(&s->out, &s->event, &s->after);
}

static void run_row(struct setting *s)
{
    bw_task_encode(&s->out, &s->after);
}

static void run_json(struct setting *s)
{
    bw_event_json(&s->out, &s->replayed, 0x1f0c22aa);
}

static void measure(const char *name, struct setting *s, void (*run)(struct setting *))
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = bw_clock_mono_us();
        for (int i = 0; i < PER_ROUND; i++) {
            bw_buf_reset(&s->out);
            run(s);
        }
        double ns = (double)(bw_clock_mono_us() - start) * 1000 / PER_ROUND;
        best = ns < best ? ns : best;
    }
    printf("wire %-12s %7.0f ns  %4zu bytes\n", name, best, s->out.len);
}

/* A task that has been running for a while, so that rate and eta_s are there. */
static int prepare(struct setting *s, msgpack_zone *zone, struct bw_buf *sent,
                   struct bw_buf *stored)
{
    const msgpack_object *docs[BW_N_DOCS];
    if (bw_json_to_msgpack(BW_STR(event_text), sent, NULL) ||
        bw_mp_unpack(bw_buf_str(sent), 32, zone, &s->object, NULL) ||
        bw_event_decode(&s->object, &s->event, NULL) ||
        bw_task_fold(NULL, &s->event, &s->before, docs, NULL) != BW_FOLD_APPLIED)
        return -1;
    s->bytes = bw_buf_str(sent);
    s->before.completed_units = s->before.rate_value = 400;
    s->before.rate_at_us -= 3100000;
    s->event.seq = 123456;
    s->event.prev = 123450;
    s->event.received_at_us = s->event.timestamp_us + 321;
    run_fold(s);
    bw_event_encode(stored, &s->event, &s->after);
    return bw_mp_unpack(bw_buf_str(stored), 32, zone, &s->enriched, NULL) ||
           bw_event_decode(&s->enriched, &s->replayed, NULL);
}

int main(void)
{
    struct setting s = {0};
    struct bw_buf sent = {0}, stored = {0};
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, 8192) || !msgpack_zone_init(&s.zone, 8192) ||
        prepare(&s, &zone, &sent, &stored) != 0)
        return 1;
    measure("unpack", &s, run_unpack);
    measure("decode", &s, run_decode);
    measure("fold", &s, run_fold);
    measure("encode", &s, run_encode);
    measure("encode row", &s, run_row);
    measure("json", &s, run_json);
    return failures ? 1 : 0;
}
