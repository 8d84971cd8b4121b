/* The manual page in mdoc: `bellwire --manual | man -l -`, and what `make install` installs. */
#include "help.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* mdoc gives a meaning to a backslash anywhere, to a dot or a quote at the start of a line. A
 * sentence begins on a line of its own; an empty line becomes a paragraph. */
static void print_text(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        line_start = false;
        if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\n') {
            fputs(text[1] == '\n' ? "\n.Pp\n" : "\n", out);
            text += strspn(text, "\n") - 1;
            line_start = true;
        } else {
            fputc(*text, out);
        }
        if (*text == '.' && text[1] == ' ') {
            fputc('\n', out);
            text++;
            line_start = true;
        }
    }
    fputc('\n', out);
}

static void print_options(FILE *out, const struct bw_opt_table *table)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct bw_opt *o = table->opts; o->name; o++) {
        char by_default[96], text[512];
        fputs(".It ", out);
        if (o->letter)
            fprintf(out, "Fl %c , ", o->letter);
        fprintf(out, "Fl Fl %s", o->name);
        if (o->value)
            fprintf(out, " Ar %s", o->value);
        bw_help_default(o, table->values, by_default, sizeof by_default);
        snprintf(text, sizeof text, "\n%s%s", o->help, by_default);
        print_text(out, text);
    }
    fputs(".El\n", out);
}

static void print_examples(FILE *out, const char *examples)
{
    fputs(".Pp\nFor example:\n.Bd -literal -offset indent\n", out);
    print_text(out, examples);
    fputs(".Ed\n", out);
}

static void print_command(FILE *out, const struct bw_command *c)
{
    fprintf(out, ".Ss bellwire %s Oo Ar OPTION ... Oc Ar %s\n", c->name, c->operands);
    print_text(out, c->about);
    print_options(out, &(struct bw_opt_table){c->opts, c->values});
    print_examples(out, c->examples);
}

static void print_date(FILE *out)
{
    char today[32] = "";
    time_t now = time(NULL);
    struct tm tm;
    if (localtime_r(&now, &tm))
        strftime(today, sizeof today, "%B %e, %Y", &tm);
    fprintf(out, ".Dd %s\n", today);
}

void bw_help_manual(FILE *out, const struct bw_command *const *commands,
                    const struct bw_opt_table *global)
{
    print_date(out);
    fputs(".Dt BELLWIRE 1\n.Os\n.Sh NAME\n.Nm bellwire\n"
          ".Nd say what long-running tasks do, and see what they say\n.Sh SYNOPSIS\n",
          out);
    for (const struct bw_command *const *c = commands; *c; c++)
        fprintf(out, ".Nm\n.Cm %s\n.Op Ar OPTION ...\n.Ar %s\n", (*c)->name,
                *(*c)->operands ? (*c)->operands : "\\&");
    fputs(".Sh DESCRIPTION\n", out);
    print_text(out, "The command line of Bellwire, which carries what tasks say to the pages where "
                    "people watch them. It talks to the bus that bellwired(1) runs.");
    fputs(".Sh COMMANDS\n", out);
    for (; *commands; commands++)
        print_command(out, *commands);
    fputs(".Sh OPTIONS OF EVERY COMMAND\n", out);
    print_options(out, global);
    fputs(
        ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
        ".It Ev BELLWIRE_BUS\nThe bus's URL, where\n.Fl Fl bus\nis not given.\n"
        ".It Ev BELLWIRE_BUS_CERT , BELLWIRE_BUS_KEY , BELLWIRE_BUS_CA\nFor a URL of tls+tcp://: "
        "PEM files of the certificate to show, of its key, and of the authority that the bus's "
        "certificate needs.\n"
        ".It Ev BELLWIRE_TASK_ID\nSet by\n.Cm run\nfor its command, and read by\n.Cm emit\n"
        "where no task is named.\n"
        ".It Ev NO_COLOR\nIf it is set and not empty, nothing is coloured.\n.El\n"
        ".Sh FILES\n.Bl -tag -width Ds\n"
        ".It Pa $XDG_STATE_HOME/bellwire/spool\nWhat\n.Cm run\ncould not deliver; under\n"
        ".Pa ~/.local/state\nif the variable is not set.\n.El\n"
        ".Sh EXIT STATUS\n0: it worked.\n1: it did not, and stderr says why.\n2: wrong usage.\n"
        ".Cm run\nends as its command does: with its status, or with 128 and the signal's number;\n"
        "125: it could not be begun; 126: it is not executable; 127: it was not found.\n"
        ".Sh SEE ALSO\n.Xr bellwired 1\n",
        out);
}
