/* A stream of events into the bus.
 *
 * DESIGN. The caller's thread reads, decodes and queues; results come on a thread of libbellwire. A
 * ticket, of which there are as many as the window is wide, is what an event under way is known by;
 * who has none to give waits for one to come back. */
#include "pour.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "emit_data.h"
#include "lines.h"

enum { READ_BYTES = 128 * 1024, LINE_BYTES_MAX = 4 << 20 };

struct ticket {
    struct bw_pour *pour;
    struct ticket *next; /* free ones */
    uint64_t line;
};

struct bw_pour {
    struct bellwire *bus;
    int give_up_ms;
    uint32_t window;
    uint64_t line; /* the one being read */
    int err;       /* why nothing more is queued */
    struct bw_emit_scratch scratch;

    pthread_mutex_t lock;
    pthread_cond_t came_back;
    struct ticket *free;         /* all below are guarded by lock */
    uint32_t under_way, awaited; /* came_back is signalled when no more are under way */
    uint64_t results;
    bool cancelled;
    struct bw_pour_counts counts;

    struct ticket tickets[];
};

int bw_pour_create(struct bw_pour **out, struct bellwire *bus, uint32_t window, int give_up_ms)
{
    struct bw_pour *p = *out = calloc(1, sizeof *p + window * sizeof p->tickets[0]);
    pthread_condattr_t monotonic;
    if (!p)
        return BW_ENOMEM;
    p->bus = bus;
    p->window = window;
    p->give_up_ms = give_up_ms;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->came_back, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (uint32_t i = 0; i < window; i++) {
        p->tickets[i] = (struct ticket){.pour = p, .next = p->free};
        p->free = &p->tickets[i];
    }
    return 0;
}

