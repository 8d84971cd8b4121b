/* Ids as they are kept: UUIDs as 16 bytes, anything else as text. */
#include "journal/ids.h"

#include "base/uuid.h"
#include "journal/db.h"

/* -1 for anything but a lower-case hexadecimal digit: an upper-case UUID is another id. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_uuid(const char *p, unsigned char out[16])
{
    for (int byte = 0; byte < 16; byte++) {
        bool dash = byte == 4 || byte == 6 || byte == 8 || byte == 10;
        if (dash && *p++ != '-')
            return false;
        int high = digit(*p++), low = digit(*p++);
        if ((high | low) < 0)
            return false;
        out[byte] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void bw_id_set(struct bw_id *id, struct bw_str text)
{
    id->text = text;
    id->is_uuid = text.len == BW_UUID_LEN && parse_uuid(text.ptr, id->uuid);
}

void bw_id_bind(const struct bw_id *id, sqlite3_stmt *st, int at)
{
    struct bw_str stored = bw_id_stored(id);
    if (id->is_uuid)
        bw_db_bind_blob(st, at, stored);
    else
        bw_db_bind_text(st, at, stored);
}
