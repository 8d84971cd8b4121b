/* How many events a bus acknowledges: raw requests over nng, a number of them in flight, without
 * the client library.
 *
 *   bench_ingest URL [IN_FLIGHT [EVENTS_PER_REQUEST [SECONDS [TASKS]]]]
 *
 * Every request is one of nng's REQ contexts with a request of its own under way, as many programs'
 * would be; every answer is decoded and its acks are counted. Prints one line: acked events per
 * second, how long a request took, and the CPU that this generator took per event, which shares the
 * machine with the bus. Ends with status 1 if any event was not acked. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/url.h"

enum { SAMPLES_MAX = 1 << 20, REPLY_TIMEOUT_MS = 30000 };

static struct {
    unsigned in_flight, per_request, seconds, tasks;
    nng_socket socket;
    int64_t deadline_us;
    atomic_ullong acked, refused;
    atomic_uint next_task, n_samples;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    unsigned running;
    uint32_t samples_us[SAMPLES_MAX];
} bench = {.in_flight = 256, .per_request = 1, .seconds = 5, .tasks = 10000};

struct flight {
    nng_ctx ctx;
    nng_aio *aio;
    bool sending;
    int64_t sent_us;
    struct bw_buf request;
    msgpack_zone zone;
};

static void put_event(msgpack_packer *pk)
{
    char id[BW_UUID_LEN + 1], task[32];
    unsigned n = atomic_fetch_add(&bench.next_task, 1);
    bw_uuid7(id);
    snprintf(task, sizeof task, "bench-%u", n % bench.tasks);
    msgpack_pack_map(pk, 4);
    bw_mp_cstr(pk, "id");
    bw_mp_cstr(pk, id);
    bw_mp_cstr(pk, "event_type");
    bw_mp_cstr(pk, "TASK_UPDATED");
    bw_mp_cstr(pk, "message");
    bw_mp_cstr(pk, "importing rows from the northern catalogue");
    bw_mp_cstr(pk, "data");
    msgpack_pack_map(pk, 3);
    bw_mp_cstr(pk, "id");
    bw_mp_cstr(pk, task);
    bw_mp_cstr(pk, "progress");
    msgpack_pack_double(pk, (double)(n / bench.tasks % 10000) / 100);
    bw_mp_cstr(pk, "step");
    bw_mp_cstr(pk, "parse");
}

static void end_flight(void)
{
    pthread_mutex_lock(&bench.lock);
    bench.running--;
    pthread_cond_signal(&bench.ended);
    pthread_mutex_unlock(&bench.lock);
}

static void send_next(struct flight *f)
{
    nng_msg *message;
    msgpack_packer pk;
    if (bw_clock_mono_us() >= bench.deadline_us) {
        end_flight();
        return;
    }
    bw_buf_reset(&f->request);
    bw_rpc_publish_begin(&f->request, bench.per_request);
    bw_mp_packer(&pk, &f->request);
    for (unsigned i = 0; i < bench.per_request; i++)
        put_event(&pk);
    if (f->request.failed || nng_msg_alloc(&message, 0) != 0 ||
        nng_msg_append(message, f->request.data, f->request.len) != 0)
        abort();
    nng_aio_set_msg(f->aio, message);
    f->sending = true;
    f->sent_us = bw_clock_mono_us();
    nng_ctx_send(f->ctx, f->aio);
}

/* Counts the acks of an answer. */
static void count(struct flight *f, nng_msg *message)
{
    struct bw_str bytes = {nng_msg_body(message), nng_msg_len(message)};
    struct bw_publish_result result;
    struct bw_fault fault = {0};
    msgpack_object root;
    unsigned acked = 0;
    msgpack_zone_clear(&f->zone);
    if (bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &f->zone, &root, &fault) == 0 &&
        bw_rpc_reply_check(&root, &fault) == 0) {
        const msgpack_object *results = bw_mp_get(&root, "results");
        for (uint32_t i = 0; results && i < results->via.array.size; i++) {
            int err = bw_rpc_publish_result_decode(&results->via.array.ptr[i], &result);
            if (!err && result.seq && !result.duplicate)
                acked++;
            else
                fault = result.fault;
        }
    }
    if (acked < bench.per_request &&
        atomic_fetch_add(&bench.refused, bench.per_request - acked) == 0)
        fprintf(stderr, "refused: %s: %s\n", fault.field, fault.message);
    atomic_fetch_add(&bench.acked, acked);
    unsigned sample = atomic_fetch_add(&bench.n_samples, 1);
    bench.samples_us[sample % SAMPLES_MAX] = (uint32_t)(bw_clock_mono_us() - f->sent_us);
}

