/* `bellwire ls`: tasks as a table, or as JSON. */
#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "base/clock.h"
#include "ls_watch.h"
#include "task_table.h"
#include "text.h"
#include "wire/mp.h"

enum { PAGE_ROWS = 1000 }; /* most rows of one request */

static struct ls_options {
    const char *status, *type, *owner, *resource, *queue, *q, *sort;
    uint32_t limit;
    bool json, watch;
} options = {.sort = "-updated_at", .limit = 50};

#define OPT(member) offsetof(struct ls_options, member)
static const struct bw_opt opts[] = {
    {'s', "status", BW_OPT_TEXT, OPT(status), "A,B",
     "only tasks that are pending, running, paused, completed, failed, cancelled or timeout", 0, 0},
    {'t', "type", BW_OPT_TEXT, OPT(type), "A,B", "only tasks of these types", 0, 0},
    {'o', "owner", BW_OPT_TEXT, OPT(owner), "A,B", "only tasks of these owners", 0, 0},
    {'r', "resource", BW_OPT_TEXT, OPT(resource), "A,B", "only tasks that work on these", 0, 0},
    {0, "queue", BW_OPT_TEXT, OPT(queue), "A,B", "only tasks of these queues", 0, 0},
    {0, "q", BW_OPT_TEXT, OPT(q), "TEXT", "only tasks with this in their title or id", 0, 0},
    {0, "sort", BW_OPT_TEXT, OPT(sort), "ORDER",
     "updated_at or created_at, with a minus before it for the newest first", 0, 0},
    {'n', "limit", BW_OPT_COUNT, OPT(limit), "N", "how many at most", 1, 1000000},
    {'w', "watch", BW_OPT_FLAG, OPT(watch), NULL,
     "show them as they change, until Ctrl-C: on a terminal in place, else a line for every change",
     0, 0},
    {0, "json", BW_OPT_FLAG, OPT(json), NULL, "print a JSON array, one task on a line", 0, 0},
    {0},
};

struct listing {
    struct bw_table *table; /* NULL: as JSON */
    struct bw_buf json;
    uint32_t rows;
    uint64_t total;
    bool total_exact;
};

static void add(struct listing *l, const msgpack_object *row)
{
    struct bw_task task;
    if (bw_task_decode(row, &task, NULL) != 0)
        return;
    if (l->table) {
        bw_task_table_add(l->table, &task, false, bw_clock_wall_us());
    } else {
        bw_buf_puts(&l->json, l->rows > 0 ? BW_STR(",\n ") : BW_STR("["));
        bw_task_json(&l->json, &task, NULL);
    }
    l->rows++;
}

static struct bellwire_task_filter chosen(void)
{
    return (struct bellwire_task_filter){
        .type = options.type,
        .owner = options.owner,
        .resource = options.resource,
        .queue = options.queue,
        .status = options.status,
        .q = options.q,
        .sort = options.sort,
        .limit = options.limit,
    };
}

/* One request; *page is then where the next one goes on, or empty. */
static int fetch(const struct bw_cli *cli, struct bellwire *bus, struct listing *l, char *page,
                 size_t page_size)
{
    uint32_t missing = options.limit - l->rows;
    struct bellwire_task_filter filter = chosen();
    filter.limit = missing < PAGE_ROWS ? missing : PAGE_ROWS;
    filter.page = *page ? page : NULL;
    struct bellwire_reply *reply;
    struct bw_answer answer;
    struct bw_str next = {0};
    int err = bellwire_tasks(bus, &filter, &reply);
    int status = bw_answer_open(&answer, cli, err, reply);
    if (status)
        return status;
    msgpack_object_array rows = bw_answer_list(&answer, "tasks");
    for (uint32_t i = 0; i < rows.size; i++)
        add(l, &rows.ptr[i]);
    bw_mp_get_u64(&answer.root, "total", &l->total, NULL);
    bw_mp_get_bool(&answer.root, "total_exact", &l->total_exact, NULL);
    bw_mp_get_str(&answer.root, "next", page_size - 1, &next, NULL);
    snprintf(page, page_size, "%.*s", BW_STR_ARG(next));
    bw_answer_close(&answer);
    return 0;
}

static int print(const struct bw_cli *cli, struct listing *l)
{
    struct bw_buf text = {0};
    bool terminal = isatty(STDOUT_FILENO);
    int err = 0;
    if (!l->table) {
        bw_buf_puts(&l->json, l->rows > 0 ? BW_STR("]\n") : BW_STR("[]\n"));
        text = l->json;
        l->json = (struct bw_buf){0};
    } else if (l->rows > 0) {
        err = bw_table_print(l->table, bw_text_columns(STDOUT_FILENO),
                             bw_text_colored(STDOUT_FILENO), &text);
    }
    if (err || text.failed)
        err = bw_cli_error(cli, "out of memory");
    else
        fwrite(text.data, 1, text.len, stdout);
    bw_buf_free(&text);
    if (err || !terminal || !l->table)
        return err;
    if (l->total > l->rows)
        printf("%u of %s%llu tasks; --limit shows more\n", l->rows,
               l->total_exact ? "" : "more than ", (unsigned long long)l->total);
    else if (l->rows == 0)
        puts("no task matches");
    return 0;
}

static int ls(const struct bw_cli *cli, int argc, char **argv)
{
    struct listing l = {0};
    struct bellwire *bus;
    char page[512] = "";
    if (argc > 0)
        return bw_cli_usage(cli, "\"%s\" is one word too many; --q %s looks for it", argv[0],
                            argv[0]);
    if (options.watch && options.json)
        return bw_cli_usage(cli, "--watch is for people; `bellwire tail --json` tells changes as "
                                 "JSON");
    if (options.watch) {
        struct bellwire_task_filter filter = chosen();
        return bw_ls_watch(cli, &filter);
    }
    int status = bw_cli_connect(cli, NULL, &bus);
    if (status)
        return status;
    if (!options.json && bw_task_table_create(&l.table, false) != 0)
        status = bw_cli_error(cli, "out of memory");
    while (!status) {
        status = fetch(cli, bus, &l, page, sizeof page);
        if (!*page || l.rows >= options.limit)
            break;
    }
    if (!status)
        status = print(cli, &l);
    bw_table_destroy(&l.table);
    bw_buf_free(&l.json);
    bellwire_close(&bus);
    return status;
}

const struct bw_command bw_ls_command = {
    .name = "ls",
    .operands = "",
    .summary = "list tasks",
    .about = "Lists tasks, the most recently changed first. DONE is the progress, LEFT the time "
             "that the bus expects it to take still.\n\n"
             "With --watch it goes on: on a terminal the table is drawn in place, with bars, as "
             "many rows as fit; elsewhere every change is a line. While the bus is away it waits.",
    .examples = "bellwire ls --status running,paused\n"
                "bellwire ls --watch --status running,pending\n"
                "bellwire ls --owner alice --q import --limit 10\n"
                "bellwire ls --status failed --json | jq -r '.[].id'",
    .opts = opts,
    .values = &options,
    .usage_exit = BW_EXIT_USAGE,
    .run = ls,
};
