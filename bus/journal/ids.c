/* Ids as they are kept: UUIDs as 16 bytes, anything else as text. */
#include "journal/ids.h"

#include "journal/db.h"

/* -1 for anything but a lower-case hexadecimal digit: an upper-case UUID is another id. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool has_dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static bool parse_uuid(const char *p, unsigned char out[16])
{
    for (int byte = 0; byte < 16; byte++) {
        if (has_dash_before(byte) && *p++ != '-')
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

struct bw_str bw_id_text(struct bw_str uuid, char out[BW_UUID_LEN])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (int byte = 0; byte < 16; byte++) {
        unsigned char v = (unsigned char)uuid.ptr[byte];
        if (has_dash_before(byte))
            *p++ = '-';
        *p++ = digits[v >> 4];
        *p++ = digits[v & 15];
    }
    return (struct bw_str){out, BW_UUID_LEN};
}
