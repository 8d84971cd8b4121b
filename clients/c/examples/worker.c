/* A worker that obeys: its task can be paused, resumed, stopped and cancelled while it works.
 *
 *   ./worker [TASK-ID [STEPS]]        $BELLWIRE_BUS says where the bus is; default ipc://./var/bus
 *   bellwire pause --wait TASK-ID     for instance, meanwhile */
#include <bellwire.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_MS = 200 };

struct worker {
    const char *id;
    struct bellwire *wire;
    pthread_mutex_t lock; /* of the two below */
    pthread_cond_t came;
    struct bellwire_command command; /* the newest takes the place of an older one */
    bool has_command;
};

/* On the subscription's thread: keeps the command for the thread that works, or refuses it. */
static void on_event(void *arg, const struct bellwire_received *event)
{
    struct worker *w = arg;
    struct bellwire_command command;
    if (!bellwire_command_read(event, &command) || strcmp(command.task_id, w->id) != 0)
        return;
    if (command.action == BELLWIRE_RETRY) {
        bellwire_refuse(w->wire, &command, "it does not begin again while it works: cancel it");
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->command = command;
    w->has_command = true;
    pthread_cond_signal(&w->came);
    pthread_mutex_unlock(&w->lock);
}

/* False: nothing was asked. wait: until something is. */
static bool take_command(struct worker *w, bool wait, struct bellwire_command *out)
{
    pthread_mutex_lock(&w->lock);
    while (wait && !w->has_command)
        pthread_cond_wait(&w->came, &w->lock);
    bool has = w->has_command;
    *out = w->command;
    w->has_command = false;
    pthread_mutex_unlock(&w->lock);
    return has;
}

/* members: what stands in data beside the id. */
static int say(struct worker *w, const char *type, const char *members, struct bellwire_result *at)
{
    char data[512];
    struct bellwire_event event = {.event_type = type, .data_json = data};
    snprintf(data, sizeof data, "{\"id\":\"%s\",%s}", w->id, members);
    return at ? bellwire_publish(w->wire, &event, at)
              : bellwire_publish_async(w->wire, &event, NULL, NULL);
}

/* Obeys what was asked, if anything was. False: the task has ended by that. */
static bool may_go_on(struct worker *w)
{
    struct bellwire_command command;
    bool paused = false;
    while (take_command(w, paused, &command)) {
        printf("%s, asked by %s\n", bellwire_action_name(command.action), command.by);
        fflush(stdout);
        bool ends = command.action == BELLWIRE_CANCEL || command.action == BELLWIRE_STOP;
        paused = command.action == BELLWIRE_PAUSE;
        /* The status confirms it. */
        say(w, "TASK_STATUS_CHANGED",
            ends     ? "\"status\":\"cancelled\""
            : paused ? "\"status\":\"paused\""
                     : "\"status\":\"running\"",
            NULL);
        if (ends)
            return false;
        if (!paused)
            break;
    }
    return true;
}

static int work(struct worker *w, int steps)
{
    char members[128];
    int error = 0;
    for (int step = 1; step <= steps && !error; step++) {
        if (!may_go_on(w))
            return 0;
        nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL); /* the work */
        snprintf(members, sizeof members, "\"completed_units\":%d", step);
        error = say(w, "TASK_UPDATED", members, NULL);
    }
    return error ? error : say(w, "TASK_COMPLETED", "\"message\":\"Done\"", NULL);
}

/* The task exists; commands are received from there on, so none is missed. */
static int begin(struct worker *w, int steps, struct bellwire_subscription **subscription)
{
    static const char *const topics[] = {"control", NULL};
    struct bellwire_result created;
    char members[128];
    snprintf(members, sizeof members,
             "\"status\":\"running\",\"worker\":\"example\",\"total_units\":%d", steps);
    int error = say(w, "TASK_CREATED", members, &created);
    if (!error && created.stale)
        return fprintf(stderr, "%s has ended already\n", w->id), BELLWIRE_ECONFLICT;
    struct bellwire_subscribe_options options = {
        .topics = topics, .after = created.cursor, .on_event = on_event, .arg = w};
    return error ? error : bellwire_subscribe(w->wire, &options, subscription);
}

int main(int argc, char **argv)
{
    struct worker w = {.id = argc > 1 ? argv[1] : "example-2",
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .came = PTHREAD_COND_INITIALIZER};
    struct bellwire_subscription *subscription = NULL;
    int steps = argc > 2 ? atoi(argv[2]) : 50;

    int error = bellwire_connect(NULL, NULL, &w.wire);
    if (!error)
        error = begin(&w, steps, &subscription);
    if (!error)
        error = work(&w, steps);
    bellwire_unsubscribe(&subscription); /* no command comes any more */
    if (!error)
        error = bellwire_flush(w.wire, 10000);
    if (error)
        fprintf(stderr, "%s\n", bellwire_strerror(error));
    bellwire_close(&w.wire);
    return error ? 1 : 0;
}
