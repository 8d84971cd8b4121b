/**
 * @file bellwire.h
 * libbellwire: emit what a long-running task says about itself, and read what tasks say.
 *
 * Thread safety: every function may be called from any thread on the same handle, except
 * bellwire_close(), which must be the last. Callbacks run on threads of the library, one at a time
 * per handle and kind; they must not block for long and must not call bellwire_close() or
 * bellwire_unsubscribe().
 *
 * Errors: functions return 0 or a negative BELLWIRE_E… number; bellwire_strerror() names it.
 */
#ifndef BELLWIRE_H
#define BELLWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BELLWIRE_API __attribute__((visibility("default")))
#else
#define BELLWIRE_API
#endif

/** Error numbers. The values are part of the ABI. */
enum bellwire_error {
    BELLWIRE_ENOMEM = -1,       /**< out of memory */
    BELLWIRE_EINVAL = -2,       /**< invalid input; the result or fault names the field */
    BELLWIRE_ETOOBIG = -3,      /**< larger than the bus allows */
    BELLWIRE_EBUSY = -4,        /**< the bounded queue is full: wait, or drop */
    BELLWIRE_ECLOSED = -5,      /**< the handle is being closed */
    BELLWIRE_ETIMEDOUT = -6,    /**< no answer in time; the event may or may not be stored:
                                     publishing it again with the same id is harmless */
    BELLWIRE_EIO = -8,          /**< the bus could not write */
    BELLWIRE_ENOSPC = -9,       /**< the journal is full */
    BELLWIRE_ENOTFOUND = -10,   /**< no such task */
    BELLWIRE_ECONFLICT = -12,   /**< conflicts with the present state */
    BELLWIRE_EPROTO = -13,      /**< the peer does not speak this protocol */
    BELLWIRE_EUNAVAILABLE = -15 /**< the bus cannot be reached */
};

/** A sentence for an error number. Static; never NULL. */
BELLWIRE_API const char *bellwire_strerror(int error);

/** A connection to a bus. It is made in the background and made again whenever it breaks. */
struct bellwire;

/** Settings; zero means the default, so `{0}` is a good start. */
struct bellwire_options {
    const char *source;    /**< who emits; default "host:pid/program" */
    uint32_t timeout_ms;   /**< of one synchronous call, retries included; default 10 000 */
    size_t queue_bytes;    /**< bound of what waits to be sent; default 16 MiB */
    uint32_t batch_events; /**< most events in one request, 1 to 1000; default 1000 */
    uint32_t in_flight;    /**< most publish requests under way at once, 1 to 64; default 1.
                                With 1, events are stored in the order in which they were
                                published, whatever happens in between. With more, events of
                                different requests may be stored in another order. */
    /** Told when the bus becomes reachable (true) or is lost (false). May be NULL. */
    void (*on_state)(void *arg, bool connected);
    void *arg; /**< handed to on_state */
};

/**
 * Makes a handle. Does not wait for the bus and succeeds when it is away.
 * @param url  the bus's base URL ("ipc://./var/bus", "tcp://host:7700"); NULL: $BELLWIRE_BUS, else
 *             "ipc://./var/bus"
 * @param options  may be NULL; copied
 * @param out  the handle, owned by the caller until bellwire_close()
 * @return 0, BELLWIRE_EINVAL (URL or an option), BELLWIRE_ENOMEM
 */
BELLWIRE_API int bellwire_connect(const char *url, const struct bellwire_options *options,
                                  struct bellwire **out);

/** Ends everything: what was not acked is reported to its callbacks with BELLWIRE_ECLOSED. Call
 *  bellwire_flush() first to wait for acks. Sets *handle to NULL; NULL is harmless. */
BELLWIRE_API void bellwire_close(struct bellwire **handle);

/** An event to publish. All strings are NUL-terminated UTF-8 and only borrowed for the call. */
struct bellwire_event {
    const char *event_type;   /**< required, at most 64 bytes: "TASK_UPDATED", … or your own */
    const char *topic;        /**< NULL: "system" for tasks, "logs" for TASK_LOG; else required */
    const char *id;           /**< NULL: a new UUIDv7. Publishing the same id again is harmless */
    const char *message;      /**< for people; may be NULL */
    const char *source;       /**< NULL: the handle's */
    const char *data_json;    /**< the payload, a JSON object; or NULL */
    const void *data_msgpack; /**< or the payload as a msgpack map; data_json must be NULL then */
    size_t data_msgpack_len;  /**< bytes of data_msgpack */
    int64_t timestamp_us;     /**< µs since 1970 UTC; 0: now */
};

