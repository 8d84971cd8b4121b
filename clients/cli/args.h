/* Command-line options from tables: parsing here, --help and the manual page in help.c. */
#ifndef BW_CLI_ARGS_H
#define BW_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bw_opt_kind {
    BW_OPT_FLAG,  /* bool */
    BW_OPT_TEXT,  /* const char *, borrowed from argv */
    BW_OPT_COUNT, /* uint32_t, min to max */
    BW_OPT_LIST,  /* struct bw_opt_list: may be given again, or as a,b,c (base/values.h) */
};

enum { BW_OPT_LIST_MAX = 64 };

struct bw_opt_list {
    const char *v[BW_OPT_LIST_MAX + 1]; /* NULL-terminated; they point into `text` */
    char *text[BW_OPT_LIST_MAX];
    size_t n, n_text;
};

/* What the struct of values holds before parsing is the default, and help says so. */
struct bw_opt {
    char letter;      /* 0: none */
    const char *name; /* without dashes; NULL ends a table */
    enum bw_opt_kind kind;
    size_t offset;     /* of the member in the struct of values */
    const char *value; /* what the help calls the value; NULL for a flag */
    const char *help;
    uint32_t min, max;
};

struct bw_opt_table {
    const struct bw_opt *opts;
    void *values;
};

/* Reads argv[1…] by the n tables, the first that knows a name winning. Operands are moved to the
 * front of argv, and their number to *n_operands. "--" ends the options; so does the first operand
 * if stop_at_operand. The fault's message is for people. */
int bw_args_parse(const struct bw_opt_table *tables, size_t n, bool stop_at_operand, int argc,
                  char **argv, int *n_operands, struct bw_fault *fault) BW_MUST_CHECK;
/* Frees what the lists of a table hold. */
void bw_args_free(const struct bw_opt_table *table);

/* A decimal number from min to max, and nothing else. */
bool bw_args_number(const char *text, uint32_t min, uint32_t max, uint32_t *out);

#endif
