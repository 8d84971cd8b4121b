/* What subscribers get: one message per topic and commit, split by size, and the heartbeat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <cmocka.h>

#include "publish.h"
#include "wire/mp.h"
#include "wire/pub.h"
#include "wire/topic.h"

enum { EPOCH = 7 };

struct fixture {
    struct bw_publish *publish;
    nng_socket sub;
    nng_msg *message;
    msgpack_zone zone;
};

/* A journal that knows its topics, and no more. */
struct topic_journal {
    struct bw_journal base; /* first */
    unsigned n_topics;
};

static struct bw_head head(const struct bw_journal *j)
{
    (void)j;
    return (struct bw_head){EPOCH, 100, 1};
}

static void each_topic(struct bw_journal *j, void (*visit)(void *, struct bw_str, uint64_t),
                       void *ctx)
{
    char name[BW_TOPIC_MAX + 1];
    for (unsigned i = 0; i < ((struct topic_journal *)j)->n_topics; i++) {
        int n = snprintf(name, sizeof name, "%0*u", BW_TOPIC_MAX, i);
        visit(ctx, (struct bw_str){name, (size_t)n}, i + 1);
    }
}

static const struct bw_journal_ops topic_ops = {.head = head, .each_topic = each_topic};

/* Subscribed once the first heartbeat has come through. */
static void start(struct fixture *f)
{
    struct topic_journal none = {.base.ops = &topic_ops};
    struct bw_fault fault = {0};
    nng_msg *first = NULL;
    *f = (struct fixture){.message = NULL};
    assert_int_equal(bw_publish_open(100, &f->publish, &fault), 0);
    assert_int_equal(bw_publish_listen(f->publish, "inproc://publish", NULL, &fault), 0);
    assert_int_equal(nng_sub0_open(&f->sub), 0);
    assert_int_equal(nng_socket_set(f->sub, NNG_OPT_SUB_SUBSCRIBE, "", 0), 0);
    assert_int_equal(nng_socket_set_int(f->sub, NNG_OPT_RECVBUF, 100), 0);
    assert_int_equal(nng_dial(f->sub, "inproc://publish", NULL, 0), 0);
    assert_true(msgpack_zone_init(&f->zone, 8192));
    while (!first) {
        bw_publish_heads(f->publish, &none.base);
        (void)nng_recvmsg(f->sub, &first, NNG_FLAG_NONBLOCK);
    }
    nng_msg_free(first);
}

static void finish(struct fixture *f)
{
    if (f->message)
        nng_msg_free(f->message);
    nng_close(f->sub);
    msgpack_zone_destroy(&f->zone);
    bw_publish_close(&f->publish);
    assert_null(f->publish);
}

/* The next message, heartbeats left out unless asked for. */
static struct bw_pub next(struct fixture *f, bool heartbeat)
{
    struct bw_pub pub;
    do {
        if (f->message)
            nng_msg_free(f->message);
        msgpack_zone_clear(&f->zone);
        assert_int_equal(nng_recvmsg(f->sub, &f->message, 0), 0);
        struct bw_str bytes = {nng_msg_body(f->message), nng_msg_len(f->message)};
        assert_true(bytes.len <= BW_PUB_BYTES_MAX);
        assert_int_equal(bw_pub_decode(bytes, &f->zone, &pub), 0);
        assert_int_equal(pub.epoch, EPOCH);
    } while (!heartbeat && pub.heads);
    return pub;
}