/** What became of an event. Strings are valid during the callback, or for bellwire_publish() as
 *  long as the struct lives. */
struct bellwire_result {
    int error;         /**< 0: stored (or `duplicate`, or `stale`) */
    uint64_t seq;      /**< its place in the journal; 0 when it was not stored */
    bool duplicate;    /**< this id was stored before, at `seq` */
    bool stale;        /**< the task is final already; the event changed nothing */
    char cursor[32];   /**< `seq` as a cursor, "" when not stored */
    char id[129];      /**< the event's id */
    char field[64];    /**< the offending field if error is BELLWIRE_EINVAL */
    char message[192]; /**< what is wrong, for people */
};

/** Publishes and waits for the ack, which comes after the event is on disk. While the bus is away
 *  it is tried again, with the same id, until options.timeout_ms is over.
 *  @param result  may be NULL
 *  @return result->error */
BELLWIRE_API int bellwire_publish(struct bellwire *handle, const struct bellwire_event *event,
                                  struct bellwire_result *result);

/** Called once per event accepted by bellwire_publish_async(), on a thread of the library. */
typedef void bellwire_done_fn(void *arg, const struct bellwire_result *result);

/** Queues an event and returns. What is queued while a request is under way goes out together in
 *  the next one. Events are sent again, with the same ids, until acked or bellwire_close().
 *  @param done  may be NULL
 *  @return 0, BELLWIRE_EINVAL (refused here: `done` is not called), BELLWIRE_EBUSY (queue_bytes
 *          reached: `done` is not called), BELLWIRE_ECLOSED, BELLWIRE_ENOMEM */
BELLWIRE_API int bellwire_publish_async(struct bellwire *handle, const struct bellwire_event *event,
                                        bellwire_done_fn *done, void *arg);

/** Says what bellwire_publish_async() would refuse about an event, without publishing it: it can
 * only return a number. What depends on the bus (a field of the payload, say) is not looked at.
 *  @param result  may be NULL; its `field` and `message` say what is wrong
 *  @return 0, BELLWIRE_EINVAL, BELLWIRE_ETOOBIG, BELLWIRE_ENOMEM */
BELLWIRE_API int bellwire_check(const struct bellwire_event *event, struct bellwire_result *result);

/** Waits until everything queued before has its result.
 *  @param timeout_ms  -1: without limit
 *  @return 0 or BELLWIRE_ETIMEDOUT */
BELLWIRE_API int bellwire_flush(struct bellwire *handle, int timeout_ms);

/** An event received. Everything is borrowed for the duration of the callback. */
struct bellwire_received {
    const char *topic, *event_type, *id, *message, *source;
    const char *task_id;      /**< the task it is about, or "" */
    const void *data_msgpack; /**< the payload as a msgpack map */
    size_t data_msgpack_len;
    const void *event_msgpack; /**< the whole event as the bus keeps it */
    size_t event_msgpack_len;
    int64_t timestamp_us;   /**< when it was emitted */
    int64_t received_at_us; /**< when the bus got it */
    uint64_t seq;           /**< its place in the journal */
    uint64_t prev;          /**< the place of the topic's event before it */
    uint32_t epoch;         /**< of the journal */
    char cursor[32];        /**< epoch and seq, for bellwire_subscribe_options.after */
};

/** Why a subscription could not go on from where it was. */
enum bellwire_reset {
    BELLWIRE_RESET_EPOCH,     /**< another journal: nothing known before holds any more */
    BELLWIRE_RESET_RETENTION, /**< the events after the cursor are no longer kept */
    BELLWIRE_RESET_AHEAD      /**< the cursor is beyond the head */
};

struct bellwire_subscription;

