/* `bellwire emit`: one event from words, many from stdin, or what waits in the spool. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "emit_data.h"
#include "pour.h"
#include "spool_dir.h"

enum { WINDOW = 16384 };

static struct emit_options {
    const char *topic, *message, *id, *source;
    bool spool, verbose;
} options;

#define OPT(member) offsetof(struct emit_options, member)
static const struct bw_opt opts[] = {
    {'t', "topic", BW_OPT_TEXT, OPT(topic), "NAME",
     "the topic; TASK_… and WORKER_HEARTBEAT need none", 0, 0},
    {'m', "message", BW_OPT_TEXT, OPT(message), "TEXT", "what people read", 0, 0},
    {0, "id", BW_OPT_TEXT, OPT(id), "ID",
     "the event's own id: sending it again with the same id is harmless", 0, 0},
    {0, "source", BW_OPT_TEXT, OPT(source), "TEXT", "who says it (default: host:pid/bellwire)", 0,
     0},
    {0, "spool", BW_OPT_FLAG, OPT(spool), NULL, "deliver what `bellwire run` had to leave behind",
     0, 0},
    {'v', "verbose", BW_OPT_FLAG, OPT(verbose), NULL, "print the cursor of an event", 0, 0},
    {0},
};

/* --- one event ----------------------------------------------------------------------------------
 */

static int tell_result(const struct bw_cli *cli, const struct bellwire_result *r)
{
    if (r->error == BELLWIRE_EUNAVAILABLE)
        return bw_cli_no_bus(cli);
    if (r->error)
        return bw_cli_error(cli, "refused: %s%s%s", r->field, *r->field ? ": " : "", r->message);
    if (r->stale)
        bw_cli_error(cli, "the task is in a final state: the event changed nothing (stale)");
    else if (r->duplicate)
        bw_cli_error(cli, "this id was stored before (duplicate)");
    if (options.verbose)
        puts(r->cursor);
    return BW_EXIT_OK;
}

static int emit_words(const struct bw_cli *cli, const char *type, int n, char **pairs)
{
    bool of_task = strncmp(type, "TASK_", 5) == 0;
    struct bw_buf data = {0};
    struct bw_fault fault;
    struct bellwire_result result;
    struct bellwire *bus;
    int status;
    if (bw_emit_pairs(pairs, n, of_task ? getenv("BELLWIRE_TASK_ID") : NULL, &data, &fault) != 0) {
        status = bw_cli_usage(cli, "%s", fault.message);
        goto out;
    }
    struct bellwire_event event = {
        .event_type = type,
        .topic = options.topic,
        .id = options.id,
        .message = options.message,
        .source = options.source,
        .data_msgpack = data.data,
        .data_msgpack_len = data.len,
    };
    if (bellwire_check(&event, &result) != 0) {
        status = tell_result(cli, &result);
        goto out;
    }
    if ((status = bw_cli_connect(cli, NULL, &bus)) != 0)
        goto out;
    bellwire_publish(bus, &event, &result);
    status = tell_result(cli, &result);
    bellwire_close(&bus);
out:
    bw_buf_free(&data);
    return status;
}

/* --- many ---------------------------------------------------------------------------------------
 */

static void tell_counts(const struct bw_pour_counts *c)
{
    fprintf(stderr,
            "%" PRIu64 " event%s: %" PRIu64 " accepted, %" PRIu64 " duplicate%s, %" PRIu64
            " stale, %" PRIu64 " refused\n",
            c->events, c->events == 1 ? "" : "s", c->accepted, c->duplicates,
            c->duplicates == 1 ? "" : "s", c->stale, c->refused);
    for (int i = 0; i < c->n_reasons; i++)
        fprintf(stderr, "  line %" PRIu64 ": %s\n", c->reasons[i].line, c->reasons[i].text);
    if (c->refused > (uint64_t)c->n_reasons)
        fprintf(stderr, "  … and %" PRIu64 " more\n", c->refused - (uint64_t)c->n_reasons);
}

