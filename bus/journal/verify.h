/* Checking a journal against itself: what the files of this share. */
#ifndef BW_JOURNAL_VERIFY_H
#define BW_JOURNAL_VERIFY_H

#include "journal/reader.h"

/* Counts that two different looks must agree on. */
struct bw_verify {
    struct bw_reader *r;
    struct bw_fault *fault;
    int64_t events, linked_events; /* in all topics; those of lanes */
    int64_t lane_events;           /* as the lanes count them */
    int64_t tasks[BW_N_STATUS];    /* rows that folding gave */
    int64_t open_commands;         /* of them, those that were asked something */
    int64_t deletions;             /* kept, and found to be right */
};

/* The log: every event readable, in its place, linked to the one before, found by its id. */
int bw_verify_log(struct bw_verify *v) BW_MUST_CHECK;
/* The task table: every row, its docs and its columns are what its events give. */
int bw_verify_tasks(struct bw_verify *v) BW_MUST_CHECK;

#endif
