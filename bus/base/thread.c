/* Threads: started with their signals blocked, stopped by joining. */
#include "base/thread.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct start {
    void (*run)(void *);
    void *arg;
};

static void *trampoline(void *p)
{
    struct start s = *(struct start *)p;
    free(p);
    s.run(s.arg);
    return NULL;
}

int bw_thread_start(struct bw_thread *t, const char *name, void (*run)(void *), void *arg)
{
    sigset_t all, old;
    struct start *s = malloc(sizeof *s);
    if (!s)
        return BW_ENOMEM;
    *s = (struct start){run, arg};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&t->id, NULL, trampoline, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        free(s);
        return BW_EUNAVAILABLE;
    }
    pthread_setname_np(t->id, name);
    t->running = true;
    return 0;
}

void bw_thread_join(struct bw_thread *t)
{
    if (t->running)
        pthread_join(t->id, NULL);
    t->running = false;
}

/* By the wall's clock, since ThreadSanitizer does not know pthread_clockjoin_np(). */
bool bw_thread_join_in(struct bw_thread *t, int64_t ms)
{
    int64_t until_us = bw_clock_wall_us() + ms * 1000;
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    bool joined = !t->running || pthread_timedjoin_np(t->id, NULL, &until) == 0;
    if (!joined)
        pthread_detach(t->id);
    t->running = false;
    return joined;
}
