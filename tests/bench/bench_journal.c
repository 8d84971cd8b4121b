/* What appending costs the writer's thread: events per second and CPU per event, decoding excluded,
 * for several kinds of events and sizes of commits. Usage: bench_journal [FOLDER [EVENTS [WHICH]]],
 * WHICH being the number of one load of the list below. */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal_events.h"

enum kind { UPDATES, LOGS, MIXED, LIVES };

static const char *const kind_names[] = {"updates", "logs", "mixed", "whole lives"};

struct load {
    enum kind kind;
    size_t group;   /* events per commit */
    uint64_t tasks; /* running at the same time */
};

static const struct load loads[] = {
    {UPDATES, 1000, 1000}, {UPDATES, 1000, 10000}, {LOGS, 1000, 1000},    {MIXED, 1000, 1000},
    {LIVES, 1000, 1000},   {UPDATES, 256, 1000},   {UPDATES, 256, 10000}, {LOGS, 256, 10000},
};

static size_t stored;

static void committed(void *ctx, const struct bw_commit *commit)
{
    (void)ctx;
    stored += commit->n_records;
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void add_update(struct maker *m, uint64_t task, uint64_t n, const char *type)
{
    struct bw_mp_map event, data;
    char id[32];
    size_t from = maker_begin(m, &event, &data, type, bw_clock_wall_us(),
                              "Generating chapter: drafting the outline");
    snprintf(id, sizeof id, "novel-%08llu", (unsigned long long)task);
    bw_mp_put_cstr(&data, "id", id);
    bw_mp_put_number(&data, "progress", (double)(n % 100));
    bw_mp_put_number(&data, "completed_units", (double)(n % 200));
    bw_mp_put_number(&data, "total_units", 200);
    bw_mp_put_cstr(&data, "step", "chapter 7 of 12");
    if (n < 2) {
        bw_mp_put_cstr(&data, "type", "novel.generate");
        bw_mp_put_cstr(&data, "owner", "0190a3c4-5b6d-7e8f-9012-3456789abcde");
        bw_mp_put_cstr(&data, "title", "A novel of moderate length");
    }
    maker_end(m, &event, &data, from);
}

static void add_log(struct maker *m, uint64_t task, uint64_t n)
{
    struct bw_mp_map event, data;
    char id[32];
    size_t from = maker_begin(m, &event, &data, "TASK_LOG", bw_clock_wall_us(),
                              "compiling bus/journal/append.c with the usual warnings");
    snprintf(id, sizeof id, "novel-%08llu", (unsigned long long)task);
    bw_mp_put_cstr(&data, "task_id", id);
    bw_mp_put_cstr(&data, "level", n % 10 ? "info" : "warning");
    bw_mp_put_u64(&data, "line", n);
    maker_end(m, &event, &data, from);
}

/* The n-th event of a load: task after task, so a commit has as many distinct ones as it can. */
static void add_event(struct maker *m, const struct load *load, uint64_t n)
{
    static const char *const life[] = {"TASK_CREATED", "TASK_UPDATED", "TASK_UPDATED",
                                       "TASK_UPDATED", "TASK_COMPLETED"};
    uint64_t task = n * 7919 % load->tasks, round = n / load->tasks;
    switch (load->kind) {
    case UPDATES:
        add_update(m, task, round, "TASK_UPDATED");
        break;
    case LOGS:
        add_log(m, task, round);
        break;
    case MIXED:
        if (n % 2)
            add_log(m, task, round);
        else
            add_update(m, task, round, "TASK_UPDATED");
        break;
    case LIVES:
        task += round / 5 * load->tasks;
        add_update(m, task, round % 5, life[round % 5]);
        break;
    }
}

static void run(const char *folder, const struct load *load, uint64_t events)
{
    char path[512], file[520];
    struct bw_fault fault = {0};
    struct bw_journal *journal;
    struct maker m;
    snprintf(path, sizeof path, "%s/bench-journal-%d.db", folder, (int)getpid());
    struct bw_sqlite_options options = {.path = path};
    if (bw_sqlite_open(&options, (struct bw_journal_sink){NULL, committed}, &journal, &fault))
        maker_die(fault.message);
    maker_open(&m, load->group);
    stored = 0;
    int64_t wall = 0, cpu = 0, longest = 0, bytes = 0;
    for (uint64_t n = 0; n < events;) {
        maker_reset(&m);
        for (size_t i = 0; i < load->group; i++)
            add_event(&m, load, n++);
        bytes += (int64_t)m.bytes.len;
        int64_t w = bw_clock_mono_us(), c = cpu_us();
        maker_append(&m, journal);
        w = bw_clock_mono_us() - w;
        cpu += cpu_us() - c;
        wall += w;
        longest = w > longest ? w : longest;
    }
    struct stat st = {0};
    if (stat(path, &st) != 0)
        maker_die("the journal's file is gone");
    printf("%-12s %5zu per commit %6llu tasks %4lld B  %7.0f events/s  %5.2f us CPU/event  "
           "longest commit %5.1f ms  %4.0f B/event on disk\n",
           kind_names[load->kind], load->group, (unsigned long long)load->tasks,
           (long long)(bytes / (int64_t)events), (double)stored / (double)wall * 1e6,
           (double)cpu / (double)stored, (double)longest / 1e3,
           (double)st.st_size / (double)stored);
    fflush(stdout);
    journal->ops->close(&journal);
    maker_close(&m);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        unlink(file);
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp";
    uint64_t events = argc > 2 ? strtoull(argv[2], NULL, 10) : 400000;
    int only = argc > 3 ? atoi(argv[3]) : -1;
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        if (only < 0 || (size_t)only == i)
            run(folder, &loads[i], events);
    return 0;
}
