/* Named threads that are joined. Signals are blocked in them: main owns signals. */
#ifndef BW_BASE_THREAD_H
#define BW_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bw_thread {
    pthread_t id;
    bool running;
};

/* Starts run(arg) under a name of at most 15 characters. *t must outlive the thread. */
int bw_thread_start(struct bw_thread *t, const char *name, void (*run)(void *),
                    void *arg) BW_MUST_CHECK;
/* Waits until run() has returned. The owner tells the thread to end first, usually by closing its
 * mailbox. Harmless if it was never started. */
void bw_thread_join(struct bw_thread *t);
/* Waits for run() at most so long. False: it goes on, and nobody waits for it any more; what it
 * uses must stay. For what may never return and does not heed anybody. */
bool bw_thread_join_in(struct bw_thread *t, int64_t ms) BW_MUST_CHECK;

#endif
