/* The whole bus with the real journal, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/req.h>
#include <cmocka.h>

#include "bus.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/pub.h"
#include "wire/rpc.h"
#include "wire/url.h"

struct fixture {
    char dir[32], ipc[64];
    struct bw_bus *bus;
    nng_socket req;
    char *answer;
    size_t answer_len;
    msgpack_zone zone;
    msgpack_object root;
    struct bw_fault fault;
};

static int start_on(const char *dir, const char *url, uint64_t journal_bytes_max,
                    struct bw_bus **bus, struct bw_fault *fault)
{
    const char *const urls[] = {url, NULL};
    const struct bw_bus_options options = {
        .data_dir = dir,
        .urls = urls,
        .journal_bytes_max = journal_bytes_max,
        .heartbeat_ms = 10,
    };
    return bw_bus_start(&options, bus, fault);
}

static void start(struct fixture *f)
{
    if (start_on(f->dir, f->ipc, 0, &f->bus, &f->fault) != 0)
        fail_msg("%s: %s", f->fault.field, f->fault.message);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/bw-bus-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->ipc, sizeof f->ipc, "ipc://%s/bus", f->dir);
    assert_true(msgpack_zone_init(&f->zone, 8192));
    assert_int_equal(nng_req0_open(&f->req), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[300];
    nng_close(f->req);
    bw_bus_stop(&f->bus);
    if (f->answer)
        nng_free(f->answer, f->answer_len);
    msgpack_zone_destroy(&f->zone);
    DIR *d = opendir(f->dir);
    for (const struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static void endpoint(const char *base, enum bw_endpoint which, char out[BW_URL_MAX])
{
    assert_int_equal(bw_bus_url(base, which, out, BW_URL_MAX), 0);
}

static void dial(nng_socket socket, const char *base, enum bw_endpoint which)
{
    char url[BW_URL_MAX];
    endpoint(base, which, url);
    assert_int_equal(nng_dial(socket, url, NULL, 0), 0);
}

static struct bw_buf packed(const char *json)
{
    struct bw_buf bytes = {0};
    struct bw_fault fault = {0};
    if (bw_json_to_msgpack(bw_str(json), &bytes, &fault) != 0)
        fail_msg("%s: %s", json, fault.message);
    return bytes;
}

/* Sends a request and reads the answer; 0 or its error. */
static int call(struct fixture *f, const char *json)
{
    struct bw_buf bytes = packed(json);
    assert_int_equal(nng_send(f->req, bytes.data, bytes.len, 0), 0);
    bw_buf_free(&bytes);
    if (f->answer)
        nng_free(f->answer, f->answer_len);
    assert_int_equal(nng_recv(f->req, &f->answer, &f->answer_len, NNG_FLAG_ALLOC), 0);
    msgpack_zone_clear(&f->zone);
    f->fault = (struct bw_fault){0};
    struct bw_str answer = {f->answer, f->answer_len};
    assert_int_equal(bw_mp_unpack(answer, BW_RPC_DEPTH_MAX, &f->zone, &f->root, &f->fault), 0);
    return bw_rpc_reply_check(&f->root, &f->fault);
}

static struct bw_publish_result result_at(const struct fixture *f, uint32_t i)
{
    const msgpack_object *results = bw_mp_get(&f->root, "results");
    struct bw_publish_result r;
    assert_true(results && i < results->via.array.size);
    assert_int_equal(bw_rpc_publish_result_decode(&results->via.array.ptr[i], &r), 0);
    return r;
}

/* How many events a read of topic system gives. */
static uint32_t count_events(struct fixture *f)
{
    assert_int_equal(call(f, "{\"v\":1,\"op\":\"events\",\"after\":\"oldest\",\"limit\":1000}"), 0);
    return bw_mp_get(&f->root, "events")->via.array.size;
}

#define TASK(event, id) "{\"event_type\":\"" event "\",\"data\":{\"id\":\"" id "\"}}"
#define PUBLISH(events) "{\"v\":1,\"op\":\"publish\",\"events\":[" events "]}"

static void test_published_read_and_still_there_after_a_restart(void **state)
{
    struct fixture *f = *state;
    start(f);
    dial(f->req, f->ipc, BW_ENDPOINT_REQ);
    assert_int_equal(call(f, PUBLISH(TASK("TASK_CREATED", "a") "," TASK("TASK_COMPLETED", "a"))),
                     0);
    assert_int_equal(result_at(f, 0).seq, 1);
    assert_int_equal(result_at(f, 1).seq, 2);
    assert_int_equal(bw_bus_health(f->bus).head.head, 2);
    assert_int_equal(bw_bus_health(f->bus).commit_error, 0);

    bw_bus_stop(&f->bus);
    assert_null(f->bus);
    start(f); /* the socket dials again by itself */
    assert_int_equal(count_events(f), 2);
    assert_int_equal(call(f, PUBLISH(TASK("TASK_UPDATED", "a"))), 0);
    assert_true(result_at(f, 0).stale);
    assert_int_equal(call(f, "{\"v\":1,\"op\":\"task\",\"task_id\":\"a\"}"), 0);
    assert_int_equal(call(f, "{\"v\":1,\"op\":\"task\",\"task_id\":\"b\"}"), BW_ENOTFOUND);
    assert_int_equal(bw_bus_verify(f->dir, &f->fault), 0);
}

/* The next message that is not a heartbeat. */
static struct bw_pub next_pub(nng_socket sub, nng_msg **message, msgpack_zone *zone)
{
    struct bw_pub pub;
    do {
        if (*message)
            nng_msg_free(*message);
        assert_int_equal(nng_recvmsg(sub, message, 0), 0);
        struct bw_str bytes = {nng_msg_body(*message), nng_msg_len(*message)};
        assert_int_equal(bw_pub_decode(bytes, zone, &pub), 0);
    } while (pub.heads);
    return pub;
}

