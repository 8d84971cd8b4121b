/* `bellwire cancel`, pause, resume, retry, start, stop: asks something of tasks.
 *
 * DESIGN. A command is an event, which the bus refuses where it makes no sense. With --wait the
 * answers are read from topic `system`, from where the first command went: events are looked at on
 * a thread of libbellwire, which wakes the main thread when the last is answered. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "text.h"
#include "wire/command.h"
#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/topic.h"

static struct ask_options {
    const char *reason, *by;
    bool wait;
} options;

#define OPT(member) offsetof(struct ask_options, member)
static const struct bw_opt opts[] = {
    {'r', "reason", BW_OPT_TEXT, OPT(reason), "TEXT", "why, for people", 0, 0},
    {0, "by", BW_OPT_TEXT, OPT(by), "NAME", "who asks (default: your login name)", 0, 0},
    {'w', "wait", BW_OPT_FLAG, OPT(wait), NULL,
     "wait until the task has answered, or the bus says that nobody does", 0, 0},
    {0},
};

/* One task that was asked. */
struct asked {
    const char *id;
    char command_id[BW_EVENT_ID_MAX + 1];
    uint64_t seq;     /* of the command; 0: refused */
    uint64_t attempt; /* before */
    bool answered, failed;
};

struct asking {
    const struct bw_cli *cli;
    enum bw_action action;
    struct bellwire *bus;
    struct asked *all;
    int n;
    char cursor[32];      /* of the first command */
    pthread_mutex_t lock; /* of the answers */
    pthread_cond_t answered;
    msgpack_zone zone; /* of whoever reads an answer */
};

/* --- asking ---------------------------------------------------------------------------------- */

/* The task's row; false: there is none, or it cannot be read. */
static bool get_row(struct asking *a, const char *id, struct bw_buf *copy, msgpack_object *row)
{
    struct bellwire_reply *reply;
    size_t len;
    int err = bellwire_task(a->bus, id, &reply);
    const msgpack_object *task = NULL;
    if (!err) {
        const char *bytes = bellwire_reply_msgpack(reply, &len);
        bw_buf_reset(copy);
        bw_buf_put(copy, bytes, len);
        msgpack_zone_clear(&a->zone);
        if (!copy->failed &&
            bw_mp_unpack(bw_buf_str(copy), BW_RPC_DEPTH_MAX, &a->zone, row, NULL) == 0)
            task = bw_mp_get(row, "task");
    }
    bellwire_reply_free(&reply);
    if (task)
        *row = *task;
    return task != NULL;
}

static void note_attempt(struct asking *a, struct asked *t)
{
    struct bw_buf copy = {0};
    msgpack_object row;
    if (get_row(a, t->id, &copy, &row))
        bw_mp_get_u64(&row, "attempt", &t->attempt, NULL);
    bw_buf_free(&copy);
}

static void ask(struct asking *a, struct asked *t)
{
    struct bellwire_result result;
    const char *by = options.by ? options.by : bw_cli_login_name();
    if (options.wait && a->action == BW_RETRY)
        note_attempt(a, t);
    int err =
        bellwire_ask(a->bus, t->id, (enum bellwire_action)a->action, by, options.reason, &result);
    if (err == BELLWIRE_EUNAVAILABLE)
        bw_cli_no_bus(a->cli);
    else if (err)
        bw_cli_error(a->cli, "%s: %s", t->id,
                     *result.message ? result.message : bellwire_strerror(err));
    t->failed = err != 0;
    if (!err) {
        t->seq = result.seq;
        snprintf(t->command_id, sizeof t->command_id, "%s", result.id);
        if (!*a->cursor)
            snprintf(a->cursor, sizeof a->cursor, "%s", result.cursor);
    }
}

/* What the bus made of it: it may have changed at once, or somebody has to answer. */
static void tell_effect(struct asking *a, const struct asked *t)
{
    struct bw_buf copy = {0}, worker = {0};
    msgpack_object row;
    struct bw_str word;
    if (!get_row(a, t->id, &copy, &row)) {
        printf("%s: asked to %s\n", t->id, bw_action_name(a->action));
    } else if (bw_mp_get_str(&row, "command", 16, &word, NULL)) {
        if (bw_mp_get_str(&row, "worker", 256, &word, NULL) && word.len > 0)
            bw_text_clean(&worker, word, false);
        printf("%s: asked to %s%s%.*s\n", t->id, bw_action_name(a->action),
               worker.len > 0 ? ", its worker is " : "", BW_STR_ARG(bw_buf_str(&worker)));
    } else if (bw_mp_get_str(&row, "status", 16, &word, NULL)) {
        printf("%s: %.*s\n", t->id, BW_STR_ARG(word));
    }
    bw_buf_free(&copy);
    bw_buf_free(&worker);
}

