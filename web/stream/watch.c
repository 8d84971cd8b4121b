/* Watches: memory. */
#include "web/stream/watch.h"

#include <stdlib.h>

void bw_watch_free(struct bw_watch **watch)
{
    struct bw_watch *mine = *watch;
    *watch = NULL;
    if (!mine)
        return;
    bw_feed_unref(&mine->feed);
    bw_filter_unref(&mine->filter);
    bw_buf_free(&mine->headers);
    free(mine);
}
