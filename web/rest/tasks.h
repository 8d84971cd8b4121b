/* What writing a task shares with reading one. */
#ifndef BW_REST_TASKS_H
#define BW_REST_TASKS_H

#include "web/rest/rest.h"

/* Answers with the task as it is now, with everything known of it, or with why not. */
void bw_rest_answer_task(const struct bw_rest *rest, struct bw_str id, int status,
                         struct bw_http_answer *answer);
/* 0: there is such a task. BW_ENOTFOUND, or why it cannot be told. */
int bw_rest_find_task(const struct bw_rest *rest, struct bw_str id,
                      struct bw_fault *fault) BW_MUST_CHECK;

#endif
