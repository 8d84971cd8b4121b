/* Ids as they are kept: a canonical lower-case UUID as its 16 bytes, anything else as text. That
 * makes the index of ids half as large, and a column of UUIDv7 grows at its end. */
#ifndef BW_JOURNAL_IDS_H
#define BW_JOURNAL_IDS_H

#include <stdbool.h>
#include <sqlite3.h>

#include "base/str.h"
#include "base/uuid.h"

struct bw_id {
    struct bw_str text;     /* borrowed: the id as it was given */
    unsigned char uuid[16]; /* if is_uuid */
    bool is_uuid;
};

void bw_id_set(struct bw_id *id, struct bw_str text);

/* What is stored; borrows from *id. A blob if is_uuid, else text. */
static inline struct bw_str bw_id_stored(const struct bw_id *id)
{
    return id->is_uuid ? (struct bw_str){(const char *)id->uuid, sizeof id->uuid} : id->text;
}

/* *id must live until the statement is reset. */
void bw_id_bind(const struct bw_id *id, sqlite3_stmt *st, int at);

/* The text of a UUID's 16 bytes, written to `out`. */
struct bw_str bw_id_text(struct bw_str uuid, char out[BW_UUID_LEN]);

#endif
