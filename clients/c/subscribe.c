/* A subscription's life. Its thread, "bw-subscribe", does everything: it waits for what arrives,
 * fetches what is missing, and calls the callbacks. */
#include <stdlib.h>
#include <string.h>

#include "subscription.h"
#include "wire/topic.h"

static int follow_arrivals(struct bellwire_subscription *s, struct bw_arrival *list)
{
    int err = 0;
    while (list) {
        struct bw_arrival *next = (struct bw_arrival *)list->mail.next;
        if (!err && atomic_exchange(&s->inbox.connected_anew, false))
            err = bw_follow_synchronise(s);
        if (!err && list->msg)
            err = bw_follow_message(
                s, (struct bw_str){nng_msg_body(list->msg), nng_msg_len(list->msg)});
        bw_arrival_free(list);
        list = next;
    }
    return err;
}

static void run(void *arg)
{
    struct bellwire_subscription *s = arg;
    struct bw_arrival *list;
    while ((list = bw_inbox_take(&s->inbox)) != NULL) {
        if (follow_arrivals(s, list) != 0)
            break;
        if (s->options.on_idle)
            s->options.on_idle(s->options.arg);
    }
}

static void free_topics(char **topics)
{
    for (char **t = topics; t && *t; t++)
        free(*t);
    free(topics);
}

static int copy_topics(const char *const *from, char ***out)
{
    size_t n = 0;
    *out = NULL;
    if (!from)
        return 0;
    for (; from[n]; n++)
        if (!bw_topic_valid(bw_str(from[n])))
            return BW_EINVAL;
    if (n == 0)
        return BW_EINVAL;
    char **topics = calloc(n + 1, sizeof *topics);
    if (!topics)
        return BW_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        topics[i] = strdup(from[i]);
        if (!topics[i]) {
            free_topics(topics);
            return BW_ENOMEM;
        }
    }
    *out = topics;
    return 0;
}

/* Without a cursor: now, which is after the latest when the bus is first reached. */
static int take_after(const char *after, struct bw_cursor *out)
{
    *out = (struct bw_cursor){.kind = BW_CURSOR_LATEST};
    if (!after)
        return 0;
    return bw_cursor_parse(bw_str(after), "after", out, NULL);
}

static int want_topics(struct bellwire_subscription *s)
{
    int err = bw_inbox_want(&s->inbox, s->topics ? BW_TOPIC_HEAD : "");
    for (char **t = s->topics; t && *t && !err; t++)
        err = bw_inbox_want(&s->inbox, *t);
    return err;
}

int bellwire_subscribe(struct bellwire *handle, const struct bellwire_subscribe_options *options,
                       struct bellwire_subscription **out)
{
    int err;
    *out = NULL;
    if (!options->on_event)
        return BW_EINVAL;
    struct bellwire_subscription *s = calloc(1, sizeof *s);
    if (!s)
        return BW_ENOMEM;
    s->handle = handle;
    s->options = *options;
    if ((err = take_after(options->after, &s->after)) != 0 ||
        (err = copy_topics(options->topics, &s->topics)) != 0 ||
        (err = bw_inbox_open(&s->inbox)) != 0)
        goto out_free;
    if ((err = bw_call_open(&s->call, &handle->link)) != 0)
        goto out_inbox;
    if ((err = want_topics(s)) != 0 ||
        (err = bw_inbox_dial(&s->inbox, handle->url, handle->tls)) != 0 ||
        (err = bw_thread_start(&s->thread, "bw-subscribe", run, s)) != 0)
        goto out_call;
    *out = s;
    return 0;

out_call:
    bw_call_close(&s->call);
out_inbox:
    bw_inbox_stop(&s->inbox);
    bw_inbox_close(&s->inbox);
out_free:
    free_topics(s->topics);
    free(s);
    return err;
}

void bellwire_unsubscribe(struct bellwire_subscription **subscription)
{
    struct bellwire_subscription *s = *subscription;
    *subscription = NULL;
    if (!s)
        return;
    bw_call_cancel(&s->call);
    bw_inbox_stop(&s->inbox);
    bw_thread_join(&s->thread);
    bw_inbox_close(&s->inbox);
    bw_call_close(&s->call);
    bw_follow_free(s);
    bw_view_free(&s->view);
    free_topics(s->topics);
    free(s);
}
