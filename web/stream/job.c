/* Jobs: memory. */
#include "web/stream/job.h"

#include <stdlib.h>

struct bw_job *bw_job_create(struct bw_mailbox *home, struct bw_feed *feed)
{
    struct bw_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->letter.mail.weight = 1;
    job->letter.kind = BW_LETTER_JOB;
    job->home = home;
    job->feed = bw_feed_ref(feed);
    return job;
}

void bw_job_destroy(struct bw_job **job)
{
    struct bw_job *mine = *job;
    *job = NULL;
    if (!mine)
        return;
    bw_feed_unref(&mine->feed);
    bw_filter_unref(&mine->filter);
    bw_page_unref(&mine->page);
    free(mine->token);
    free(mine);
}
