/* `bellwire tail`: follows what tasks say.
 *
 * DESIGN. Events come, and are printed, on a thread of libbellwire; the main thread only waits for
 * a signal, or for the printing to have become impossible (nobody reads it any more). */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "base/clock.h"
#include "text.h"
#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/topic.h"

static struct tail_options {
    struct bw_opt_list topics, tasks;
    const char *after;
    bool json;
} options;

#define OPT(member) offsetof(struct tail_options, member)
static const struct bw_opt opts[] = {
    {'t', "topic", BW_OPT_LIST, OPT(topics), "A,B",
     "only these topics, such as system or logs; may be given again", 0, 0},
    {'i', "task", BW_OPT_LIST, OPT(tasks), "A,B",
     "only these tasks; may be given again; a comma within an id has a backslash before it", 0, 0},
    {'a', "after", BW_OPT_TEXT, OPT(after), "CURSOR",
     "begin after this cursor, or with the oldest event kept: oldest (default: begin now)", 0, 0},
    {0, "json", BW_OPT_FLAG, OPT(json), NULL, "print a JSON object a line, cursor included", 0, 0},
    {0},
};

struct tail {
    const struct bw_cli *cli;
    pthread_t main_thread;
    msgpack_zone zone;
    struct bw_buf line;
    bool colored, ended;
};

static bool wanted(const char *task_id)
{
    for (size_t i = 0; i < options.tasks.n; i++)
        if (strcmp(options.tasks.v[i], task_id) == 0)
            return true;
    return options.tasks.n == 0;
}

/* What of the payload is worth a place in the line, and the line's colour. */
static const char *put_state(struct bw_buf *out, const struct bw_event *e)
{
    struct bw_str word;
    enum bw_status status;
    double progress;
    if (!e->data)
        return NULL;
    if (bw_str_is(e->topic, BW_TOPIC_LOGS))
        return bw_mp_get_str(e->data, "level", 16, &word, NULL) ? bw_text_level_sgr(word) : NULL;
    bool has_status = bw_mp_get_str(e->data, "status", 16, &word, NULL);
    if (has_status) {
        bw_text_clean(out, word, false);
        bw_buf_putc(out, ' ');
    }
    if (bw_mp_get_f64(e->data, "progress", &progress, NULL))
        bw_buf_printf(out, "%g%% ", progress);
    return has_status && bw_status_parse(word, &status) ? bw_text_status_sgr(status) : NULL;
}

/* "14:03:59.123 system TASK_UPDATED import-7 running 40% reading may.csv" */
static void put_human(struct tail *t, const struct bw_event *e)
{
    char when[BW_WHEN_LEN];
    struct bw_buf state = {0}, clean = {0};
    const char *sgr = put_state(&state, e);
    bw_text_when(e->timestamp_us, bw_clock_wall_us(), when);
    bw_text_put(&t->line, bw_str(when), BW_SGR_DIM, t->colored);
    bw_buf_printf(&t->line, " %-6.*s ", BW_STR_ARG(e->topic));
    bw_text_clean(&clean, e->event_type, false);
    bw_text_put(&t->line, bw_buf_str(&clean), BW_SGR_CYAN, t->colored);
    bw_buf_putc(&t->line, ' ');
    if (e->task_id.len > 0) {
        bw_buf_reset(&clean);
        bw_text_clean(&clean, e->task_id, false);
        bw_text_put(&t->line, bw_buf_str(&clean), BW_SGR_BOLD, t->colored);
        bw_buf_putc(&t->line, ' ');
    }
    bw_text_put(&t->line, bw_buf_str(&state), sgr, t->colored);
    bw_buf_reset(&clean);
    bw_text_clean(&clean, e->message, t->colored);
    bw_text_put(&t->line, bw_buf_str(&clean), state.len > 0 ? NULL : sgr, t->colored);
    bw_buf_free(&state);
    bw_buf_free(&clean);
}

static void put_json(struct tail *t, const struct bw_event *e, uint32_t epoch)
{
    bw_buf_putc(&t->line, '{');
    bw_event_json(&t->line, e, epoch);
    bw_buf_putc(&t->line, '}');
}

static void end(struct tail *t)
{
    if (!t->ended)
        pthread_kill(t->main_thread, SIGINT);
    t->ended = true;
}