static void test_subscribers_get_it(void **state)
{
    struct fixture *f = *state;
    nng_socket sub;
    nng_msg *message = NULL;
    start(f);
    dial(f->req, f->ipc, BW_ENDPOINT_REQ);
    assert_int_equal(nng_sub0_open(&sub), 0);
    assert_int_equal(nng_socket_set(sub, NNG_OPT_SUB_SUBSCRIBE, "", 0), 0);
    dial(sub, f->ipc, BW_ENDPOINT_PUB);
    assert_int_equal(nng_recvmsg(sub, &message, 0), 0); /* a heartbeat: the way is open */
    assert_int_equal(call(f, PUBLISH(TASK("TASK_CREATED", "a") "," TASK("TASK_LOG", "a"))), 0);
    struct bw_pub pub = next_pub(sub, &message, &f->zone);
    assert_true(bw_str_is(pub.topic, "system"));
    assert_int_equal(pub.events->via.array.size, 1);
    pub = next_pub(sub, &message, &f->zone);
    assert_true(bw_str_is(pub.topic, "logs"));
    assert_int_equal(pub.prev, 0);
    nng_msg_free(message);
    nng_close(sub);
}

static void test_fire_and_forget(void **state)
{
    struct fixture *f = *state;
    nng_socket pub;
    start(f);
    dial(f->req, f->ipc, BW_ENDPOINT_REQ);
    assert_int_equal(nng_pub0_open(&pub), 0);
    dial(pub, f->ipc, BW_ENDPOINT_IN);
    struct bw_buf event = packed("{\"id\":\"once\",\"event_type\":\"TASK_CREATED\","
                                 "\"data\":{\"id\":\"a\"}}");
    do /* PUB drops what it sends before the way is open */
        assert_int_equal(nng_send(pub, event.data, event.len, 0), 0);
    while (count_events(f) == 0);
    assert_int_equal(count_events(f), 1); /* the others are duplicates of it */
    bw_buf_free(&event);
    nng_close(pub);
}

static void test_a_second_bus(void **state)
{
    struct fixture *f = *state;
    struct bw_bus *second;
    char dir[64];
    start(f);
    assert_int_equal(start_on(f->dir, "inproc://other", 0, &second, &f->fault), BW_EEXIST);
    assert_string_equal(f->fault.field, "data");
    assert_non_null(strstr(f->fault.message, "another bellwired"));
    snprintf(dir, sizeof dir, "%s.other", f->dir);
    assert_int_equal(start_on(dir, f->ipc, 0, &second, &f->fault), BW_EEXIST);
    assert_string_equal(f->fault.field, "bus");
    assert_non_null(strstr(f->fault.message, f->ipc));
    assert_null(second);
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void test_a_socket_that_a_killed_bus_left(void **state)
{
    struct fixture *f = *state;
    static const enum bw_endpoint all[] = {BW_ENDPOINT_REQ, BW_ENDPOINT_PUB, BW_ENDPOINT_IN};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char url[BW_URL_MAX];
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        endpoint(f->ipc, all[i], url);
        snprintf(address.sun_path, sizeof address.sun_path, "%.100s", url + strlen("ipc://"));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        close(fd); /* the file stays, and nobody listens */
    }
    start(f);
    dial(f->req, f->ipc, BW_ENDPOINT_REQ);
    assert_int_equal(call(f, "{\"v\":1,\"op\":\"stats\"}"), 0);
}

static void test_a_full_journal(void **state)
{
    struct fixture *f = *state;
    enum { BYTES_MAX = 1 << 20, FILLER = 20000 };
    uint32_t stored = 0;
    struct bw_publish_result r;
    if (start_on(f->dir, f->ipc, BYTES_MAX, &f->bus, &f->fault) != 0)
        fail_msg("%s", f->fault.message);
    dial(f->req, f->ipc, BW_ENDPOINT_REQ);
    char *json = malloc(FILLER + 200);
    sprintf(json,
            PUBLISH("{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"a\"},"
                    "\"message\":\"%0*d\"}"),
            FILLER, 0);
    do {
        assert_int_equal(call(f, json), 0);
        r = result_at(f, 0);
        stored += r.seq > 0;
    } while (!r.fault.err && stored < 1000);
    free(json);
    assert_int_equal(r.fault.err, BW_ENOSPC);
    assert_int_equal(bw_bus_health(f->bus).commit_error, BW_ENOSPC);
    assert_true(stored > 0);
    assert_int_equal(count_events(f), stored); /* reads go on */
}

static void test_bad_options(void **state)
{
    struct fixture *f = *state;
    struct bw_bus *bus;
    char long_url[200];
    assert_int_equal(start_on(f->dir, "udp://x", 0, &bus, &f->fault), BW_EINVAL);
    assert_string_equal(f->fault.field, "bus");
    assert_non_null(strstr(f->fault.message, "ipc://PATH"));
    snprintf(long_url, sizeof long_url, "ipc:///tmp/%0*d", 100, 0);
    assert_int_equal(start_on(f->dir, long_url, 0, &bus, &f->fault), BW_ETOOBIG);
    assert_int_equal(start_on("/nowhere/at/all", "inproc://x", 0, &bus, &f->fault), BW_EIO);
    assert_string_equal(f->fault.field, "data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_published_read_and_still_there_after_a_restart, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_subscribers_get_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fire_and_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_second_bus, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_socket_that_a_killed_bus_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_options, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
