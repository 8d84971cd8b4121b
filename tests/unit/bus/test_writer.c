/* The writer with a fake journal: grouping, order, errors, stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bus/fake_journal.h"
#include "writer.h"

enum { ITEMS = 3, BATCHES = 50 };

/* A batch with room for its items, and whether it is done. */
struct test_batch {
    struct bw_batch batch; /* first */
    struct bw_batch_item items[ITEMS];
    struct fixture *fixture;
    bool done;
};

struct fixture {
    struct fake_journal journal;
    struct bw_writer *writer;
    struct test_batch batches[BATCHES];
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    unsigned n_done, n_told, n_beats;
    size_t n_published;
    uint64_t published_seq; /* of the last record published */
    bool in_order, acked_early;
};

static void on_done(struct bw_batch *first)
{
    struct fixture *f = ((struct test_batch *)first)->fixture;
    pthread_mutex_lock(&f->lock);
    for (struct bw_mail *mail = &first->mail; mail; mail = mail->next) {
        struct test_batch *b = (struct test_batch *)mail;
        for (size_t i = 0; i < b->batch.n_items; i++)
            f->acked_early |= b->items[i].draft.result.seq > f->published_seq;
        b->done = true;
        f->n_done++;
    }
    f->n_told++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* Another owner. */
static void on_done_elsewhere(struct bw_batch *first)
{
    on_done(first);
}

static void on_committed(void *ctx, const struct bw_record *records, size_t n)
{
    struct fixture *f = ctx;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < n; i++) {
        f->in_order &= records[i].seq == f->published_seq + 1;
        f->published_seq = records[i].seq;
    }
    f->n_published += n;
    pthread_mutex_unlock(&f->lock);
}

static void on_heartbeat(void *ctx, struct bw_journal *journal)
{
    struct fixture *f = ctx;
    assert_ptr_equal(journal, &f->journal.base);
    pthread_mutex_lock(&f->lock);
    f->n_beats++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void start(struct fixture *f, struct bw_writer_options options)
{
    *f = (struct fixture){.in_order = true};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    fake_init(&f->journal, NULL);
    struct bw_writer_sink sink = {f, on_committed, on_heartbeat};
    assert_int_equal(bw_writer_create(&options, sink, &f->writer), 0);
    f->journal.sink = bw_writer_journal_sink(f->writer);
    assert_int_equal(bw_writer_start(f->writer, &f->journal.base), 0);
}

static void finish(struct fixture *f)
{
    bw_writer_stop(f->writer);
    bw_writer_destroy(&f->writer);
    assert_null(f->writer);
    fake_fini(&f->journal);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

static struct test_batch *prepare(struct fixture *f, unsigned i, size_t bytes)
{
    struct test_batch *b = &f->batches[i];
    *b = (struct test_batch){.fixture = f};
    b->batch = (struct bw_batch){
        .mail.weight = bytes,
        .items = b->items,
        .n_items = ITEMS,
        .n_waiting = ITEMS,
        .done = on_done,
    };
    for (size_t k = 0; k < ITEMS; k++) {
        b->items[k].batch = &b->batch;
        b->items[k].draft.event.topic = BW_STR("t");
    }
    return b;
}

static void post(struct fixture *f, unsigned i)
{
    assert_int_equal(bw_writer_post(f->writer, &prepare(f, i, 100)->batch), 0);
}

static void wait_done(struct fixture *f, unsigned n)
{
    pthread_mutex_lock(&f->lock);
    while (f->n_done < n)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

/* Posts batch 0 and waits until the journal is busy with it, so that what follows collects. */
static void occupy(struct fixture *f)
{
    fake_hold(&f->journal, true);
    post(f, 0);
    fake_wait_held(&f->journal);
}

static void test_what_collects_is_one_commit(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){0});
    occupy(&f);
    for (unsigned i = 1; i < BATCHES; i++)
        post(&f, i);
    fake_hold(&f.journal, false);
    wait_done(&f, BATCHES);
    assert_int_equal(f.journal.n_appends, 2);
    assert_int_equal(f.journal.sizes[0], ITEMS);
    assert_int_equal(f.journal.sizes[1], (BATCHES - 1) * ITEMS);
    uint64_t seq = 0;
    for (unsigned i = 0; i < BATCHES; i++)
        for (size_t k = 0; k < ITEMS; k++)
            assert_int_equal(f.batches[i].items[k].draft.result.seq, ++seq);
    assert_int_equal(f.n_published, seq);
    assert_true(f.in_order);
    assert_false(f.acked_early);
    finish(&f);
}

/* Once for a commit, but an owner only of its own batches, in their order. */
static void test_owners_are_told_once(void **state)
{
    (void)state;
    for (int failing = 0; failing < 2; failing++) {
        static struct fixture f;
        start(&f, (struct bw_writer_options){0});
        occupy(&f);
        f.journal.fail_with = failing ? BW_ENOSPC : 0;
        for (unsigned i = 1; i < 7; i++) {
            struct bw_batch *batch = &prepare(&f, i, 100)->batch;
            if (i > 4)
                batch->done = on_done_elsewhere;
            assert_int_equal(bw_writer_post(f.writer, batch), 0);
        }
        fake_hold(&f.journal, false);
        wait_done(&f, 7);
        assert_int_equal(f.n_told, 3); /* of batch 0, of 1 to 4, of 5 and 6 */
        finish(&f);
    }
}

static void test_a_commit_is_bounded_by_events(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){.commit_events = ITEMS + 1});
    occupy(&f);
    for (unsigned i = 1; i < 6; i++)
        post(&f, i);
    fake_hold(&f.journal, false);
    wait_done(&f, 6);
    assert_int_equal(f.journal.n_appends, 4); /* 1, then 2 + 2 + 1 batches, never a part of one */
    assert_int_equal(f.journal.sizes[1], 2 * ITEMS);
    assert_int_equal(f.journal.sizes[2], 2 * ITEMS);
    assert_int_equal(f.journal.sizes[3], ITEMS);
    finish(&f);
}

