/* The handle: settings, and what it is made of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "wire/utf8.h"

enum { TIMEOUT_MS = 10000, QUEUE_BYTES = 16 << 20, IN_FLIGHT = 1, IN_FLIGHT_MAX = 64 };

/* The public numbers are the house's. */
#define SAME(name) _Static_assert((int)BELLWIRE_##name == (int)BW_##name, #name)
SAME(ENOMEM);
SAME(EINVAL);
SAME(ETOOBIG);
SAME(EBUSY);
SAME(ECLOSED);
SAME(ETIMEDOUT);
SAME(EIO);
SAME(ENOSPC);
SAME(ENOTFOUND);
SAME(ECONFLICT);
SAME(EPROTO);
SAME(EUNAVAILABLE);

const char *bellwire_strerror(int error)
{
    return bw_err_text(error);
}

static int set_url(struct bellwire *h, const char *url)
{
    char endpoint[BW_URL_MAX];
    if (!url)
        url = getenv("BELLWIRE_BUS");
    if (!url || !*url)
        url = "ipc://./var/bus";
    if (snprintf(h->url, sizeof h->url, "%s", url) >= (int)sizeof h->url)
        return BW_EINVAL;
    return bw_bus_url(h->url, BW_ENDPOINT_REQ, endpoint, sizeof endpoint) == 0 ? 0 : BW_EINVAL;
}

static int set_source(struct bellwire *h, const char *source)
{
    char host[64] = "";
    int n;
    if (source) {
        n = snprintf(h->source, sizeof h->source, "%s", source);
    } else {
        gethostname(host, sizeof host - 1);
        n = snprintf(h->source, sizeof h->source, "%s:%ld/%.*s", host[0] ? host : "localhost",
                     (long)getpid(), 100, program_invocation_short_name);
    }
    if (n >= (int)sizeof h->source)
        return BW_EINVAL;
    if (bw_utf8_is_line(bw_str(h->source)))
        return 0;
    if (source)
        return BW_EINVAL;
    snprintf(h->source, sizeof h->source, "%ld", (long)getpid()); /* a program of an odd name */
    return 0;
}

/* What an option does not say, the environment does. */
static const char *path_of(const char *option, const char *variable)
{
    return option ? option : getenv(variable);
}

static int open_tls(struct bellwire *h, const struct bellwire_options *o)
{
    const struct bw_tls_files files = {
        .cert = path_of(o->tls_cert, "BELLWIRE_BUS_CERT"),
        .key = path_of(o->tls_key, "BELLWIRE_BUS_KEY"),
        .ca = path_of(o->tls_ca, "BELLWIRE_BUS_CA"),
    };
    if (!bw_tls_wanted(h->url))
        return 0;
    int err = bw_tls_open(&files, h->url, &h->tls, NULL);
    return err == BW_EUNSUPPORTED || err == BW_ETOOBIG ? BW_EINVAL : err;
}

static int complete(const struct bellwire_options *given, struct bellwire_options *o)
{
    *o = given ? *given : (struct bellwire_options){0};
    if (o->timeout_ms == 0)
        o->timeout_ms = TIMEOUT_MS;
    if (o->queue_bytes == 0)
        o->queue_bytes = QUEUE_BYTES;
    if (o->batch_events == 0)
        o->batch_events = BW_BATCH_EVENTS_MAX;
    if (o->in_flight == 0)
        o->in_flight = IN_FLIGHT;
    bool valid = o->timeout_ms <= INT32_MAX && o->batch_events <= BW_BATCH_EVENTS_MAX &&
                 o->in_flight <= IN_FLIGHT_MAX;
    return valid ? 0 : BW_EINVAL;
}

static void link_changed(void *arg)
{
    struct bellwire *h = arg;
    pthread_mutex_lock(&h->publisher.lock);
    bw_publisher_attend(&h->publisher);
    pthread_mutex_unlock(&h->publisher.lock);
}

int bellwire_connect(const char *url, const struct bellwire_options *options, struct bellwire **out)
{
    struct bellwire_options o;
    *out = NULL;
    struct bellwire *h = calloc(1, sizeof *h);
    if (!h)
        return BW_ENOMEM;
    int err;
    if ((err = complete(options, &o)) != 0 || (err = set_url(h, url)) != 0 ||
        (err = set_source(h, o.source)) != 0 || (err = open_tls(h, &o)) != 0 ||
        (err = bw_link_open(&h->link)) != 0)
        goto out_free;
    if ((err = bw_publisher_start(&h->publisher, &h->link, &o)) != 0)
        goto out_link;
    if ((err = bw_link_dial(&h->link, h->url, h->tls, link_changed, h)) != 0)
        goto out_publisher;
    pthread_mutex_init(&h->calls_lock, NULL);
    h->timeout_ms = o.timeout_ms;
    *out = h;
    return 0;

out_publisher:
    bw_link_mute(&h->link);
    bw_publisher_stop(&h->publisher);
out_link:
    bw_link_close(&h->link);
out_free:
    bw_tls_close(&h->tls);
    free(h);
    return err;
}

void bellwire_close(struct bellwire **handle)
{
    struct bellwire *h = *handle;
    *handle = NULL;
    if (!h)
        return;
    bw_link_mute(&h->link);
    bw_publisher_stop(&h->publisher);
    for (unsigned i = 0; i < h->n_idle_calls; i++) {
        bw_call_close(h->idle_calls[i]);
        free(h->idle_calls[i]);
    }
    bw_link_close(&h->link);
    bw_tls_close(&h->tls);
    pthread_mutex_destroy(&h->calls_lock);
    free(h);
}
