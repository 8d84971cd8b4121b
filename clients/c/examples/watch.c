/* Prints what tasks say, from the oldest event kept or from a cursor on, until interrupted; then
 * the cursor to go on from.
 *
 *   ./watch [CURSOR]        $BELLWIRE_BUS says where the bus is; default ipc://./var/bus */
#include <bellwire.h>
#include <signal.h>
#include <stdio.h>

static char cursor[32]; /* the subscription's thread writes it; main reads it when that has ended */

static void print_event(void *arg, const struct bellwire_received *event)
{
    (void)arg;
    printf("%s %s %s: %s\n", event->topic, event->event_type, event->task_id, event->message);
    snprintf(cursor, sizeof cursor, "%s", event->cursor);
}

static void print_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *at)
{
    (void)arg, (void)topic;
    fprintf(stderr, "cannot go on from there (%d); going on from %s\n", (int)reason, at);
}

static void flush_output(void *arg)
{
    (void)arg;
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const char *const topics[] = {"system", "logs", NULL};
    struct bellwire_subscribe_options options = {
        .topics = topics,
        .after = argc > 1 ? argv[1] : "oldest",
        .on_event = print_event,
        .on_reset = print_reset,
        .on_idle = flush_output,
    };
    struct bellwire *wire;
    struct bellwire_subscription *subscription;
    sigset_t signals;
    int signal_number;

    /* Before the library starts threads: they are not to be interrupted. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    int error = bellwire_connect(NULL, NULL, &wire);
    if (!error)
        error = bellwire_subscribe(wire, &options, &subscription);
    if (error) {
        fprintf(stderr, "%s\n", bellwire_strerror(error));
        bellwire_close(&wire);
        return 2;
    }
    sigwait(&signals, &signal_number);
    bellwire_unsubscribe(&subscription);
    bellwire_close(&wire);
    fprintf(stderr, "%s\n", cursor);
    return 0;
}
