/* How every command connects, and how it says that something went wrong. */
#include "cli.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tls/tls.h"
#include "wire/url.h"

static void say(const struct bw_cli *cli, const char *fmt, va_list ap)
{
    fprintf(stderr, "bellwire%s%s: ", cli->command ? " " : "",
            cli->command ? cli->command->name : "");
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

int bw_cli_error(const struct bw_cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(cli, fmt, ap);
    va_end(ap);
    return BW_EXIT_FAILED;
}

int bw_cli_usage(const struct bw_cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(cli, fmt, ap);
    va_end(ap);
    fprintf(stderr, "  See: bellwire%s%s --help\n", cli->command ? " " : "",
            cli->command ? cli->command->name : "");
    return cli->command ? cli->command->usage_exit : BW_EXIT_USAGE;
}

int bw_cli_no_bus(const struct bw_cli *cli)
{
    bw_cli_error(cli, "no bus answers at %s (waited %u s)", cli->bus, cli->timeout_s);
    fprintf(stderr,
            "  Start one there:         bellwired --bus %s\n"
            "  If it runs elsewhere:    bellwire --bus URL %s …, or set BELLWIRE_BUS\n",
            cli->bus, cli->command->name);
    return BW_EXIT_FAILED;
}

int bw_cli_request_failed(const struct bw_cli *cli, int err, const struct bellwire_reply *reply)
{
    const char *told = reply ? bellwire_reply_message(reply) : "";
    if (err == BELLWIRE_EUNAVAILABLE)
        return bw_cli_no_bus(cli);
    if (err == BELLWIRE_ETIMEDOUT)
        return bw_cli_error(cli,
                            "the bus at %s did not answer within %u s; --timeout-s waits longer",
                            cli->bus, cli->timeout_s);
    return bw_cli_error(cli, "the bus at %s answers: %s", cli->bus,
                        *told ? told : bellwire_strerror(err));
}

int bw_cli_connect(const struct bw_cli *cli, const struct bellwire_options *options,
                   struct bellwire **out)
{
    struct bellwire_options o = options ? *options : (struct bellwire_options){0};
    char endpoint[BW_URL_MAX];
    *out = NULL;
    if (bw_bus_url(cli->bus, BW_ENDPOINT_REQ, endpoint, sizeof endpoint) != 0)
        return bw_cli_usage(cli, "\"%s\" is not the URL of a bus: it has to be one of %s", cli->bus,
                            BW_URL_FORMS);
    o.timeout_ms = cli->timeout_s * 1000;
    int err = bellwire_connect(cli->bus, &o, out);
    if (err)
        return bw_cli_error(cli, "cannot make a connection to %s: %s%s", cli->bus,
                            bellwire_strerror(err),
                            bw_tls_wanted(cli->bus) ? "; BELLWIRE_BUS_CERT, BELLWIRE_BUS_KEY and"
                                                      " BELLWIRE_BUS_CA must name PEM files"
                                                    : "");
    return 0;
}

const char *bw_cli_login_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user ? user->pw_name : NULL;
}
