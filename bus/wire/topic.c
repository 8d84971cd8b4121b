/* Topic names. */
#include "wire/topic.h"

static bool is_topic_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool bw_topic_valid(struct bw_str name)
{
    if (name.len == 0 || name.len > BW_TOPIC_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_topic_char(name.ptr[i]))
            return false;
    return true;
}
