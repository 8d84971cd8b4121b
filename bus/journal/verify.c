/* Checking a journal against itself, in one read transaction. */
#include "journal/verify.h"

#include <inttypes.h>

static int check_counts(struct bw_verify *v)
{
    const struct bw_journal_state *state = &v->r->state;
    int64_t ids, rows, tasks, commands, deletions, folded = 0;
    int err = bw_db_int(v->r->db, "SELECT count(*) FROM event_ids", &ids);
    if (!err)
        err = bw_db_int(v->r->db, "SELECT count(*) FROM task_rows", &rows);
    if (!err)
        err = bw_db_int(v->r->db, "SELECT count(*) FROM tasks", &tasks);
    if (!err)
        err = bw_db_int(v->r->db, "SELECT count(*) FROM open_commands", &commands);
    if (!err)
        err = bw_db_int(v->r->db, "SELECT count(*) FROM deleted_tasks", &deletions);
    if (err)
        return err;
    if (commands != v->open_commands)
        return bw_fault(v->fault, BW_ECONFLICT, "open_commands",
                        "%" PRId64 " open commands are kept for %" PRId64 " tasks", commands,
                        v->open_commands);
    if (ids != v->events)
        return bw_fault(v->fault, BW_ECONFLICT, "event_ids",
                        "%" PRId64 " ids are kept for %" PRId64 " events", ids, v->events);
    if (deletions != v->deletions)
        return bw_fault(v->fault, BW_ECONFLICT, "deleted_tasks",
                        "%" PRId64 " deletions are kept, the events have %" PRId64 " of them",
                        deletions, v->deletions);
    if (v->lane_events != v->linked_events)
        return bw_fault(v->fault, BW_ECONFLICT, "lanes",
                        "the lanes have %" PRId64 " events, the log has %" PRId64 " of lanes",
                        v->lane_events, v->linked_events);
    for (int i = 0; i < BW_N_STATUS; i++) {
        folded += v->tasks[i];
        if (v->tasks[i] != state->tasks[i])
            return bw_fault(v->fault, BW_ECONFLICT, "state",
                            "%" PRId64 " tasks are counted as %s, there are %" PRId64,
                            state->tasks[i], bw_status_name((enum bw_status)i), v->tasks[i]);
    }
    if (rows != folded || tasks != folded)
        return bw_fault(v->fault, BW_ECONFLICT, "tasks",
                        "%" PRId64 " rows and %" PRId64 " entries are kept for %" PRId64 " tasks",
                        rows, tasks, folded);
    return 0;
}

int bw_sqlite_verify(const char *path, struct bw_fault *fault)
{
    struct bw_fault why = {0};
    struct bw_verify v = {.fault = &why};
    int err = bw_reader_open(&v.r, path, fault);
    if (err)
        return err;
    err = bw_reader_begin(v.r, INT64_MAX);
    if (!err)
        err = bw_verify_log(&v);
    if (!err)
        err = bw_verify_tasks(&v);
    if (!err)
        err = check_counts(&v);
    if (err && !why.err)
        bw_fault(&why, err, "", "reading the journal failed: %s", sqlite3_errmsg(v.r->db));
    bw_reader_end(v.r);
    bw_reader_close(&v.r);
    return err ? bw_fault(fault, why.err, why.field, "%s", why.message) : 0;
}
