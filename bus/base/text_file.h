/* Reading a small text file whole: settings, certificates. */
#ifndef BW_BASE_TEXT_FILE_H
#define BW_BASE_TEXT_FILE_H

#include "base/err.h"

/* *out: its text and a NUL, for free(). BW_EIO: it cannot be read; BW_ETOOBIG: more than 1 MiB;
 * BW_EINVAL: it holds a NUL. *fault, on `field`, says so; *out is NULL then. */
int bw_text_file_read(const char *path, const char *field, char **out,
                      struct bw_fault *fault) BW_MUST_CHECK;

#endif
