/* Writes a journal with many tasks and events straight through the journal's operations, as a
 * server would have after weeks: most tasks completed, some failed, the latest pending and running.
 * Usage: seed_journal FILE [TASKS [EVENTS]] (1 000 000 and 5 000 000) */
#include "journal_events.h"

enum {
    BLOCK = 1000, /* tasks that run at the same time */
    COMMIT = 4000,
    RUNNING = 2000,
    PENDING = 500,
};

struct seeder {
    struct bw_journal *journal;
    struct maker maker;
    uint64_t tasks, events, written;
    int64_t time_us, step_us;
};

static void committed(void *ctx, const struct bw_commit *commit)
{
    ((struct seeder *)ctx)->written += commit->n_records;
}

static uint64_t mix(uint64_t n)
{
    n = (n ^ n >> 31) * 0x7fb5d329728ea185u;
    n = (n ^ n >> 27) * 0x81dadef4bc2dd44du;
    return n ^ n >> 33;
}

static void put_number_of(struct bw_mp_map *m, const char *key, const char *format, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof text, format, (unsigned long long)n);
    bw_mp_put_cstr(m, key, text);
}

static void put_title(struct bw_mp_map *m, uint64_t random)
{
    static const char *const verbs[] = {"Generate", "Import", "Translate", "Export",
                                        "Check",    "Render", "Index",     "Summarise"};
    static const char *const things[] = {"chapter", "textbook", "table",  "novel",
                                         "report",  "picture",  "course", "interview"};
    char title[80];
    snprintf(title, sizeof title, "%s %s %llu of %s %llu", verbs[random % 8],
             things[random / 8 % 8], (unsigned long long)(random / 64 % 40),
             things[random / 2560 % 8], (unsigned long long)(random / 20480 % 5000));
    bw_mp_put_cstr(m, "title", title);
}

static void put_what_it_is(struct bw_mp_map *m, uint64_t task)
{
    static const char *const types[] = {"novel.generate", "textbook.questions", "table.sync",
                                        "interview.score", "picture.render"};
    static const char *const queues[] = {"default", "slow", "gpu"};
    uint64_t random = mix(task);
    bw_mp_put_cstr(m, "type", types[random % 100 < 96 ? random % 4 : 4]);
    bw_mp_put_cstr(m, "queue", queues[random / 100 % 3]);
    put_number_of(m, "owner", "user-%05llu", random / 300 % 10000);
    put_number_of(m, "resource", "novel-%06llu", random / 7 % 100000);
    put_title(m, random / 11);
    bw_mp_put_number(m, "total_units", (double)(10 + random % 90));
}

static const char *type_of(const struct seeder *s, uint64_t task, uint64_t step, uint64_t steps)
{
    uint64_t left = s->tasks - task;
    if (step == 0)
        return "TASK_CREATED";
    if (step + 1 < steps || left <= RUNNING)
        return step % 3 == 2 ? "TASK_LOG" : "TASK_UPDATED";
    return mix(task) % 97 ? "TASK_COMPLETED" : "TASK_FAILED";
}

static void add_event(struct seeder *s, uint64_t task, uint64_t step, uint64_t steps)
{
    struct bw_mp_map event, data;
    if (step > 0 && s->tasks - task <= PENDING)
        return;
    if (s->maker.n == COMMIT) {
        maker_append(&s->maker, s->journal);
        maker_reset(&s->maker);
    }
    const char *type = type_of(s, task, step, steps);
    s->time_us += s->step_us;
    size_t from = maker_begin(&s->maker, &event, &data, type, s->time_us, "working on it");
    put_number_of(&data, "id", "task-%08llu", task);
    if (step == 0)
        put_what_it_is(&data, task);
    else if (type[5] == 'U')
        bw_mp_put_number(&data, "completed_units", (double)step);
    else if (type[5] == 'L')
        bw_mp_put_cstr(&data, "level", mix(task + step) % 20 ? "info" : "warning");
    maker_end(&s->maker, &event, &data, from);
}

/* A block of tasks at a time, step by step, so that their events mix as they do in life. */
static void seed(struct seeder *s)
{
    uint64_t steps = s->events / s->tasks, rest = s->events % s->tasks;
    for (uint64_t first = 0; first < s->tasks; first += BLOCK) {
        for (uint64_t step = 0; step <= steps; step++)
            for (uint64_t task = first; task < first + BLOCK && task < s->tasks; task++) {
                uint64_t mine = steps + (task < rest);
                if (step < mine)
                    add_event(s, task, step, mine);
            }
        if (first % (s->tasks / 10 / BLOCK * BLOCK + BLOCK) == 0)
            fprintf(stderr, "%llu events\n", (unsigned long long)s->written);
    }
    maker_append(&s->maker, s->journal);
}

int main(int argc, char **argv)
{
    struct seeder s = {.tasks = 1000000, .events = 5000000};
    struct bw_fault fault = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: seed_journal FILE [TASKS [EVENTS]]\n");
        return 2;
    }
    if (argc > 2)
        s.tasks = strtoull(argv[2], NULL, 10);
    if (argc > 3)
        s.events = strtoull(argv[3], NULL, 10);
    if (s.tasks == 0 || s.events < s.tasks)
        maker_die("there must be a task, and as many events as tasks at least");
    struct bw_sqlite_options options = {.path = argv[1]};
    if (bw_sqlite_open(&options, (struct bw_journal_sink){&s, committed}, &s.journal, &fault))
        maker_die(fault.message);
    int64_t month_us = INT64_C(30) * 86400 * 1000000, began = bw_clock_mono_us();
    s.time_us = bw_clock_wall_us() - month_us;
    s.step_us = month_us / (int64_t)s.events;
    maker_open(&s.maker, COMMIT);
    seed(&s);
    double seconds = (double)(bw_clock_mono_us() - began) / 1e6;
    printf("%llu tasks, %llu events in %.1f s\n", (unsigned long long)s.tasks,
           (unsigned long long)s.written, seconds);
    s.journal->ops->close(&s.journal);
    maker_close(&s.maker);
    return 0;
}
