/* Publishes through libbellwire, as producers do: numbered events that carry the time they were
 * made (frames.h), or updates of tasks.
 *
 *   publisher URL TOPIC EVENTS RATE [TASKS [IN_FLIGHT]]
 *
 * RATE is events a second, 0 as fast as they are taken. With TASKS, TOPIC is not used: the events
 * are TASK_UPDATED of so many tasks in turn; at a rate they are numbered for each task and carry
 * the time, too. IN_FLIGHT is the library's option. Prints one JSON object when the last one is
 * acked. */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buf.h"
#include "bellwire.h"
#include "frames.h"
#include "wire/mp.h"

static atomic_llong acked, refused;
static atomic_llong settled, wake_at; /* is_room is posted when that many are settled */
static sem_t is_room;

static void done(void *arg, const struct bellwire_result *result)
{
    (void)arg;
    atomic_fetch_add(result->error ? &refused : &acked, 1);
    if (result->error && atomic_load(&refused) == 1)
        fprintf(stderr, "refused: %s %s\n", result->field, result->message);
    if (atomic_fetch_add(&settled, 1) + 1 == atomic_load(&wake_at))
        sem_post(&is_room);
}

/* The queue is full: that is the speed of the bus. Goes on when a sixteenth of it is acked: small
 * steps, so that it does not keep a core from those who work on the rest. */
static void wait_for_room(long long published)
{
    long long now = atomic_load(&settled), enough = now + (published - now + 15) / 16;
    atomic_store(&wake_at, enough);
    if (atomic_load(&settled) < enough)
        sem_wait(&is_room);
}

static void pack_number(msgpack_packer *pk, long long n)
{
    bw_mp_cstr(pk, "n");
    msgpack_pack_int64(pk, FIRST_N + n);
    bw_mp_cstr(pk, "t");
    msgpack_pack_int64(pk, bench_wall_us());
}

static void pack_numbered(msgpack_packer *pk, long long i)
{
    msgpack_pack_map(pk, 3);
    pack_number(pk, i);
    bw_mp_cstr(pk, "fill");
    bw_mp_cstr(pk, "importing rows from the northern catalogue of 2026");
}

static void pack_update(msgpack_packer *pk, long long i, long long tasks, bool paced)
{
    char id[32];
    snprintf(id, sizeof id, "bench-%lld", i % tasks);
    msgpack_pack_map(pk, paced ? 5 : 3);
    if (paced)
        pack_number(pk, i / tasks);
    bw_mp_cstr(pk, "id");
    bw_mp_cstr(pk, id);
    bw_mp_cstr(pk, "progress");
    msgpack_pack_double(pk, (double)(i / tasks % 1000) / 10);
    bw_mp_cstr(pk, "step");
    bw_mp_cstr(pk, "importing rows from the northern catalogue");
}

static int publish(struct bellwire *wire, const char *topic, struct bw_buf *data, long long i,
                   long long tasks, bool paced)
{
    msgpack_packer pk;
    bw_buf_reset(data);
    bw_mp_packer(&pk, data);
    if (tasks)
        pack_update(&pk, i, tasks, paced);
    else
        pack_numbered(&pk, i);
    const struct bellwire_event event = {
        .event_type = tasks ? "TASK_UPDATED" : "BENCH",
        .topic = tasks ? "system" : topic,
        .data_msgpack = data->data,
        .data_msgpack_len = data->len,
    };
    return bellwire_publish_async(wire, &event, done, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return fprintf(stderr, "usage: publisher URL TOPIC EVENTS RATE [TASKS [IN_FLIGHT]]\n"), 2;
    long long events = atoll(argv[3]), rate = atoll(argv[4]), tasks = argc > 5 ? atoll(argv[5]) : 0;
    struct bw_buf data = {0};
    struct bellwire *wire;
    const struct bellwire_options o = {.in_flight = argc > 6 ? (uint32_t)atoi(argv[6]) : 0};
    if (bellwire_connect(argv[1], &o, &wire) != 0)
        return 1;
    sem_init(&is_room, 0, 0);
    int64_t start = bench_wall_us();
    for (long long i = 0; i < events; i++) {
        int64_t wait = rate ? start + i * 1000000 / rate - bench_wall_us() : 0;
        if (wait > 0)
            usleep((useconds_t)wait);
        int err;
        while ((err = publish(wire, argv[2], &data, i, tasks, rate > 0)) == BELLWIRE_EBUSY)
            wait_for_room(i);
        if (err)
            return fprintf(stderr, "publish: %s\n", bellwire_strerror(err)), 1;
    }
    int err = bellwire_flush(wire, 60000);
    double seconds = (double)(bench_wall_us() - start) / 1e6;
    printf("{\"acked\":%lld,\"refused\":%lld,\"seconds\":%.6f}\n", (long long)acked,
           (long long)refused, seconds);
    bellwire_close(&wire);
    bw_buf_free(&data);
    return err || refused ? 1 : 0;
}
