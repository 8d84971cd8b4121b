/* Answering reading verbs. The threads share one mailbox: whoever is free takes the next question.
 */
#include "query.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "base/thread.h"

BW_COUNTER(questions, "bellwire_query_requests_total", "Reading requests answered.");
BW_COUNTER(questions_failed, "bellwire_query_requests_failed_total",
           "Reading requests answered with an error.");

enum { THREADS = 2 };

struct worker {
    struct bw_query *query;
    struct bw_reader *reader;
    struct bw_thread thread;
};

struct bw_query {
    struct bw_journal *journal;
    struct bw_mailbox *box;
    struct worker *workers;
    unsigned n_workers;
};

static void answer(const struct worker *w, struct bw_question *q)
{
    int err = w->query->journal->ops->read(w->reader, &q->request, &q->answer, &q->fault);
    if (!err && q->answer.failed)
        err = BW_ENOMEM;
    if (err && !q->fault.err)
        bw_fault(&q->fault, err, "", "%s", bw_err_text(err));
    bw_metric_add(&questions, 1);
    bw_metric_add(&questions_failed, err != 0);
    q->done(q);
}

static void run(void *arg)
{
    const struct worker *w = arg;
    struct bw_mail *mail;
    while ((mail = bw_mailbox_take_one(w->query->box, -1)))
        answer(w, (struct bw_question *)mail);
}

int bw_query_start(struct bw_journal *journal, unsigned threads, struct bw_query **out,
                   struct bw_fault *fault)
{
    *out = NULL;
    struct bw_query *q = calloc(1, sizeof *q);
    unsigned n = threads ? threads : THREADS;
    int err = BW_ENOMEM;
    if (!q)
        goto out;
    q->journal = journal;
    q->workers = calloc(n, sizeof *q->workers);
    if (!q->workers)
        goto out;
    err = bw_mailbox_create(&q->box, SIZE_MAX, 0);
    for (; !err && q->n_workers < n; q->n_workers += !err) {
        struct worker *w = &q->workers[q->n_workers];
        w->query = q;
        err = journal->ops->open_reader(journal, &w->reader);
        if (err)
            break;
        err = bw_thread_start(&w->thread, "bw-query", run, w);
        if (err)
            journal->ops->close_reader(&w->reader);
    }
out:
    if (err) {
        if (q && q->box)
            bw_query_stop(q);
        bw_query_destroy(&q);
        return bw_fault(fault, err, "data", "cannot read the journal: %s", bw_err_text(err));
    }
    *out = q;
    return 0;
}

void bw_query_stop(struct bw_query *query)
{
    bw_mailbox_close(query->box);
    for (unsigned i = 0; i < query->n_workers; i++) {
        bw_thread_join(&query->workers[i].thread);
        if (query->workers[i].reader)
            query->journal->ops->close_reader(&query->workers[i].reader);
    }
}

void bw_query_destroy(struct bw_query **query)
{
    struct bw_query *q = *query;
    *query = NULL;
    if (!q)
        return;
    bw_mailbox_destroy(&q->box);
    free(q->workers);
    free(q);
}

int bw_query_post(struct bw_query *query, struct bw_question *question)
{
    return bw_mailbox_post(query->box, &question->mail);
}
