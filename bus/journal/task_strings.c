/* The strings of a task row, moved out of what they were borrowed from. */
#include "journal/task_strings.h"

#include <stddef.h>
#include <stdlib.h>

static const size_t offsets[] = {
    offsetof(struct bw_task, id),         offsetof(struct bw_task, type),
    offsetof(struct bw_task, title),      offsetof(struct bw_task, message),
    offsetof(struct bw_task, step),       offsetof(struct bw_task, current),
    offsetof(struct bw_task, owner),      offsetof(struct bw_task, resource),
    offsetof(struct bw_task, queue),      offsetof(struct bw_task, worker),
    offsetof(struct bw_task, error_type), offsetof(struct bw_task, error_message),
    offsetof(struct bw_task, command_id),
};

enum { N_STRINGS = sizeof offsets / sizeof offsets[0] };

static struct bw_str *string_of(struct bw_task *row, int i)
{
    return (struct bw_str *)((char *)row + offsets[i]);
}

int bw_task_strings_own(struct bw_task *row, char **memory)
{
    size_t size = 0;
    for (int i = 0; i < N_STRINGS; i++)
        size += string_of(row, i)->len;
    char *p = malloc(size + 1), *strings = p;
    if (!strings)
        return BW_ENOMEM;
    for (int i = 0; i < N_STRINGS; i++) {
        struct bw_str *s = string_of(row, i);
        if (s->len > 0)
            memcpy(p, s->ptr, s->len);
        s->ptr = p;
        p += s->len;
    }
    free(*memory);
    *memory = strings;
    return 0;
}
