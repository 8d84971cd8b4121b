/* Starting the streams on something else than libbellwire: what tests and the real start share. */
#ifndef BW_STREAM_STREAM_INTERNAL_H
#define BW_STREAM_STREAM_INTERNAL_H

#include "web/stream/stream.h"
#include "web/stream/upstream.h"

/* As bw_stream_start(). Takes the upstream, also when it fails. */
int bw_stream_start_on(const struct bw_stream_options *options, const struct bw_upstream *upstream,
                       struct bw_stream **out) BW_MUST_CHECK;

#endif
