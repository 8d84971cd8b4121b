/* Error numbers and their words. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int err;
    const char *code, *text;
} errors[] = {
#define X(name, value, code, text) {name, code, text},
    BW_ERRORS(X)
#undef X
};

enum { N_ERRORS = sizeof errors / sizeof errors[0] };

const char *bw_err_code(int err)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (errors[i].err == err)
            return errors[i].code;
    return "internal";
}

const char *bw_err_text(int err)
{
    if (err == 0)
        return "no error";
    for (size_t i = 0; i < N_ERRORS; i++)
        if (errors[i].err == err)
            return errors[i].text;
    return "unknown error";
}

int bw_err_from_code(const char *code)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (strcmp(errors[i].code, code) == 0)
            return errors[i].err;
    return BW_EINTERNAL;
}

void bw_fault_fill(struct bw_fault *fault, int err, const char *field, const char *fmt, ...)
{
    if (fault) {
        va_list ap;
        fault->err = err;
        snprintf(fault->field, sizeof fault->field, "%s", field ? field : "");
        va_start(ap, fmt);
        vsnprintf(fault->message, sizeof fault->message, fmt, ap);
        va_end(ap);
    }
}
