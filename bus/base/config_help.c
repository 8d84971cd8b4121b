/* The table of settings as people read it: --help and the manual page. */
#include "base/config.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 100, INDENT = 30 };

static bool is_setting(const struct bw_setting *s)
{
    return s->type != BW_SETTING_ACTION;
}

/* "default 16M; 64K to 4G" */
static void describe_value(const struct bw_setting *s, char *out, size_t size)
{
    char range[96];
    bw_config_describe_range(s, range, sizeof range);
    snprintf(out, size, "%s%s%s%s", s->by_default ? "default " : "",
             s->by_default ? s->by_default : "", s->by_default && *range ? "; " : "", range);
}

/* Prints words from column `at` on, going to the next line where they would pass the margin. */
static int print_wrapped(FILE *out, const char *text, int at)
{
    while (*text) {
        int word = (int)strcspn(text, " ");
        if (at > INDENT && at + 1 + word > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", word, text);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    return at;
}

static void print_setting(const struct bw_setting *s, FILE *out)
{
    char value[160], in_brackets[168];
    int at = fprintf(out, "  --%s%s%s", s->name, s->value_name ? " " : "",
                     s->value_name ? s->value_name : "");
    if (at >= INDENT) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", INDENT - at, "");
    at = print_wrapped(out, s->help, INDENT);
    describe_value(s, value, sizeof value);
    if (*value && is_setting(s)) {
        snprintf(in_brackets, sizeof in_brackets, "(%s)", value);
        print_wrapped(out, in_brackets, at);
    }
    fputc('\n', out);
}

void bw_config_print_help(const struct bw_program *p, FILE *out)
{
    fprintf(out, "Usage: %s [--NAME VALUE]...\n%s %s.\n", p->name, p->name, p->summary);
    for (size_t i = 0; i < p->n_settings; i++) {
        if (p->settings[i].group)
            fprintf(out, "\n%s:\n", p->settings[i].group);
        print_setting(&p->settings[i], out);
    }
    fprintf(out,
            "\nA setting is also an environment variable (--data is %sDATA) and a line of the\n"
            "file (data = ...). A flag wins over the variable, the variable over the file.\n",
            p->env_prefix);
}

/* mdoc gives a meaning to a backslash anywhere, and to a dot or a quote at the start of a line. */
static void print_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        if (*text == '.' && text[1] == ' ') { /* a sentence begins on a line of its own */
            fputc('\n', out);
            text++;
        }
    }
    fputc('\n', out);
}

static void print_manual_setting(const struct bw_setting *s, FILE *out)
{
    char value[160];
    fprintf(out, ".It Fl Fl %s", s->name);
    if (s->value_name)
        fprintf(out, " Ar %s", s->value_name);
    fputc('\n', out);
    print_roff(out, s->help);
    describe_value(s, value, sizeof value);
    if (*value && is_setting(s)) {
        char sentence[168];
        snprintf(sentence, sizeof sentence, "%c%s.", toupper((unsigned char)*value), value + 1);
        print_roff(out, sentence);
    }
}

static void print_upper(FILE *out, const char *s)
{
    for (; *s; s++)
        fputc(toupper((unsigned char)*s), out);
}

void bw_config_print_manual(const struct bw_program *p, FILE *out)
{
    char today[32] = "";
    time_t now = time(NULL);
    struct tm tm;
    if (localtime_r(&now, &tm))
        strftime(today, sizeof today, "%B %e, %Y", &tm);
    fprintf(out, ".Dd %s\n.Dt ", today);
    print_upper(out, p->name);
    fprintf(out, " %u\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", p->section, p->name, p->summary);
    fprintf(out, ".Sh SYNOPSIS\n.Nm\n.Op Fl Fl Ar NAME VALUE\n.Ar ...\n.Sh DESCRIPTION\n");
    print_roff(out, p->about);
    fputs(".Sh OPTIONS\n", out);
    for (size_t i = 0; i < p->n_settings; i++) {
        if (p->settings[i].group)
            fprintf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", i ? ".El\n" : "", p->settings[i].group);
        print_manual_setting(&p->settings[i], out);
    }
    fputs(".El\n.Sh ENVIRONMENT\nEvery setting is also a variable, in capitals, with an underscore "
          "for each hyphen:\n.Bl -tag -width Ds\n",
          out);
    for (size_t i = 0; i < p->n_settings; i++) {
        if (!is_setting(&p->settings[i]))
            continue;
        fprintf(out, ".It Ev %s", p->env_prefix);
        for (const char *c = p->settings[i].name; *c; c++)
            fputc(*c == '-' ? '_' : toupper((unsigned char)*c), out);
        fprintf(out, "\nas\n.Fl Fl %s\n", p->settings[i].name);
    }
    fputs(
        ".El\n.Sh FILES\nA file of settings has one on a line, as\n.Ql name = value ;\nempty lines "
        "and lines that begin with # are skipped.\nA flag wins over the variable, the variable "
        "over the file, the file over the default.\n.Sh EXIT STATUS\n.Ex -std\n",
        out);
}