/* A record whose event is msgpack's positive fixint: the last digit of its seq. */
static struct bw_record small(uint64_t seq, uint64_t prev, const char *topic)
{
    static const char digits[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    return (struct bw_record){seq, prev, bw_str(topic), {&digits[seq % 10], 1}};
}

static void check(struct bw_pub pub, const char *topic, uint64_t prev, const char *events)
{
    assert_true(bw_str_is(pub.topic, topic));
    assert_int_equal(pub.prev, prev);
    assert_int_equal(pub.events->via.array.size, strlen(events));
    for (size_t i = 0; events[i]; i++)
        assert_int_equal(pub.events->via.array.ptr[i].via.u64, events[i] - '0');
}

static void test_one_message_per_topic(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    const struct bw_record commit[] = {
        small(11, 10, "system"), small(12, 4, "logs"),  small(13, 12, "logs"),
        small(14, 11, "system"), small(15, 0, "other"), small(16, 13, "logs"),
    };
    bw_publish_records(f.publish, EPOCH, commit, 6);
    check(next(&f, false), "system", 10, "14");
    check(next(&f, false), "logs", 4, "236");
    check(next(&f, false), "other", 0, "5");
    bw_publish_records(f.publish, EPOCH, (struct bw_record[]){small(17, 16, "logs")}, 1);
    check(next(&f, false), "logs", 16, "7");
    finish(&f);
}

static void test_a_large_run_is_split_and_the_chain_holds(void **state)
{
    (void)state;
    enum { EVENTS = 20, BYTES = 200 * 1000 };
    struct fixture f;
    struct bw_record commit[EVENTS];
    struct bw_buf event = {0};
    msgpack_packer pk;
    start(&f);
    char *filler = calloc(1, BYTES);
    assert_non_null(filler);
    bw_mp_packer(&pk, &event);
    bw_mp_str(&pk, (struct bw_str){filler, BYTES});
    for (uint64_t i = 0; i < EVENTS; i++)
        commit[i] = (struct bw_record){i + 1, i, BW_STR("big"), bw_buf_str(&event)};
    bw_publish_records(f.publish, EPOCH, commit, EVENTS);
    uint64_t seen = 0;
    for (unsigned n = 0; n < 4; n++) { /* five of them fit into a message */
        struct bw_pub pub = next(&f, false);
        assert_int_equal(pub.prev, seen);
        assert_int_equal(pub.events->via.array.size, 5);
        seen += pub.events->via.array.size;
    }
    assert_int_equal(seen, EVENTS);
    free(filler);
    bw_buf_free(&event);
    finish(&f);
}

static void test_many_topics_in_one_commit(void **state)
{
    (void)state;
    enum { TOPICS = 80 };
    struct fixture f;
    struct bw_record commit[2 * TOPICS];
    char names[TOPICS][8];
    start(&f);
    for (unsigned i = 0; i < TOPICS; i++) {
        snprintf(names[i], sizeof names[i], "t%u", i);
        commit[i] = small(i + 1, 0, names[i]);
        commit[TOPICS + i] = small(TOPICS + i + 1, i + 1, names[i]);
    }
    bw_publish_records(f.publish, EPOCH, commit, 2 * TOPICS);
    for (unsigned i = 0; i < TOPICS; i++) {
        char events[3] = {(char)('0' + (i + 1) % 10), (char)('0' + (TOPICS + i + 1) % 10), 0};
        check(next(&f, false), names[i], 0, events);
    }
    finish(&f);
}

static void test_heads_of_all_topics_in_bounded_messages(void **state)
{
    (void)state;
    struct fixture f;
    struct topic_journal journal = {.base.ops = &topic_ops, .n_topics = 20000}; /* 2.6 MB */
    unsigned seen = 0, messages = 0;
    start(&f);
    bw_publish_heads(f.publish, &journal.base);
    while (seen < journal.n_topics) {
        struct bw_pub pub = next(&f, true);
        assert_true(bw_str_is(pub.topic, BW_TOPIC_HEAD));
        for (uint32_t i = 0; i < pub.heads->via.map.size; i++)
            assert_int_equal(pub.heads->via.map.ptr[i].val.via.u64, ++seen);
        if (pub.heads->via.map.size == 0)
            continue; /* one more heartbeat of start() */
        messages++;
        assert_int_equal(pub.head, 0); /* none of them is all there is */
    }
    assert_int_equal(messages, 3);
    finish(&f);
}

static void test_bad_settings(void **state)
{
    (void)state;
    struct bw_publish *p;
    struct bw_fault fault = {0};
    assert_int_equal(bw_publish_open(1000000, &p, &fault), BW_EINVAL);
    assert_null(p);
    assert_int_equal(bw_publish_open(1, &p, &fault), 0);
    assert_int_equal(bw_publish_listen(p, "ipc:///nowhere/at/all/bus.pub", NULL, &fault), BW_EIO);
    assert_non_null(strstr(fault.message, "ipc:///nowhere/at/all/bus.pub"));
    bw_publish_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_message_per_topic),
        cmocka_unit_test(test_a_large_run_is_split_and_the_chain_holds),
        cmocka_unit_test(test_many_topics_in_one_commit),
        cmocka_unit_test(test_heads_of_all_topics_in_bounded_messages),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
