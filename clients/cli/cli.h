/* What the commands of `bellwire` share: their table entry, the global options, how they fail. */
#ifndef BW_CLI_CLI_H
#define BW_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "bellwire.h"

enum bw_exit {
    BW_EXIT_OK = 0,
    BW_EXIT_FAILED = 1,
    BW_EXIT_USAGE = 2,
    /* Of `run` only, as env and sh have them; everything else is the command's own status. */
    BW_EXIT_NOT_STARTED = 125,
    BW_EXIT_NOT_EXECUTABLE = 126,
    BW_EXIT_NOT_FOUND = 127,
};

struct bw_command;

/* The global options, and the command they were given for. */
struct bw_cli {
    const struct bw_command *command;
    const char *bus; /* never NULL once the command runs */
    uint32_t timeout_s;
    bool help, version, manual;
};

struct bw_command {
    const char *name;
    const char *operands; /* as in the usage line; "" for none */
    const char *summary;  /* half a sentence */
    const char *about;    /* paragraphs, separated by empty lines */
    const char *examples; /* lines of shell */
    const struct bw_opt *opts;
    void *values;         /* of the options, holding their defaults */
    bool stop_at_operand; /* what follows the first operand belongs to it */
    int usage_exit;       /* status for wrong usage */
    int (*run)(const struct bw_cli *cli, int argc, char **argv); /* operands only */
};

extern const struct bw_command bw_emit_command, bw_run_command, bw_tail_command, bw_ls_command,
    bw_show_command, bw_cancel_command, bw_pause_command, bw_resume_command, bw_retry_command,
    bw_start_command, bw_stop_command;

/* One line on stderr, "bellwire ls: …"; returns BW_EXIT_FAILED. */
int bw_cli_error(const struct bw_cli *cli, const char *fmt, ...) BW_PRINTF(2, 3);
/* The same with a hint at --help; returns the status for wrong usage. */
int bw_cli_usage(const struct bw_cli *cli, const char *fmt, ...) BW_PRINTF(2, 3);
/* Says that no bus answers at the URL, and what to do about it; returns BW_EXIT_FAILED. */
int bw_cli_no_bus(const struct bw_cli *cli);
/* Says what a failed request means. reply may be NULL. Returns BW_EXIT_FAILED. */
int bw_cli_request_failed(const struct bw_cli *cli, int err, const struct bellwire_reply *reply);

/* bellwire_connect() with the URL and the timeout; has said what is wrong if it returns non-zero,
 * which is then the exit status. options may be NULL. */
int bw_cli_connect(const struct bw_cli *cli, const struct bellwire_options *options,
                   struct bellwire **out) BW_MUST_CHECK;

/* Of whoever runs this; NULL if they have no name here. Borrowed until the next call. */
const char *bw_cli_login_name(void);

#endif
