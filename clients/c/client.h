/* The handle. */
#ifndef BW_CLIENT_CLIENT_H
#define BW_CLIENT_CLIENT_H

#include "bellwire.h"
#include "link.h"
#include "publisher.h"
#include "wire/event.h"
#include "wire/url.h"

/* Calls that wait for the next bellwire_request(): a context and an aio are worth keeping. */
enum { BW_IDLE_CALLS_MAX = 16 };

struct bellwire {
    char url[BW_URL_MAX];
    char source[BW_EVENT_SOURCE_MAX + 1];
    uint32_t timeout_ms;
    struct nng_tls_config *tls; /* NULL unless the URL is tls+tcp:// */
    struct bw_link link;
    struct bw_publisher publisher;
    pthread_mutex_t calls_lock;
    struct bw_call *idle_calls[BW_IDLE_CALLS_MAX];
    unsigned n_idle_calls;
};

#endif
