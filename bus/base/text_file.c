/* Reading a small text file whole. */
#include "base/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 20 };

static int read_all(FILE *f, const char *path, const char *field, char *text,
                    struct bw_fault *fault)
{
    errno = 0;
    size_t n = fread(text, 1, BYTES_MAX + 1, f);
    if (ferror(f))
        return bw_fault(fault, BW_EIO, field, "cannot read %.120s: %s", path, strerror(errno));
    if (n > BYTES_MAX)
        return bw_fault(fault, BW_ETOOBIG, field, "%.120s is larger than 1M", path);
    text[n] = 0;
    if (strlen(text) != n)
        return bw_fault(fault, BW_EINVAL, field, "%.120s is not a text file", path);
    return 0;
}

int bw_text_file_read(const char *path, const char *field, char **out, struct bw_fault *fault)
{
    FILE *f = fopen(path, "re");
    *out = NULL;
    if (!f)
        return bw_fault(fault, BW_EIO, field, "cannot read %.120s: %s", path, strerror(errno));
    char *text = malloc(BYTES_MAX + 2);
    int err = text ? read_all(f, path, field, text, fault)
                   : bw_fault(fault, BW_ENOMEM, field, "out of memory");
    fclose(f);
    if (err)
        free(text);
    else
        *out = text;
    return err;
}
