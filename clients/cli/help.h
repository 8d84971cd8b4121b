/* The command line as people read it: --help and the manual page, both from the tables. */
#ifndef BW_CLI_HELP_H
#define BW_CLI_HELP_H

#include <stdio.h>

#include "cli.h"

/* " (default 50)", or nothing. */
void bw_help_default(const struct bw_opt *opt, const void *values, char *out, size_t size);

/* commands: NULL-terminated. */
void bw_help_program(FILE *out, const struct bw_command *const *commands,
                     const struct bw_opt_table *global);
void bw_help_command(FILE *out, const struct bw_command *command,
                     const struct bw_opt_table *global);
/* bellwire(1), in mdoc. */
void bw_help_manual(FILE *out, const struct bw_command *const *commands,
                    const struct bw_opt_table *global);

#endif
