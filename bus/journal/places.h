/* The numbers by which rows are found. An event's place is its topic and its seq, so a topic is one
 * range of the table. A lane is what one task says on one topic: its events are linked, each to the
 * one before (events.lane_prev), and every 32nd is marked so that one can step in anywhere. */
#ifndef BW_JOURNAL_PLACES_H
#define BW_JOURNAL_PLACES_H

#include <stdint.h>

#include "wire/task.h"

enum {
    BW_TOPIC_SYSTEM_ID = 1, /* as the schema makes them */
    BW_TOPIC_LOGS_ID = 2,
    BW_TOPIC_CONTROL_ID = 3,
    BW_TOPIC_WORKERS_ID = 4,
    BW_N_LANES = 3, /* topics 1 to 3 have lanes */
    BW_LANE_MARK_EVERY = 32,
    BW_PLACE_SEQ_BITS = 44,
};

static inline int64_t bw_place(int64_t topic, uint64_t seq)
{
    return topic << BW_PLACE_SEQ_BITS | (int64_t)seq;
}

static inline uint64_t bw_place_seq(int64_t place)
{
    return (uint64_t)place & ((UINT64_C(1) << BW_PLACE_SEQ_BITS) - 1);
}

static inline int64_t bw_lane(int64_t task_key, int64_t topic)
{
    return task_key << 2 | topic;
}

/* The last event (seq) of lane ?1, and how many there are. Of topic system the task's row has it,
 * if there is one that was written since the schema says so. */
#define BW_LANE_END_SQL                                                                            \
    "SELECT seq, count FROM lanes WHERE lane = ?1 UNION ALL"                                       \
    " SELECT lane_seq, lane_count FROM task_rows"                                                  \
    " WHERE (?1 & 3) = 1 AND key = ?1 >> 2 AND lane_seq IS NOT NULL"

static inline int64_t bw_doc_place(int64_t task_key, int doc)
{
    return task_key << 2 | doc;
}

#endif
