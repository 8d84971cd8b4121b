/* `bellwire`: finds the command, reads its options, runs it. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "help.h"

static const struct bw_command *const commands[] = {
    &bw_emit_command,   &bw_run_command,    &bw_tail_command,  &bw_ls_command,
    &bw_show_command,   &bw_cancel_command, &bw_stop_command,  &bw_pause_command,
    &bw_resume_command, &bw_retry_command,  &bw_start_command, NULL,
};

static const struct bw_opt global_opts[] = {
    {0, "bus", BW_OPT_TEXT, offsetof(struct bw_cli, bus), "URL", "where the bus is", 0, 0},
    {0, "timeout-s", BW_OPT_COUNT, offsetof(struct bw_cli, timeout_s), "N",
     "how long to wait for the bus, in seconds", 1, 86400},
    {'h', "help", BW_OPT_FLAG, offsetof(struct bw_cli, help), NULL, "show this", 0, 0},
    {0, "version", BW_OPT_FLAG, offsetof(struct bw_cli, version), NULL, "show the version", 0, 0},
    {0, "manual", BW_OPT_FLAG, offsetof(struct bw_cli, manual), NULL,
     "print the manual page: bellwire --manual | man -l -", 0, 0},
    {0},
};

static const struct bw_command *find(const char *name)
{
    for (const struct bw_command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

/* --help, --version and --manual. */
static bool tell(const struct bw_cli *cli, const struct bw_opt_table *global)
{
    if (cli->version)
        printf("bellwire %s\n", BW_VERSION);
    else if (cli->manual)
        bw_help_manual(stdout, commands, global);
    else if (cli->help && cli->command)
        bw_help_command(stdout, cli->command, global);
    else if (cli->help)
        bw_help_program(stdout, commands, global);
    else
        return false;
    return true;
}

/* argv[0] is the command's name. */
static int run(struct bw_cli *cli, const struct bw_opt_table *global, int argc, char **argv)
{
    const struct bw_command *c = cli->command;
    const struct bw_opt_table tables[] = {{c->opts, c->values}, *global};
    struct bw_fault fault = {0};
    int n_operands;
    if (bw_args_parse(tables, 2, c->stop_at_operand, argc, argv, &n_operands, &fault) != 0)
        return bw_cli_usage(cli, "%s", fault.message);
    if (tell(cli, global))
        return BW_EXIT_OK;
    argv[n_operands] = NULL;
    int status = c->run(cli, n_operands, argv);
    bw_args_free(&tables[0]);
    return status;
}

int main(int argc, char **argv)
{
    const char *bus = getenv("BELLWIRE_BUS");
    struct bw_cli cli = {.bus = bus && *bus ? bus : "ipc://./var/bus", .timeout_s = 5};
    const struct bw_opt_table global = {global_opts, &cli};
    struct bw_fault fault = {0};
    int n_operands;

    /* Widths of characters are asked of the locale; where it is none of UTF-8, of this one. */
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (bw_args_parse(&global, 1, true, argc, argv, &n_operands, &fault) != 0)
        return bw_cli_usage(&cli, "%s", fault.message);
    if (n_operands == 0) {
        if (tell(&cli, &global))
            return BW_EXIT_OK;
        bw_help_program(stderr, commands, &global);
        return BW_EXIT_USAGE;
    }
    cli.command = find(argv[0]);
    if (!cli.command)
        return bw_cli_usage(&cli, "there is no command \"%s\"", argv[0]);
    return run(&cli, &global, n_operands, argv);
}
