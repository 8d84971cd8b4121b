/* One attempt. */
#include "attempt.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "pass.h"
#include "signals.h"
#include "teller.h"

enum { FEED_BYTES = 4 << 20 };

/* What there is only while it runs. */
struct stage {
    struct bw_plumbing plumbing;
    struct bw_child child;
    struct bw_feed *feed;
    struct bw_teller *teller;
    int exec_errno;
    int64_t started_us;
};

/* --- the end --------------------------------------------------------------------------------- */

static void describe_end(const struct stage *s, int status, struct bw_run_end *end)
{
    int exec_errno = s->exec_errno;
    *end = (struct bw_run_end){.wall_us = bw_clock_wall_us(), .exec_errno = exec_errno};
    end->seconds = round((double)(end->wall_us - s->started_us) / 1e3) / 1e3;
    if (exec_errno)
        end->exit_status = exec_errno == ENOENT ? BW_EXIT_NOT_FOUND : BW_EXIT_NOT_EXECUTABLE;
    else if (WIFSIGNALED(status))
        end->exit_status = 128 + (end->signal = WTERMSIG(status));
    else
        end->exit_status = WEXITSTATUS(status);
}

/* Until everything is delivered or saved. A signal ends the wait for the bus. */
static void wait_for_teller(const struct bw_attempt *a, struct bw_teller *teller)
{
    enum { SAY_AFTER_MS = 1000 };
    bool said = !isatty(STDERR_FILENO);
    uint64_t n;
    while (!bw_teller_is_done(teller)) {
        struct pollfd fd = {.fd = a->wake, .events = POLLIN};
        int ready = poll(&fd, 1, said ? -1 : SAY_AFTER_MS);
        if (ready > 0 && read(a->wake, &n, sizeof n) > 0 && bw_signals_told_to_leave())
            bw_teller_hurry(teller);
        if (ready == 0) {
            said = true;
            fprintf(stderr,
                    "bellwire run: the command has ended; waiting up to %u s for the bus at %s "
                    "(Ctrl-C: do not wait)\n",
                    a->drain_s, a->cli->bus);
        }
    }
}

static void tell_report(const struct bw_cli *cli, const struct bw_teller_report *r)
{
    if (*r->refused)
        bw_cli_error(cli, "the bus refused what it was told of the task: %s", r->refused);
    if (*r->error)
        bw_cli_error(cli,
                     "the bus at %s took not all of what it was told, and the rest cannot be "
                     "saved: %s",
                     cli->bus, r->error);
    if (*r->file) {
        bw_cli_error(cli, "the bus at %s is away: %llu events wait in %s", cli->bus,
                     (unsigned long long)r->saved, r->file);
        fprintf(stderr,
                "  The next `bellwire run` delivers them, or: bellwire --bus %s emit "
                "--spool\n",
                cli->bus);
    }
    if (r->logs_left_out)
        fputs("  Log lines were left out, because 256 MiB wait there already.\n", stderr);
    if (r->lost_lines > 0)
        bw_cli_error(cli,
                     "%llu lines are missing in the task's log: they came faster than the bus "
                     "took them",
                     (unsigned long long)r->lost_lines);
}

/* --- the attempt ----------------------------------------------------------------------------- */

/* Everything that may fail does so before the command begins. */
static int start(const struct bw_attempt *a, struct stage *s)
{
    struct bw_child_plan plan = {.argv = a->task->argv};
    if (bw_feed_create(&s->feed, FEED_BYTES) != 0 ||
        bw_plumbing_open(&s->plumbing, a->term, a->split) != 0) {
        bw_cli_error(a->cli, "cannot set up the command's output: %s", strerror(errno));
        return BW_EXIT_NOT_STARTED;
    }
    memcpy(plan.fds, s->plumbing.command, sizeof plan.fds);
    plan.new_session = s->plumbing.own_terminal;
    plan.in_front = s->plumbing.keys_at_once;
    bw_signals_hold();
    s->started_us = bw_clock_wall_us();
    if (bw_child_start(&s->child, &plan, &s->exec_errno) != 0) {
        bw_cli_error(a->cli, "cannot fork: %s", strerror(errno));
        return BW_EXIT_NOT_STARTED;
    }
    bw_plumbing_close_command_ends(&s->plumbing);
    bw_signals_pass(&s->child, a->wake);
    if (s->exec_errno)
        bw_cli_error(a->cli, "%s: %s", a->task->argv[0],
                     s->exec_errno == ENOENT ? "command not found" : strerror(s->exec_errno));
    return 0;
}

/* Without a teller there is nobody to tell. */
static void tell_nobody(void *ctx, const struct bw_order *order)
{
    (void)ctx;
    (void)order;
}

static void start_teller(const struct bw_attempt *a, struct stage *s)
{
    const struct bw_teller_plan plan = {
        .cli = a->cli,
        .task = *a->task,
        .pattern = a->pattern,
        .spool_bytes = a->spool_bytes,
        .drain_s = a->drain_s,
        .started_us = s->started_us,
        .again = a->again,
        .obey = a->obey,
        .told = a->wake,
    };
    if (bw_teller_start(&s->teller, &plan, s->feed) != 0)
        bw_cli_error(a->cli, "out of memory: the command runs on, but the bus is told nothing");
}

/* From here on nothing may stop the command. Without a teller its output is passed on all the same.
 */
static int go(const struct bw_attempt *a, struct stage *s)
{
    const struct bw_pass_plan plan = {.plumbing = &s->plumbing,
                                      .term = a->term,
                                      .child = &s->child,
                                      .feed = s->feed,
                                      .obey = a->obey,
                                      .task_id = a->task->id,
                                      .wake = a->wake};
    struct bw_teller_report report;
    struct bw_run_end end;
    start_teller(a, s);
    bw_obey_began(a->obey, &s->child, s->teller ? bw_teller_state : tell_nobody, s->teller);
    describe_end(s, bw_pass_until_end(&plan), &end);
    bw_obey_finish(a->obey, &end.order);
    bw_pass_leave_behind(&s->plumbing, &s->child);
    if (s->teller) {
        bw_teller_finish(s->teller, &end);
        wait_for_teller(a, s->teller);
        bw_teller_end(&s->teller, &report);
        tell_report(a->cli, &report);
    }
    return end.exit_status;
}

int bw_attempt_run(struct bw_attempt *a)
{
    struct stage s = {0};
    int status = start(a, &s);
    a->began = status == 0;
    if (a->began)
        status = go(a, &s);
    bw_feed_destroy(&s.feed);
    return status;
}
