/* What `emit` is given, as events: key=value words, and lines of JSON. Pure. */
#ifndef BW_CLI_EMIT_DATA_H
#define BW_CLI_EMIT_DATA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bellwire.h"

/* Appends a msgpack map of the words. key=value: value is JSON where it reads as such (numbers,
 * true, null, [..], {..}, "..."), else a string; in the fields of a task that are names or texts it
 * is always a string. key:=value: JSON, or an error. default_id: data.id where no word gives one;
 * may be NULL. */
int bw_emit_pairs(char *const *words, int n, const char *default_id, struct bw_buf *out,
                  struct bw_fault *fault) BW_MUST_CHECK;

/* Where the strings of an event read from JSON live. Zero-initialised is ready; may be used for one
 * event after the other. */
struct bw_emit_scratch {
    struct bw_buf msgpack, strings;
};
void bw_emit_scratch_free(struct bw_emit_scratch *scratch);

/* One event object, as it looks everywhere in JSON; members that an event does not have are
 * skipped. *out borrows from *scratch. */
int bw_emit_line(struct bw_str json, struct bw_emit_scratch *scratch, struct bellwire_event *out,
                 struct bw_fault *fault) BW_MUST_CHECK;

#endif