void bw_pour_destroy(struct bw_pour **pour)
{
    struct bw_pour *p = *pour;
    *pour = NULL;
    if (!p)
        return;
    bw_emit_scratch_free(&p->scratch);
    pthread_cond_destroy(&p->came_back);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void bw_pour_cancel(struct bw_pour *p)
{
    pthread_mutex_lock(&p->lock);
    p->cancelled = true;
    pthread_cond_signal(&p->came_back);
    pthread_mutex_unlock(&p->lock);
}

/* With the lock. */
static void count_refusal(struct bw_pour *p, uint64_t line, const char *field, const char *message)
{
    struct bw_pour_counts *c = &p->counts;
    c->refused++;
    if (c->n_reasons == BW_POUR_REASONS)
        return;
    struct bw_pour_reason *reason = &c->reasons[c->n_reasons++];
    reason->line = line;
    snprintf(reason->text, sizeof reason->text, "%s%s%s", field, *field ? ": " : "", message);
}

static void refuse(struct bw_pour *p, const char *field, const char *message)
{
    pthread_mutex_lock(&p->lock);
    count_refusal(p, p->line, field, message);
    pthread_mutex_unlock(&p->lock);
}

/* With the lock. */
static void give_back(struct bw_pour *p, struct ticket *t)
{
    t->next = p->free;
    p->free = t;
    p->under_way--;
}

/* A thread of libbellwire. */
static void done(void *arg, const struct bellwire_result *result)
{
    struct ticket *t = arg;
    struct bw_pour *p = t->pour;
    pthread_mutex_lock(&p->lock);
    if (result->error == 0 && result->duplicate)
        p->counts.duplicates++;
    else if (result->error == 0 && result->stale)
        p->counts.stale++;
    else if (result->error == 0)
        p->counts.accepted++;
    else if (result->error != BELLWIRE_ECLOSED)
        count_refusal(p, t->line, result->field, result->message);
    p->results++;
    give_back(p, t);
    if (p->under_way == p->awaited)
        pthread_cond_signal(&p->came_back);
    pthread_mutex_unlock(&p->lock);
}

static struct timespec in_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms % 1000 * 1000000L;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

/* With the lock: until no more than `most` are under way. */
static int wait_for_results(struct bw_pour *p, uint32_t most)
{
    int err = 0;
    p->awaited = most;
    while (p->under_way > most && !p->cancelled && !err) {
        struct timespec until = in_ms(p->give_up_ms < 0 ? 0 : p->give_up_ms);
        uint64_t before = p->results;
        if (p->give_up_ms < 0)
            pthread_cond_wait(&p->came_back, &p->lock);
        else if (pthread_cond_timedwait(&p->came_back, &p->lock, &until) == ETIMEDOUT &&
                 p->results == before)
            err = BW_ETIMEDOUT;
    }
    return p->cancelled ? BW_ECLOSED : err;
}

static int take_ticket(struct bw_pour *p, struct ticket **out)
{
    pthread_mutex_lock(&p->lock);
    int err = wait_for_results(p, p->free ? p->window : p->window / 2);
    if (!err) {
        *out = p->free;
        p->free = (*out)->next;
        p->under_way++;
        (*out)->line = p->line;
    }
    pthread_mutex_unlock(&p->lock);
    return err;
}

/* libbellwire's queue is full: of events of this pour, which are waited for, or else of somebody
 * else's. */
static int wait_for_room(struct bw_pour *p, struct ticket *ticket)
{
    enum { PAUSE_MS = 20 };
    pthread_mutex_lock(&p->lock);
    give_back(p, ticket);
    struct timespec soon = in_ms(PAUSE_MS);
    if (p->under_way == 0 && !p->cancelled)
        pthread_cond_timedwait(&p->came_back, &p->lock, &soon);
    int err = wait_for_results(p, p->under_way / 2);
    pthread_mutex_unlock(&p->lock);
    return err;
}

static int queue(struct bw_pour *p, const struct bellwire_event *event)
{
    struct ticket *ticket;
    int err;
    while ((err = take_ticket(p, &ticket)) == 0) {
        err = bellwire_publish_async(p->bus, event, done, ticket);
        if (err == 0)
            return 0;
        if (err != BELLWIRE_EBUSY) {
            pthread_mutex_lock(&p->lock);
            give_back(p, ticket);
            pthread_mutex_unlock(&p->lock);
            return err;
        }
        if ((err = wait_for_room(p, ticket)) != 0)
            return err;
    }
    return err;
}

static bool is_blank(struct bw_str s)
{
    while (s.len > 0 && strchr(" \t\r", s.ptr[s.len - 1]))
        s.len--;
    return s.len == 0;
}

static void on_line(void *ctx, const struct bw_line *line)
{
    struct bw_pour *p = ctx;
    struct bellwire_event event;
    struct bellwire_result result;
    struct bw_fault fault = {0};
    p->line++;
    if (p->err || is_blank(line->text))
        return;
    p->counts.events++;
    if (line->cut > 0) {
        refuse(p, "", "the line is longer than 4 MiB");
        return;
    }
    if (bw_emit_line(line->text, &p->scratch, &event, &fault) != 0) {
        refuse(p, fault.field, fault.message);
        return;
    }
    int err = queue(p, &event);
    if (err == BW_ETIMEDOUT || err == BW_ECLOSED)
        p->err = err;
    else if (err && bellwire_check(&event, &result) != 0)
        refuse(p, result.field, result.message);
    else if (err)
        refuse(p, "", bellwire_strerror(err));
}

int bw_pour_fd(struct bw_pour *p, int fd, struct bw_pour_counts *counts)
{
    struct bw_lines lines = {.max = LINE_BYTES_MAX, .on_line = on_line, .ctx = p};
    char *bytes = malloc(READ_BYTES);
    ssize_t n = 0;
    p->counts = (struct bw_pour_counts){0};
    p->line = 0;
    p->err = bytes ? 0 : BW_ENOMEM;
    while (!p->err && ((n = read(fd, bytes, READ_BYTES)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            bw_lines_feed(&lines, (struct bw_str){bytes, (size_t)n});
    if (n == 0 && !p->err)
        bw_lines_end(&lines);
    int read_errno = errno;
    pthread_mutex_lock(&p->lock);
    if (!p->err)
        p->err = wait_for_results(p, 0);
    *counts = p->counts;
    pthread_mutex_unlock(&p->lock);
    if (!p->err && n < 0)
        p->err = BW_EIO;
    bw_lines_free(&lines);
    free(bytes);
    errno = read_errno;
    return p->err;
}
