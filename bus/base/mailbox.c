/* A bounded queue: a mutex, a list and a condition (or an eventfd). A taker takes everything
 * at once or one, so the lock is held for a few instructions however much is queued. */
#include "base/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct bw_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct bw_mail *head, **tail;
    size_t weight, max_weight;
    int closed;
    int fd;
};

int bw_mailbox_create(struct bw_mailbox **out, size_t max_weight, int with_fd)
{
    *out = NULL;
    struct bw_mailbox *box = calloc(1, sizeof *box);
    if (!box)
        return BW_ENOMEM;
    box->fd = with_fd ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
    if (with_fd && box->fd < 0) {
        free(box);
        return BW_EIO;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->arrived, &attr);
    pthread_condattr_destroy(&attr);
    box->tail = &box->head;
    box->max_weight = max_weight;
    *out = box;
    return 0;
}

void bw_mailbox_destroy(struct bw_mailbox **box)
{
    struct bw_mailbox *mine = *box;
    *box = NULL;
    if (!mine)
        return;
    pthread_cond_destroy(&mine->arrived);
    pthread_mutex_destroy(&mine->lock);
    if (mine->fd >= 0)
        close(mine->fd);
    free(mine);
}

static void ring_bell(struct bw_mailbox *box)
{
    uint64_t one = 1;
    if (box->fd >= 0 && write(box->fd, &one, sizeof one) < 0)
        return; /* EAGAIN: the counter is at its limit, so it is readable anyway */
}

int bw_mailbox_post(struct bw_mailbox *box, struct bw_mail *mail)
{
    mail->next = NULL;
    return bw_mailbox_post_all(box, mail);
}

int bw_mailbox_post_all(struct bw_mailbox *box, struct bw_mail *first)
{
    struct bw_mail *last = first;
    size_t weight = first->weight;
    for (; last->next; last = last->next)
        weight += last->next->weight;
    int err = 0;
    bool wake = false;
    pthread_mutex_lock(&box->lock);
    if (box->closed) {
        err = BW_ECLOSED;
    } else if (box->head && box->weight + weight > box->max_weight) {
        err = BW_EBUSY;
    } else {
        wake = !box->head;
        *box->tail = first;
        box->tail = &last->next;
        box->weight += weight;
        if (wake)
            ring_bell(box);
    }
    pthread_mutex_unlock(&box->lock);
    if (wake) /* after unlocking: else the taker wakes only to wait for the lock */
        pthread_cond_signal(&box->arrived);
    return err;
}

static struct timespec deadline_in(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (timeout_ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* Waits, with the lock held, until there is mail, the box is closed or the time is over. */
static void wait_for_mail(struct bw_mailbox *box, int timeout_ms)
{
    if (box->head || box->closed || timeout_ms == 0)
        return;
    struct timespec deadline = deadline_in(timeout_ms > 0 ? timeout_ms : 0);
    int rc = 0;
    while (!box->head && !box->closed && rc != ETIMEDOUT)
        rc = timeout_ms < 0 ? pthread_cond_wait(&box->arrived, &box->lock)
                            : pthread_cond_timedwait(&box->arrived, &box->lock, &deadline);
}

/* With the lock held, when the box has become empty. A closed box goes on ringing, so that an epoll
 * loop cannot miss it. */
static void silence_bell(struct bw_mailbox *box)
{
    uint64_t count;
    if (box->fd >= 0 && !box->closed && read(box->fd, &count, sizeof count) < 0)
        return; /* EAGAIN: nobody had rung */
}

struct bw_mail *bw_mailbox_take(struct bw_mailbox *box, int timeout_ms)
{
    pthread_mutex_lock(&box->lock);
    wait_for_mail(box, timeout_ms);
    struct bw_mail *mail = box->head;
    box->head = NULL;
    box->tail = &box->head;
    box->weight = 0;
    silence_bell(box);
    pthread_mutex_unlock(&box->lock);
    return mail;
}

struct bw_mail *bw_mailbox_take_one(struct bw_mailbox *box, int timeout_ms)
{
    pthread_mutex_lock(&box->lock);
    wait_for_mail(box, timeout_ms);
    struct bw_mail *mail = box->head;
    if (mail) {
        box->head = mail->next;
        box->weight -= mail->weight;
        mail->next = NULL;
    }
    if (box->head) {
        pthread_cond_signal(&box->arrived); /* a post into a box with mail in it wakes nobody */
    } else {
        box->tail = &box->head;
        silence_bell(box);
    }
    pthread_mutex_unlock(&box->lock);
    return mail;
}

void bw_mailbox_close(struct bw_mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    box->closed = 1;
    pthread_cond_broadcast(&box->arrived);
    ring_bell(box);
    pthread_mutex_unlock(&box->lock);
}

int bw_mailbox_is_closed(struct bw_mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    int closed = box->closed;
    pthread_mutex_unlock(&box->lock);
    return closed;
}

int bw_mailbox_fd(const struct bw_mailbox *box)
{
    return box->fd;
}
