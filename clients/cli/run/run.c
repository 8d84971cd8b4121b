/* `bellwire run`: makes a task of a command, and is not noticed by it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "attempt.h"
#include "signals.h"
#include "wire/event.h"
#include "wire/url.h"
#include "wire/utf8.h"

enum { TASK_ID_LEN = 48, WORKER_LEN = 300, REFUSALS_MS = 1000 };

static struct run_options {
    const char *title, *type, *owner, *resource, *id, *queue, *progress;
    uint32_t drain_s, spool_mib, kill_after_s;
    bool split, stay, verbose;
} options = {.type = "command", .drain_s = 10, .spool_mib = 8, .kill_after_s = 10};

#define OPT(member) offsetof(struct run_options, member)
static const struct bw_opt opts[] = {
    {'t', "title", BW_OPT_TEXT, OPT(title), "TEXT", "what people see (default: the command)", 0, 0},
    {0, "type", BW_OPT_TEXT, OPT(type), "TYPE", "what kind of task it is", 0, 0},
    {'o', "owner", BW_OPT_TEXT, OPT(owner), "NAME", "who may see it (default: your login name)", 0,
     0},
    {'r', "resource", BW_OPT_TEXT, OPT(resource), "NAME", "what it works on", 0, 0},
    {0, "queue", BW_OPT_TEXT, OPT(queue), "NAME", "the queue it belongs to", 0, 0},
    {'i', "id", BW_OPT_TEXT, OPT(id), "ID",
     "the task's id; a task that has ended gets another attempt (default: made from the command)",
     0, 0},
    {'p', "progress", BW_OPT_TEXT, OPT(progress), "REGEX",
     "an extended regular expression that finds progress in a line, with one group for the "
     "percentage or two for how many of how many (default: NN% or n/m at the end of a line)",
     0, 0},
    {0, "split", BW_OPT_FLAG, OPT(split), NULL,
     "keep stdout and stderr apart also where both go to the same place, as on a terminal: lines "
     "of "
     "stderr then have level warning, but the order of the two may change",
     0, 0},
    {0, "kill-after-s", BW_OPT_COUNT, OPT(kill_after_s), "N",
     "how long the command has to end when it is cancelled, in seconds: SIGTERM tells it to, "
     "SIGKILL ends what has not",
     0, 86400},
    {0, "stay", BW_OPT_FLAG, OPT(stay), NULL,
     "wait for a retry after the command has ended, until a signal (Ctrl-C) ends that", 0, 0},
    {0, "drain-s", BW_OPT_COUNT, OPT(drain_s), "N",
     "how long to wait for delivery after the command has ended, in seconds", 0, 86400},
    {0, "spool-mib", BW_OPT_COUNT, OPT(spool_mib), "N",
     "how much of the log to keep in memory while the bus is away, in MiB", 1, 1024},
    {'v', "verbose", BW_OPT_FLAG, OPT(verbose), NULL, "say the task's id on stderr", 0, 0},
    {0},
};

/* --- the task -------------------------------------------------------------------------------- */

/* "make-7q3k0vexw2mz": readable, and nobody else's. */
static void make_id(const char *command, char out[TASK_ID_LEN])
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char random[12];
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", command);
    size_t n = (size_t)snprintf(out, TASK_ID_LEN, "%.24s-", basename(copy));
    for (char *c = out; *c; c++)
        if (!strchr("._-", *c) && !(*c > 0 && isalnum((unsigned char)*c)))
            *c = '_';
    if (getrandom(random, sizeof random, 0) != sizeof random)
        memset(random, (int)getpid(), sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        out[n++] = letters[random[i] % 32];
    out[n] = 0;
}

static int check_options(const struct bw_cli *cli)
{
    const struct {
        const char *name, *value;
        size_t max;
    } names[] = {{"id", options.id, BW_TASK_ID_MAX}, {"type", options.type, 128},
                 {"owner", options.owner, 256},      {"resource", options.resource, 256},
                 {"queue", options.queue, 128},      {"title", options.title, 1024}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct bw_str value = bw_str(names[i].value);
        if (value.len > names[i].max || !bw_utf8_is_line(value))
            return bw_cli_usage(cli, "--%s takes at most %zu bytes of UTF-8, in one line",
                                names[i].name, names[i].max);
    }
    char endpoint[BW_URL_MAX];
    if (bw_bus_url(cli->bus, BW_ENDPOINT_REQ, endpoint, sizeof endpoint) != 0)
        return bw_cli_usage(cli, "\"%s\" is not the URL of a bus: it has to be one of %s", cli->bus,
                            BW_URL_FORMS);
    return 0;
}

/* --- the run --------------------------------------------------------------------------------- */

struct run {
    struct bw_run_task task;
    char id[TASK_ID_LEN], worker[WORKER_LEN];
    struct bw_progress_pattern *pattern;
    struct bw_term term;
    struct bw_obey *obey;
    int wake;
};