/* --- waiting for answers; on a thread of libbellwire ----------------------------------------- */

static bool is_about(const msgpack_object *data, const struct asked *t)
{
    struct bw_str id;
    return bw_mp_get_str(data, "command_id", BW_EVENT_ID_MAX, &id, NULL) &&
           bw_str_is(id, t->command_id);
}

/* The status that answers, or NULL. */
static const char *answer_in(const struct asking *a, const struct asked *t,
                             const msgpack_object *data)
{
    struct bw_str word;
    enum bw_status status;
    uint64_t attempt = 0;
    bw_mp_get_u64(data, "attempt", &attempt, NULL);
    if (!bw_mp_get_str(data, "status", 16, &word, NULL) || !bw_status_parse(word, &status) ||
        !bw_action_answered(a->action, status, attempt > t->attempt))
        return NULL;
    return bw_status_name(status);
}

/* What to do about a worker that is gone: its task would stay as it is for ever. */
static void tell_way_out(const struct asking *a, const struct asked *t)
{
    if (a->action == BW_RETRY)
        fprintf(stderr, "  If that is gone, run it again: bellwire run --id %s -- COMMAND\n",
                t->id);
    else
        fprintf(stderr, "  If that is gone, say so: bellwire emit TASK_FAILED id=%s\n", t->id);
}

static void look(struct asking *a, struct asked *t, const struct bellwire_received *event,
                 const msgpack_object *data)
{
    enum bw_event_kind kind = bw_event_kind(bw_str(event->event_type));
    const char *status = NULL;
    struct bw_buf message = {0};
    bw_text_clean(&message, bw_str(event->message), false);
    if (kind == BW_TASK_DELETED) {
        bw_cli_error(a->cli, "%s: it was deleted", t->id);
        t->failed = true;
    } else if (kind == BW_TASK_COMMAND_UNANSWERED || kind == BW_TASK_COMMAND_REFUSED) {
        t->failed = is_about(data, t);
        if (t->failed)
            bw_cli_error(a->cli, "%s: %.*s", t->id, BW_STR_ARG(bw_buf_str(&message)));
        if (t->failed && kind == BW_TASK_COMMAND_UNANSWERED)
            tell_way_out(a, t);
    } else if ((status = answer_in(a, t, data))) {
        printf("%s: %s%s%.*s\n", t->id, status, message.len > 0 ? ", " : "",
               BW_STR_ARG(bw_buf_str(&message)));
        fflush(stdout);
    }
    t->answered = t->failed || status;
    bw_buf_free(&message);
}

static void on_event(void *arg, const struct bellwire_received *event)
{
    struct asking *a = arg;
    struct bw_str bytes = {event->data_msgpack, event->data_msgpack_len};
    msgpack_object data;
    pthread_mutex_lock(&a->lock);
    for (int i = 0; i < a->n; i++) {
        struct asked *t = &a->all[i];
        if (t->answered || t->seq == 0 || event->seq <= t->seq ||
            strcmp(t->id, event->task_id) != 0)
            continue;
        msgpack_zone_clear(&a->zone);
        if (bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &a->zone, &data, NULL) == 0)
            look(a, t, event, &data);
    }
    pthread_cond_signal(&a->answered);
    pthread_mutex_unlock(&a->lock);
}

/* A thread of libbellwire. It goes on by itself; somebody who sits there should know. */
static void on_state(void *arg, bool connected)
{
    const struct asking *a = arg;
    if (!connected)
        bw_cli_error(a->cli, "the bus at %s is away; waiting for it", a->cli->bus);
}

static bool all_answered(const struct asking *a)
{
    for (int i = 0; i < a->n; i++)
        if (!a->all[i].answered && a->all[i].seq > 0)
            return false;
    return true;
}

