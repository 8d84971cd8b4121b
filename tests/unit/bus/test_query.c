/* The query threads with fake readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bus/fake_journal.h"
#include "query.h"

enum { QUESTIONS = 100, THREADS = 2 };

struct bw_reader {
    struct fixture *fixture;
};

struct test_question {
    struct bw_question question; /* first */
    struct fixture *fixture;
};

struct fixture {
    struct fake_journal journal; /* first: a reader finds the fixture by it */
    struct bw_reader readers[THREADS];
    struct test_question questions[QUESTIONS];
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    unsigned n_opened, n_closed, n_reading, most_reading, n_done;
    bool meet; /* a reader waits until all are reading */
    int open_fails_at;
};

static int open_reader(struct bw_journal *j, struct bw_reader **out)
{
    struct fixture *f = (struct fixture *)j;
    if (f->open_fails_at && (int)f->n_opened + 1 == f->open_fails_at)
        return BW_EIO;
    *out = &f->readers[f->n_opened++];
    (*out)->fixture = f;
    return 0;
}

static void close_reader(struct bw_reader **reader)
{
    (*reader)->fixture->n_closed++;
    *reader = NULL;
}

static int answer(struct bw_reader *reader, const struct bw_rpc_request *request,
                  struct bw_buf *out, struct bw_fault *fault)
{
    struct fixture *f = reader->fixture;
    pthread_mutex_lock(&f->lock);
    f->n_reading++;
    if (f->n_reading > f->most_reading)
        f->most_reading = f->n_reading;
    pthread_cond_broadcast(&f->changed);
    while (f->meet && f->most_reading < THREADS)
        pthread_cond_wait(&f->changed, &f->lock);
    f->n_reading--;
    pthread_mutex_unlock(&f->lock);
    if (request->op == BW_RPC_TASK)
        return bw_fault(fault, BW_ENOTFOUND, "id", "no such task");
    if (request->op == BW_RPC_STATS)
        return BW_EIO; /* a reader that says no more than that */
    bw_buf_printf(out, "%u", request->limit);
    return 0;
}

static const struct bw_journal_ops reading_ops = {
    .open_reader = open_reader,
    .read = answer,
    .close_reader = close_reader,
};

static void on_done(struct bw_question *q)
{
    struct fixture *f = ((struct test_question *)q)->fixture;
    pthread_mutex_lock(&f->lock);
    f->n_done++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void prepare(struct fixture *f)
{
    *f = (struct fixture){.n_done = 0};
    fake_init(&f->journal, &reading_ops);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
}

static struct bw_query *start(struct fixture *f)
{
    struct bw_query *query;
    struct bw_fault fault = {0};
    prepare(f);
    assert_int_equal(bw_query_start(&f->journal.base, THREADS, &query, &fault), 0);
    return query;
}

static void finish(struct fixture *f, struct bw_query **query)
{
    bw_query_stop(*query);
    bw_query_destroy(query);
    assert_null(*query);
    assert_int_equal(f->n_closed, f->n_opened);
    for (unsigned i = 0; i < QUESTIONS; i++)
        bw_buf_free(&f->questions[i].question.answer);
    fake_fini(&f->journal);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

static struct bw_question *ask(struct fixture *f, struct bw_query *query, unsigned i,
                               enum bw_rpc_op op)
{
    struct test_question *q = &f->questions[i];
    q->fixture = f;
    q->question.done = on_done;
    q->question.request = (struct bw_rpc_request){.op = op, .limit = i};
    assert_int_equal(bw_query_post(query, &q->question), 0);
    return &q->question;
}

static void wait_done(struct fixture *f, unsigned n)
{
    pthread_mutex_lock(&f->lock);
    while (f->n_done < n)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void test_each_gets_its_own_answer_from_several_threads(void **state)
{
    (void)state;
    static struct fixture f;
    struct bw_query *query = start(&f);
    f.meet = true;
    for (unsigned i = 0; i < QUESTIONS; i++)
        ask(&f, query, i, BW_RPC_EVENTS);
    wait_done(&f, QUESTIONS);
    assert_int_equal(f.most_reading, THREADS);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char want[16];
        snprintf(want, sizeof want, "%u", i);
        assert_int_equal(f.questions[i].question.fault.err, 0);
        assert_true(bw_str_is(bw_buf_str(&f.questions[i].question.answer), want));
    }
    finish(&f, &query);
}

static void test_errors_are_handed_on(void **state)
{
    (void)state;
    static struct fixture f;
    struct bw_query *query = start(&f);
    struct bw_question *not_found = ask(&f, query, 0, BW_RPC_TASK);
    struct bw_question *broken = ask(&f, query, 1, BW_RPC_STATS);
    wait_done(&f, 2);
    assert_int_equal(not_found->fault.err, BW_ENOTFOUND);
    assert_string_equal(not_found->fault.field, "id");
    assert_int_equal(broken->fault.err, BW_EIO);
    assert_string_equal(broken->fault.message, bw_err_text(BW_EIO));
    finish(&f, &query);
}

static void test_stop_answers_what_was_asked(void **state)
{
    (void)state;
    static struct fixture f;
    struct bw_query *query = start(&f);
    for (unsigned i = 1; i < QUESTIONS; i++)
        ask(&f, query, i, BW_RPC_EVENTS);
    bw_query_stop(query);
    assert_int_equal(f.n_done, QUESTIONS - 1);
    assert_int_equal(bw_query_post(query, &f.questions[0].question), BW_ECLOSED);
    finish(&f, &query);
}

static void test_a_reader_that_does_not_open(void **state)
{
    (void)state;
    static struct fixture f;
    struct bw_query *query;
    struct bw_fault fault = {0};
    prepare(&f);
    f.open_fails_at = 2;
    assert_int_equal(bw_query_start(&f.journal.base, THREADS, &query, &fault), BW_EIO);
    assert_null(query);
    assert_int_equal(f.n_closed, 1);
    assert_non_null(strstr(fault.message, "cannot read the journal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_own_answer_from_several_threads),
        cmocka_unit_test(test_errors_are_handed_on),
        cmocka_unit_test(test_stop_answers_what_was_asked),
        cmocka_unit_test(test_a_reader_that_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