/* Descriptors 0, 1 and 2 must be what they are taken for. */
static void open_missing(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

static int describe_task(const struct bw_cli *cli, struct run *r, char **argv)
{
    char host[256] = "localhost";
    struct bw_fault fault;
    if (options.progress && bw_progress_pattern_create(&r->pattern, options.progress, &fault) != 0)
        return bw_cli_usage(cli, "--progress: %s", fault.message);
    make_id(argv[0], r->id);
    gethostname(host, sizeof host - 1);
    snprintf(r->worker, sizeof r->worker, "%.200s:%ld", host, (long)getpid());
    r->task = (struct bw_run_task){
        .id = options.id ? options.id : r->id,
        .type = options.type,
        .title = options.title,
        .owner = options.owner ? options.owner : bw_cli_login_name(),
        .resource = options.resource,
        .queue = options.queue,
        .worker = r->worker,
        .argv = argv,
    };
    if (setenv("BELLWIRE_TASK_ID", r->task.id, 1) != 0)
        return bw_cli_error(cli, "out of memory"), BW_EXIT_NOT_STARTED;
    if (options.verbose)
        fprintf(stderr, "bellwire run: task %s\n", r->task.id);
    return 0;
}

/* Everything that may fail does so before the command begins. */
static int prepare(const struct bw_cli *cli, struct run *r, char **argv)
{
    open_missing();
    int status = describe_task(cli, r, argv);
    if (status)
        return status;
    bw_term_open(&r->term);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const struct bw_obey_plan plan = {
        .cli = cli,
        .task_id = r->task.id,
        .kill_after_s = options.kill_after_s,
        .stay = options.stay,
        .wake = r->wake,
    };
    if (r->wake >= 0 && bw_obey_create(&r->obey, &plan) == 0)
        return 0;
    bw_cli_error(cli, "cannot begin: %s", strerror(errno));
    return BW_EXIT_NOT_STARTED;
}

/* After the command has ended: whether it is to run again. With --stay this waits until somebody
 * asks for that, or for our end. */
static bool wait_for_retry(const struct bw_cli *cli, struct run *r, int status)
{
    struct pollfd fd = {.fd = r->wake, .events = POLLIN};
    uint64_t n;
    if (options.stay && isatty(STDERR_FILENO))
        fprintf(stderr,
                "bellwire run: the command has ended with status %d; waiting for `bellwire retry "
                "%s` (Ctrl-C: do not wait)\n",
                status, r->task.id);
    while (!bw_signals_told_to_leave()) {
        if (bw_obey_take_retry(r->obey))
            return true;
        if (!options.stay)
            return false;
        if (bw_signals_told_to_stop())
            bw_signals_stop_here(bw_term_is_foreground(&r->term));
        if (poll(&fd, 1, -1) > 0 && read(r->wake, &n, sizeof n) < 0)
            bw_cli_error(cli, "cannot wait: %s", strerror(errno));
    }
    return false;
}

static int run(const struct bw_cli *cli, int argc, char **argv)
{
    struct run r = {.wake = -1, .term = {.fd = -1, .control = -1}};
    if (argc == 0)
        return bw_cli_usage(cli, "say which command: bellwire run -- COMMAND...");
    int status = check_options(cli);
    if (status)
        return status;
    status = prepare(cli, &r, argv);
    struct bw_attempt attempt = {
        .cli = cli,
        .task = &r.task,
        .pattern = r.pattern,
        .term = &r.term,
        .obey = r.obey,
        .spool_bytes = (size_t)options.spool_mib << 20,
        .drain_s = options.drain_s,
        .split = options.split,
        .wake = r.wake,
    };
    for (bool go = !status; go; go = attempt.began && wait_for_retry(cli, &r, status)) {
        status = bw_attempt_run(&attempt);
        attempt.again = true;
    }
    bw_obey_destroy(&r.obey, REFUSALS_MS);
    bw_term_close(&r.term);
    bw_progress_pattern_destroy(&r.pattern);
    if (r.wake >= 0)
        close(r.wake);
    return status;
}

const struct bw_command bw_run_command = {
    .name = "run",
    .operands = "[--] COMMAND [ARGUMENT...]",
    .summary = "run a command as a task",
    .about =
        "Runs a command and tells the bus of it: its lines become the task's log (stdout: info, "
        "stderr: warning), NN% and n/m at the end of a line its progress, its end the task's "
        "end. Where both go to the same place (a terminal, or 2>&1) they are one stream, whose "
        "order is kept and whose lines are all info; see --split.\n\n"
        "Commands for the task are obeyed, by the command's process group: itself, and what it has "
        "started but for what has left that group, as daemons do. pause and resume: SIGSTOP and "
        "SIGCONT. stop: SIGTERM. cancel: SIGTERM, and "
        "SIGKILL for what has not ended after --kill-after-s; the task is cancelled then. retry: "
        "the command ends like that if it runs, and runs again as the task's next attempt; after "
        "its end only with --stay, since else `bellwire run` ends with it.\n\n"
        "The command does not notice. Its output passes through unchanged and at once, on a "
        "terminal it has a terminal, signals reach it, "
        "and its exit status is the one of `bellwire run`: 128 and the signal's number if a signal "
        "ended it, 126 or 127 if it cannot be executed or found, 125 if bellwire could not begin. "
        "In its environment BELLWIRE_TASK_ID is the task's id.\n\n"
        "While the bus is away the command runs on. The state of the task is kept, and of its log "
        "as much as --spool-mib allows; both are delivered when the bus is back. What could not be "
        "delivered within --drain-s after the end is saved, and delivered by the next `bellwire "
        "run` or by `bellwire emit --spool`.",
    .examples = "bellwire run -- make -j4\n"
                "bellwire run --title 'Import of May' --resource sales -- ./import.sh may.csv\n"
                "bellwire run --progress '([0-9.]+)% done' -- rsync -a --info=progress2 a/ b/",
    .opts = opts,
    .values = &options,
    .stop_at_operand = true,
    .usage_exit = BW_EXIT_NOT_STARTED,
    .run = run,
};