static void on_event(void *arg, const struct bellwire_received *received)
{
    struct tail *t = arg;
    struct bw_str bytes = {received->event_msgpack, received->event_msgpack_len};
    msgpack_object root;
    struct bw_event e;
    if (!wanted(received->task_id))
        return;
    msgpack_zone_clear(&t->zone);
    if (bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &t->zone, &root, NULL) != 0 ||
        bw_event_decode(&root, &e, NULL) != 0)
        return; /* of a newer bus */
    e.seq = received->seq;
    bw_buf_reset(&t->line);
    if (options.json)
        put_json(t, &e, received->epoch);
    else
        put_human(t, &e);
    bw_buf_putc(&t->line, '\n');
    if (!t->line.failed && fwrite(t->line.data, 1, t->line.len, stdout) != t->line.len)
        end(t);
}

static void on_idle(void *arg)
{
    if (fflush(stdout) != 0)
        end(arg);
}

static void on_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor)
{
    static const char *const reasons[] = {
        [BELLWIRE_RESET_EPOCH] = "the bus has another journal now",
        [BELLWIRE_RESET_RETENTION] = "the events after the cursor are not kept any more",
        [BELLWIRE_RESET_AHEAD] = "the cursor is ahead of the journal",
    };
    struct tail *t = arg;
    fflush(stdout);
    bw_cli_error(t->cli, "topic %s: %s; going on after %s", topic, reasons[reason], cursor);
}

/* One quick question before following, so that a bus that is away is not taken for a quiet one. */
static void say_if_away(const struct bw_cli *cli, struct bellwire *bus)
{
    struct bellwire_reply *reply;
    int err = bellwire_stats(bus, &reply);
    if (err == BELLWIRE_EUNAVAILABLE) {
        bw_cli_no_bus(cli);
        fputs("  Waiting for it.\n", stderr);
    }
    bellwire_reply_free(&reply);
}

static int follow(const struct bw_cli *cli, struct bellwire *bus, struct tail *t,
                  const sigset_t *ends)
{
    struct bellwire_subscription *subscription;
    const struct bellwire_subscribe_options what = {
        .topics = options.topics.n > 0 ? options.topics.v : NULL,
        .after = options.after,
        .on_event = on_event,
        .on_reset = on_reset,
        .on_idle = on_idle,
        .arg = t,
    };
    int signal, err = bellwire_subscribe(bus, &what, &subscription);
    if (err == BELLWIRE_EINVAL)
        return bw_cli_usage(cli, "no such place or topic: --after takes a cursor (as `tail --json` "
                                 "prints it) or oldest; a topic has letters, digits, . _ and -");
    if (err)
        return bw_cli_error(cli, "cannot follow %s: %s", cli->bus, bellwire_strerror(err));
    say_if_away(cli, bus);
    sigwait(ends, &signal);
    bellwire_unsubscribe(&subscription);
    fflush(stdout);
    return BW_EXIT_OK;
}

static int tail(const struct bw_cli *cli, int argc, char **argv)
{
    struct tail t = {.cli = cli,
                     .main_thread = pthread_self(),
                     .colored = !options.json && bw_text_colored(STDOUT_FILENO)};
    struct bellwire *bus;
    sigset_t ends;
    if (argc > 0)
        return bw_cli_usage(cli, "\"%s\" is one word too many; --task %s follows that task",
                            argv[0], argv[0]);
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are threads, so that all have it */
    signal(SIGPIPE, SIG_IGN);
    int status = bw_cli_connect(cli, NULL, &bus);
    if (status)
        return status;
    msgpack_zone_init(&t.zone, 8192);
    status = follow(cli, bus, &t, &ends);
    bellwire_close(&bus);
    msgpack_zone_destroy(&t.zone);
    bw_buf_free(&t.line);
    return status;
}

const struct bw_command bw_tail_command = {
    .name = "tail",
    .operands = "",
    .summary = "follow what tasks say",
    .about = "Prints events as they happen, each once and in order, until Ctrl-C. It waits for the "
             "bus while that is away, and then goes on where it was.",
    .examples = "bellwire tail --topic system\n"
                "bellwire tail --task import-7\n"
                "bellwire tail --after oldest --json | jq -r .event_type",
    .opts = opts,
    .values = &options,
    .usage_exit = BW_EXIT_USAGE,
    .run = tail,
};
