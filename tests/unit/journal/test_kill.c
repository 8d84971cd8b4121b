/* kill -9 of a process that appends as fast as it can: what it was told is durable is there, once,
 * and the table is what the events give. */
#include <signal.h>
#include <sys/wait.h>

#include "journal/kit.h"

enum { KILLS = 12, BATCH = 40, TASKS = 25 };

/* What the child tells of each event after its batch was acked. */
struct ack {
    uint32_t n; /* of the event; its id is "e<n>" */
    uint64_t seq;
};

static uint32_t random_state;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

static void make_batch(char *json, size_t size, uint32_t first)
{
    static const char *const kinds[] = {"UPDATED", "UPDATED", "LOG", "CREATED", "COMPLETED"};
    size_t len = 0;
    for (uint32_t i = 0; i < BATCH; i++) {
        uint32_t r = next_random();
        len += (size_t)snprintf(json + len, size - len,
                                "%s{\"id\":\"e%u\",\"event_type\":\"TASK_%s\",\"data\":{\"id\":"
                                "\"t%u\",\"progress\":%u,\"attempt\":%u}}",
                                i ? "," : "[", first + i, kinds[r % 5], r / 5 % TASKS,
                                kinds[r % 5][0] == 'C' ? 0 : r / 125 % 100, 1 + first / 400);
    }
    snprintf(json + len, size - len, "]");
}

/* Never returns: appends and tells, until it is killed. */
static void be_the_victim(struct kit *k, int pipe_end, uint32_t first)
{
    char json[BATCH * 160];
    struct ack acks[BATCH];
    kit_start(k);
    for (;; first += BATCH) {
        make_batch(json, sizeof json, first);
        if (kit_put(k, json) != 0)
            _exit(1);
        size_t n = 0;
        for (uint32_t i = 0; i < BATCH; i++)
            if (k->drafts[i].result.seq)
                acks[n++] = (struct ack){first + i, k->drafts[i].result.seq};
        if (write(pipe_end, acks, n * sizeof acks[0]) != (ssize_t)(n * sizeof acks[0]))
            _exit(1);
    }
}

/* Collects what was told until the child is dead; kills it when `after` events were told. */
static size_t watch(pid_t child, int pipe_end, size_t after, struct ack *acks, size_t n, size_t max)
{
    size_t start = n;
    bool killed = false;
    while (n < max && read(pipe_end, &acks[n], sizeof acks[0]) == sizeof acks[0])
        if (++n - start >= after && !killed) {
            kill(child, SIGKILL);
            killed = true;
        }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    return n;
}

/* Sending an event again tells the seq it was acked with. */
static void check_acks(struct kit *k, const struct ack *acks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"id\":\"e%u\",\"topic\":\"x\",\"event_type\":\"X\"}",
                 acks[i].n);
        assert_int_equal(kit_put(k, json), 0);
        assert_true(k->drafts[0].result.duplicate);
        assert_int_equal(k->drafts[0].result.seq, acks[i].seq);
    }
}

static void every_ack_outlives_the_kill(void **state)
{
    enum { MAX = 200000 };
    struct kit *k = *state;
    struct ack *acks = malloc(MAX * sizeof *acks);
    size_t n = 0;
    uint32_t first = 0;
    kit_stop(k);
    random_state = 1;
    for (int round = 0; round < KILLS; round++, first += 100000) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        size_t after = 1 + next_random() % 2000;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            be_the_victim(k, ends[1], first);
        close(ends[1]);
        n = watch(child, ends[0], after, acks, n, MAX);
        close(ends[0]);
        if (bw_sqlite_verify(k->path, &k->fault) != 0)
            fail_msg("after kill %d: %s: %s", round, k->fault.field, k->fault.message);
    }
    kit_start(k);
    assert_true(k->journal->ops->head(k->journal).head >= n);
    check_acks(k, acks, n);
    free(acks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_ack_outlives_the_kill, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
