/* Ids as they are kept: UUIDs as 16 bytes, anything else as text. */
#include "journal/ids.h"

#include "journal/db.h"

/* Of a lower-case hexadecimal digit its value + 1; 0 for anything else: an upper-case UUID is
 * another id. */
static const unsigned char digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static bool has_dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static bool parse_uuid(const char *p, unsigned char out[16])
{
    for (int byte = 0; byte < 16; byte++) {
        if (has_dash_before(byte) && *p++ != '-')
            return false;
        unsigned high = digits[(unsigned char)*p++], low = digits[(unsigned char)*p++];
        if (!high || !low)
            return false;
        out[byte] = (unsigned char)((high - 1) << 4 | (low - 1));
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
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (int byte = 0; byte < 16; byte++) {
        unsigned char v = (unsigned char)uuid.ptr[byte];
        if (has_dash_before(byte))
            *p++ = '-';
        *p++ = hex[v >> 4];
        *p++ = hex[v & 15];
    }
    return (struct bw_str){out, BW_UUID_LEN};
}