static void test_a_commit_is_bounded_by_bytes(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){.commit_bytes = 1000});
    occupy(&f);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(bw_writer_post(f.writer, &prepare(&f, i, 999)->batch), 0);
    fake_hold(&f.journal, false);
    wait_done(&f, 4);
    assert_int_equal(f.journal.n_appends, 3);
    assert_int_equal(f.journal.sizes[1], 2 * ITEMS);
    finish(&f);
}

static void test_an_error_is_everybodys_answer(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){0});
    occupy(&f);
    f.journal.fail_with = BW_ENOSPC; /* append looks when it is let go */
    struct test_batch *mixed = prepare(&f, 1, 100);
    mixed->items[1].draft.result.fault.err = BW_EINVAL;
    mixed->batch.n_waiting = ITEMS - 1;
    assert_int_equal(bw_writer_post(f.writer, &mixed->batch), 0);
    fake_hold(&f.journal, false);
    wait_done(&f, 2);
    for (size_t k = 0; k < ITEMS; k++) {
        assert_int_equal(f.batches[0].items[k].draft.result.fault.err, BW_ENOSPC);
        assert_int_equal(f.batches[0].items[k].draft.result.seq, 0);
        assert_int_equal(mixed->items[k].draft.result.fault.err, k == 1 ? BW_EINVAL : BW_ENOSPC);
    }
    assert_non_null(strstr(mixed->items[0].draft.result.fault.message, "no space"));
    assert_int_equal(bw_writer_health(f.writer), BW_ENOSPC);
    assert_int_equal(f.n_published, 0);

    occupy(&f);
    f.journal.fail_with = 0;
    fake_hold(&f.journal, false);
    wait_done(&f, 3);
    assert_int_equal(f.batches[0].items[0].draft.result.seq, 1);
    bw_writer_stop(f.writer); /* the health is set after the batches are told */
    assert_int_equal(bw_writer_health(f.writer), 0);
    finish(&f);
}

static void test_a_journal_that_is_well_again_is_noticed(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){0});
    occupy(&f);
    f.journal.fail_with = BW_ENOSPC;
    fake_hold(&f.journal, false);
    wait_done(&f, 1);
    while (bw_writer_health(f.writer) == 0)
        usleep(1000);
    pthread_mutex_lock(&f.journal.lock);
    f.journal.fail_with = 0;
    pthread_mutex_unlock(&f.journal.lock);
    while (bw_writer_health(f.writer) != 0)
        usleep(1000);
    finish(&f);
}

static void test_refused_items_do_not_reach_the_journal(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){0});
    struct test_batch *b = prepare(&f, 0, 100);
    b->items[0].draft.result.fault.err = BW_EINVAL;
    b->batch.n_waiting = ITEMS - 1;
    assert_int_equal(bw_writer_post(f.writer, &b->batch), 0);
    wait_done(&f, 1);
    assert_int_equal(f.journal.sizes[0], ITEMS - 1);
    assert_int_equal(b->items[0].draft.result.seq, 0);
    assert_int_equal(b->items[2].draft.result.seq, 2);
    finish(&f);
}

static void test_stop_commits_what_was_posted(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){.commit_events = 1});
    occupy(&f);
    for (unsigned i = 1; i < 10; i++)
        post(&f, i);
    fake_hold(&f.journal, false);
    bw_writer_stop(f.writer);
    assert_int_equal(f.n_done, 10);
    assert_int_equal(f.journal.head, 10 * ITEMS);
    assert_int_equal(bw_writer_post(f.writer, &prepare(&f, 10, 1)->batch), BW_ECLOSED);
    finish(&f);
}

static void test_it_beats_and_tidies_when_idle(void **state)
{
    (void)state;
    static struct fixture f;
    start(&f, (struct bw_writer_options){.heartbeat_ms = 1});
    pthread_mutex_lock(&f.lock);
    while (f.n_beats < 5)
        pthread_cond_wait(&f.changed, &f.lock);
    pthread_mutex_unlock(&f.lock);
    post(&f, 0);
    pthread_mutex_lock(&f.journal.lock);
    while (f.journal.n_idle < 1)
        pthread_cond_wait(&f.journal.changed, &f.journal.lock);
    pthread_mutex_unlock(&f.journal.lock);
    wait_done(&f, 1);
    finish(&f);
    assert_int_equal(f.journal.n_idle, 1); /* once for the work done, not for every wait */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_collects_is_one_commit),
        cmocka_unit_test(test_owners_are_told_once),
        cmocka_unit_test(test_a_commit_is_bounded_by_events),
        cmocka_unit_test(test_a_commit_is_bounded_by_bytes),
        cmocka_unit_test(test_an_error_is_everybodys_answer),
        cmocka_unit_test(test_a_journal_that_is_well_again_is_noticed),
        cmocka_unit_test(test_refused_items_do_not_reach_the_journal),
        cmocka_unit_test(test_stop_commits_what_was_posted),
        cmocka_unit_test(test_it_beats_and_tidies_when_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
