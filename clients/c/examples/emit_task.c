/* A task's life: created, some progress with a line of log for each step, completed.
 *
 *   cc emit_task.c $(pkg-config --cflags --libs bellwire) -o emit_task
 *   ./emit_task [TASK-ID]        $BELLWIRE_BUS says where the bus is; default ipc://./var/bus */
#include <bellwire.h>
#include <stdio.h>
#include <time.h>

enum { STEPS = 5 };

/* Called on a thread of the library when the bus has an event on disk, or has refused it. */
static void report(void *arg, const struct bellwire_result *result)
{
    (void)arg;
    if (result->error)
        fprintf(stderr, "event %s: %s %s\n", result->id, result->field, result->message);
}

static int say(struct bellwire *wire, const char *type, const char *message, const char *data)
{
    struct bellwire_event event = {.event_type = type, .message = message, .data_json = data};
    return bellwire_publish_async(wire, &event, report, NULL);
}

int main(int argc, char **argv)
{
    const char *id = argc > 1 ? argv[1] : "example-1";
    struct bellwire *wire;
    char data[512];

    int error = bellwire_connect(NULL, NULL, &wire);
    if (error) {
        fprintf(stderr, "BELLWIRE_BUS: %s\n", bellwire_strerror(error));
        return 2;
    }
    snprintf(data, sizeof data, "{\"id\":\"%s\",\"title\":\"An example\",\"total_units\":%d}", id,
             STEPS);
    error = say(wire, "TASK_CREATED", "Begun", data);

    for (int step = 1; step <= STEPS && !error; step++) {
        nanosleep(&(struct timespec){0, 200000000}, NULL); /* the work */
        snprintf(data, sizeof data, "{\"id\":\"%s\",\"completed_units\":%d}", id, step);
        error = say(wire, "TASK_UPDATED", "Working", data);
        snprintf(data, sizeof data, "{\"task_id\":\"%s\",\"level\":\"info\"}", id);
        if (!error)
            error = say(wire, "TASK_LOG", "one more step done", data);
    }

    snprintf(data, sizeof data, "{\"id\":\"%s\",\"result\":{\"steps\":%d}}", id, STEPS);
    if (!error)
        error = say(wire, "TASK_COMPLETED", "Done", data);
    if (!error)
        error = bellwire_flush(wire, 10000); /* until everything is on disk */
    if (error)
        fprintf(stderr, "%s\n", bellwire_strerror(error));
    bellwire_close(&wire);
    return error ? 1 : 0;
}