static int wait_for_answers(struct asking *a)
{
    static const char *const topics[] = {BW_TOPIC_SYSTEM, NULL};
    struct bellwire_subscription *subscription;
    const struct bellwire_subscribe_options what = {
        .topics = topics, .after = a->cursor, .on_event = on_event, .arg = a};
    int err = bellwire_subscribe(a->bus, &what, &subscription);
    if (err)
        return bw_cli_error(a->cli, "cannot wait for answers: %s", bellwire_strerror(err));
    pthread_mutex_lock(&a->lock);
    while (!all_answered(a))
        pthread_cond_wait(&a->answered, &a->lock);
    pthread_mutex_unlock(&a->lock);
    bellwire_unsubscribe(&subscription);
    return 0;
}

/* --- the commands ---------------------------------------------------------------------------- */

static int ask_all(struct asking *a)
{
    int status = BW_EXIT_OK;
    for (int i = 0; i < a->n; i++) {
        ask(a, &a->all[i]);
        if (!a->all[i].failed && !options.wait)
            tell_effect(a, &a->all[i]);
    }
    if (options.wait && *a->cursor)
        status = wait_for_answers(a);
    for (int i = 0; i < a->n; i++)
        if (a->all[i].failed)
            status = BW_EXIT_FAILED;
    return status;
}

static int run(const struct bw_cli *cli, int argc, char **argv)
{
    struct asking a = {.cli = cli, .n = argc};
    if (argc == 0)
        return bw_cli_usage(cli, "say which task: bellwire %s ID...", cli->command->name);
    const struct bellwire_options connection = {.on_state = options.wait ? on_state : NULL,
                                                .arg = &a};
    int status = bw_cli_connect(cli, &connection, &a.bus);
    if (status)
        return status;
    bw_action_parse(bw_str(cli->command->name), &a.action);
    pthread_mutex_init(&a.lock, NULL);
    pthread_cond_init(&a.answered, NULL);
    msgpack_zone_init(&a.zone, 4096);
    a.all = calloc((size_t)argc, sizeof *a.all);
    for (int i = 0; a.all && i < argc; i++)
        a.all[i].id = argv[i];
    status = a.all ? ask_all(&a) : bw_cli_error(cli, "out of memory");
    bellwire_close(&a.bus);
    free(a.all);
    msgpack_zone_destroy(&a.zone);
    pthread_cond_destroy(&a.answered);
    pthread_mutex_destroy(&a.lock);
    return status;
}

#define ABOUT                                                                                      \
    "\n\nThe bus refuses what makes no sense for the task as it is, and says why. A task that "    \
    "nobody works on changes at once; else its worker has to obey, which may take a moment: "      \
    "--wait waits for it. Nothing is left undone for the others if one of several tasks is "       \
    "refused; the exit status is 1 then, and also if --wait learns that a worker refused, or "     \
    "that nobody answered."

#define COMMAND(action, what, how)                                                                 \
    const struct bw_command bw_##action##_command = {                                              \
        .name = #action,                                                                           \
        .operands = "ID...",                                                                       \
        .summary = what,                                                                           \
        .about = how ABOUT,                                                                        \
        .examples = "bellwire " #action " import-7\n"                                              \
                    "bellwire " #action " --wait --reason 'the disk is full' import-7 import-8\n", \
        .opts = opts,                                                                              \
        .values = &options,                                                                        \
        .usage_exit = BW_EXIT_USAGE,                                                               \
        .run = run,                                                                                \
    }

COMMAND(cancel, "ask tasks to end, and make them",
        "Asks tasks that are pending, running or paused to end as cancelled. `bellwire run` sends "
        "its command SIGTERM, and SIGKILL if that does not help.");
COMMAND(pause, "ask tasks to stand still",
        "Asks tasks that are pending or running to stand still. `bellwire run` stops its command "
        "and what that has started, by their process group (SIGSTOP).");
COMMAND(resume, "ask paused tasks to go on", "Asks paused tasks to go on (SIGCONT).");
COMMAND(retry, "ask for another attempt",
        "Asks for another attempt of tasks that run or have ended. `bellwire run` ends its command "
        "if it runs, and runs it again; after its end it is there for that only with --stay.");
COMMAND(start, "ask pending tasks to begin", "Asks pending tasks to begin now.");
COMMAND(stop, "ask tasks to end by themselves",
        "Asks tasks that are pending, running or paused to end. `bellwire run` sends its command "
        "SIGTERM, once: unlike cancel, this leaves it all the time it takes.");