/** What to receive. */
struct bellwire_subscribe_options {
    const char *const *topics; /**< NULL-terminated list; NULL: every topic */
    const char *after;         /**< a cursor, "oldest", "latest"; NULL: begin now */
    /** Each event of a topic once, in order, nothing missing between two: what the network lost
     *  is fetched again before anything later is told. */
    void (*on_event)(void *arg, const struct bellwire_received *event);
    /** Told before the subscription goes on from the present. Read the state anew. May be NULL.
     *  `topic` is "" when it concerns every topic of a subscription to all; a subscription to some
     *  is told for each that is concerned. `cursor` is where it goes on. */
    void (*on_reset)(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor);
    /** After a run of events that arrived together: a good moment to flush. May be NULL. */
    void (*on_idle)(void *arg);
    void *arg; /**< handed to the callbacks */
};

/** Begins to receive, on one thread per subscription, until bellwire_unsubscribe(). Works while
 *  the bus is away: it starts when the bus is there.
 *  @return 0, BELLWIRE_EINVAL (a topic, the cursor), BELLWIRE_ENOMEM */
BELLWIRE_API int bellwire_subscribe(struct bellwire *handle,
                                    const struct bellwire_subscribe_options *options,
                                    struct bellwire_subscription **out);

/** Ends a subscription; no callback runs after it returns. Sets *subscription to NULL. */
BELLWIRE_API void bellwire_unsubscribe(struct bellwire_subscription **subscription);

/** An answer to a query. */
struct bellwire_reply;

/** Sends one request (a msgpack map; see docs/wire.md) and waits for its answer.
 *  @return 0; BELLWIRE_EUNAVAILABLE or BELLWIRE_ETIMEDOUT without an answer; or the error that the
 *          bus answered with, in which case *out is set too (bellwire_reply_message()) */
BELLWIRE_API int bellwire_request(struct bellwire *handle, const void *request, size_t len,
                                  uint32_t timeout_ms, struct bellwire_reply **out);

/** The answer's bytes, a msgpack map; borrowed from the reply. */
BELLWIRE_API const void *bellwire_reply_msgpack(const struct bellwire_reply *reply, size_t *len);
/** The answer as JSON text; borrowed from the reply; NULL when out of memory. */
BELLWIRE_API const char *bellwire_reply_json(struct bellwire_reply *reply);
/** What is wrong, for people, when the bus answered with an error; else "". */
BELLWIRE_API const char *bellwire_reply_message(const struct bellwire_reply *reply);
/** The field that is wrong, when the bus answered with BELLWIRE_EINVAL; else "". */
BELLWIRE_API const char *bellwire_reply_field(const struct bellwire_reply *reply);
/** Frees; sets *reply to NULL. */
BELLWIRE_API void bellwire_reply_free(struct bellwire_reply **reply);

/** Which tasks. Every list is comma-separated; NULL: any. */
struct bellwire_task_filter {
    const char *id, *type, *owner, *resource, *queue, *status;
    const char *q;    /**< part of the title or of the id */
    const char *sort; /**< "-updated_at" (default), "updated_at", "created_at", "-created_at" */
    uint32_t limit;   /**< rows; 0: 50; at most 1000 */
    const char *page; /**< "next" of the page before */
};

/** Tasks as rows. The reply's JSON: {"tasks":[…],"total":n,"total_exact":true,"next":…,"cursor":…}
 */
BELLWIRE_API int bellwire_tasks(struct bellwire *handle, const struct bellwire_task_filter *filter,
                                struct bellwire_reply **out);
/** One task with everything known of it. BELLWIRE_ENOTFOUND if there is none. */
BELLWIRE_API int bellwire_task(struct bellwire *handle, const char *id,
                               struct bellwire_reply **out);
/** A task's log, oldest first.
 *  @param after  a cursor or NULL
 *  @param level  at least "debug", "info", "warning" or "error"; NULL: all
 *  @param limit  0: 100; at most 1000 */
BELLWIRE_API int bellwire_logs(struct bellwire *handle, const char *id, const char *after,
                               const char *level, uint32_t limit, struct bellwire_reply **out);
/** Events of topics (NULL-terminated list) after a cursor, merged in journal order. */
BELLWIRE_API int bellwire_events(struct bellwire *handle, const char *const *topics,
                                 const char *after, uint32_t limit, struct bellwire_reply **out);
/** Counters and heads of the bus. */
BELLWIRE_API int bellwire_stats(struct bellwire *handle, struct bellwire_reply **out);

#ifdef __cplusplus
}
#endif

#endif