static int tell_outcome(const struct bw_cli *cli, int err, const struct bw_pour_counts *c)
{
    uint64_t results = c->accepted + c->duplicates + c->stale + c->refused;
    if (!err)
        return c->refused > 0 ? BW_EXIT_FAILED : BW_EXIT_OK;
    if (err == BW_ETIMEDOUT && results == c->refused)
        return bw_cli_no_bus(cli);
    if (err == BW_ETIMEDOUT)
        return bw_cli_error(cli,
                            "the bus at %s has not answered for %u s; %" PRIu64
                            " events that were read, and what follows them, may not be stored",
                            cli->bus, cli->timeout_s, c->events - results);
    return bw_cli_error(cli, "cannot read the events: %s",
                        err == BW_EIO ? strerror(errno) : bw_err_text(err));
}

static int emit_stream(const struct bw_cli *cli, struct bw_pour *pour)
{
    struct bw_pour_counts counts;
    int err = bw_pour_fd(pour, STDIN_FILENO, &counts);
    int status = tell_outcome(cli, err, &counts);
    tell_counts(&counts);
    return status;
}

static int emit_spool(const struct bw_cli *cli, struct bw_pour *pour)
{
    char dir[BW_SPOOL_PATH_MAX];
    struct bw_pour_counts counts = {0};
    uint32_t files = 0;
    if (bw_spool_dir(cli->bus, dir) != 0)
        return bw_cli_error(cli, "there is no spool: neither XDG_STATE_HOME nor HOME is usable");
    int err = bw_spool_deliver(dir, pour, &counts, &files);
    int status = tell_outcome(cli, err, &counts);
    if (files > 0 || counts.events > 0)
        tell_counts(&counts);
    else if (!err)
        fprintf(stderr, "Nothing waits for %s in %s\n", cli->bus, dir);
    return status;
}

static int emit_many(const struct bw_cli *cli,
                     int (*emit_from)(const struct bw_cli *cli, struct bw_pour *pour))
{
    struct bellwire *bus;
    struct bw_pour *pour;
    int status = bw_cli_connect(cli, NULL, &bus);
    if (status)
        return status;
    if (bw_pour_create(&pour, bus, WINDOW, (int)cli->timeout_s * 1000) == 0)
        status = emit_from(cli, pour);
    else
        status = bw_cli_error(cli, "out of memory");
    bellwire_close(&bus);
    bw_pour_destroy(&pour);
    return status;
}

static int emit(const struct bw_cli *cli, int argc, char **argv)
{
    bool from_stdin = argc == 1 && strcmp(argv[0], "-") == 0;
    if (options.spool && argc == 0)
        return emit_many(cli, emit_spool);
    if (options.spool || argc == 0 || (!from_stdin && strcmp(argv[0], "-") == 0))
        return bw_cli_usage(cli, "say what to emit: EVENT_TYPE KEY=VALUE..., or - for stdin, or "
                                 "--spool alone");
    if (!from_stdin)
        return emit_words(cli, argv[0], argc - 1, argv + 1);
    if (options.topic || options.message || options.id || options.source)
        return bw_cli_usage(cli, "events from stdin have their own topic, message, id and source");
    return emit_many(cli, emit_stream);
}

const struct bw_command bw_emit_command = {
    .name = "emit",
    .operands = "EVENT_TYPE [KEY=VALUE...] | -",
    .summary = "say what a task does",
    .about =
        "Publishes one event and waits until it is stored. The words become its data: a value that "
        "reads as JSON (a number, true, null, [..], {..}) is that, everything else is a string; "
        "KEY:=VALUE insists on JSON. Events of tasks (TASK_CREATED, TASK_UPDATED, "
        "TASK_STATUS_CHANGED, TASK_COMPLETED, TASK_FAILED, TASK_LOG) need an id; under `bellwire "
        "run` it is that task's if none is given.\n\n"
        "With - it reads events from stdin, one JSON object a line, as `bellwire tail --json` "
        "prints them, and tells at the end what became of them. It fails if any was refused.",
    .examples = "bellwire emit TASK_UPDATED id=import-7 progress=40 --message 'reading may.csv'\n"
                "bellwire emit TASK_FAILED id=import-7 'error={\"type\":\"io\",\"message\":\"no "
                "space\"}'\n"
                "bellwire emit ORDER_PLACED --topic orders number=4711\n"
                "bellwire emit - <events.ndjson",
    .opts = opts,
    .values = &options,
    .usage_exit = BW_EXIT_USAGE,
    .run = emit,
};