static void on_event(void *arg)
{
    struct flight *f = arg;
    int rv = nng_aio_result(f->aio);
    if (rv != 0) {
        fprintf(stderr, "%s: %s\n", f->sending ? "send" : "receive", nng_strerror(rv));
        atomic_fetch_add(&bench.refused, bench.per_request);
        end_flight();
    } else if (f->sending) {
        f->sending = false;
        nng_ctx_recv(f->ctx, f->aio);
    } else {
        nng_msg *message = nng_aio_get_msg(f->aio);
        count(f, message);
        nng_msg_free(message);
        send_next(f);
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void report(double seconds)
{
    unsigned long long acked = atomic_load(&bench.acked);
    unsigned n = atomic_load(&bench.n_samples);
    n = n < SAMPLES_MAX ? n : SAMPLES_MAX;
    qsort(bench.samples_us, n, sizeof bench.samples_us[0], by_value);
    printf("in_flight=%u per_request=%u acked=%llu refused=%llu acked_per_s=%.0f p50_us=%u "
           "p99_us=%u max_us=%u cpu_us=%.2f\n",
           bench.in_flight, bench.per_request, acked, atomic_load(&bench.refused),
           (double)acked / seconds, n ? bench.samples_us[n / 2] : 0,
           n ? bench.samples_us[(size_t)n * 99 / 100] : 0, n ? bench.samples_us[n - 1] : 0,
           acked ? cpu_us() / (double)acked : 0);
}

static unsigned argument(int argc, char **argv, int i, unsigned by_default)
{
    return argc > i ? (unsigned)strtoul(argv[i], NULL, 10) : by_default;
}

int main(int argc, char **argv)
{
    char url[BW_URL_MAX];
    if (argc < 2 || bw_bus_url(argv[1], BW_ENDPOINT_REQ, url, sizeof url) < 0) {
        fprintf(stderr, "bench_ingest URL [IN_FLIGHT [EVENTS_PER_REQUEST [SECONDS [TASKS]]]]\n");
        return 2;
    }
    bench.in_flight = argument(argc, argv, 2, bench.in_flight);
    bench.per_request = argument(argc, argv, 3, bench.per_request);
    bench.seconds = argument(argc, argv, 4, bench.seconds);
    bench.tasks = argument(argc, argv, 5, bench.tasks);
    pthread_mutex_init(&bench.lock, NULL);
    pthread_cond_init(&bench.ended, NULL);
    int rv = nng_req0_open(&bench.socket);
    if (rv == 0)
        rv = nng_dial(bench.socket, url, NULL, 0);
    if (rv != 0) {
        fprintf(stderr, "%s: %s\n", url, nng_strerror(rv));
        return 1;
    }
    struct flight *flights = calloc(bench.in_flight, sizeof *flights);
    if (!flights)
        abort();
    int64_t begin_us = bw_clock_mono_us();
    bench.deadline_us = begin_us + (int64_t)bench.seconds * 1000000;
    bench.running = bench.in_flight;
    for (unsigned i = 0; i < bench.in_flight; i++) {
        struct flight *f = &flights[i];
        if (nng_ctx_open(&f->ctx, bench.socket) != 0 || nng_aio_alloc(&f->aio, on_event, f) != 0 ||
            !msgpack_zone_init(&f->zone, 8192))
            abort();
        nng_aio_set_timeout(f->aio, REPLY_TIMEOUT_MS);
    }
    for (unsigned i = 0; i < bench.in_flight; i++)
        send_next(&flights[i]);
    pthread_mutex_lock(&bench.lock);
    while (bench.running > 0)
        pthread_cond_wait(&bench.ended, &bench.lock);
    pthread_mutex_unlock(&bench.lock);
    report((double)(bw_clock_mono_us() - begin_us) / 1e6);
    nng_close(bench.socket);
    for (unsigned i = 0; i < bench.in_flight; i++) {
        nng_aio_free(flights[i].aio);
        msgpack_zone_destroy(&flights[i].zone);
        bw_buf_free(&flights[i].request);
    }
    free(flights);
    return atomic_load(&bench.refused) ? 1 : 0;
}
