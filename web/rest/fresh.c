/* Whether an answer that a client still has is the answer it would get now. */
#include "web/rest/fresh.h"

#include "base/clock.h"

void bw_fresh_open(struct bw_fresh *f)
{
    *f = (struct bw_fresh){.epoch = 0};
    pthread_mutex_init(&f->lock, NULL);
}

void bw_fresh_close(struct bw_fresh *f)
{
    pthread_mutex_destroy(&f->lock);
}

struct bw_fresh_question bw_fresh_ask(struct bw_fresh *f)
{
    pthread_mutex_lock(&f->lock);
    struct bw_fresh_question asked = {bw_clock_mono_us(), f->writes};
    pthread_mutex_unlock(&f->lock);
    return asked;
}

void bw_fresh_learn(struct bw_fresh *f, struct bw_fresh_question asked, uint32_t epoch,
                    uint64_t head)
{
    int64_t until_us = asked.asked_us + BW_FRESH_MS * 1000;
    pthread_mutex_lock(&f->lock);
    if (asked.writes == f->writes && until_us > f->until_us) {
        f->epoch = epoch;
        f->head = head;
        f->until_us = until_us;
    }
    pthread_mutex_unlock(&f->lock);
}

void bw_fresh_forget(struct bw_fresh *f)
{
    pthread_mutex_lock(&f->lock);
    f->writes++;
    f->epoch = 0;
    f->until_us = 0;
    pthread_mutex_unlock(&f->lock);
}

bool bw_fresh_is(struct bw_fresh *f, struct bw_cursor known)
{
    pthread_mutex_lock(&f->lock);
    bool is = known.kind == BW_CURSOR_AT && known.epoch && known.epoch == f->epoch &&
              known.seq == f->head && bw_clock_mono_us() < f->until_us;
    pthread_mutex_unlock(&f->lock);
    return is;
}
