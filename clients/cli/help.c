/* --help: what a command is for, its options with their defaults, examples. */
#include "help.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 90, INDENT = 26 };

/* Words of one paragraph, wrapped, from column `at` on, every further line indented. */
static const char *print_paragraph(FILE *out, const char *text, int at, int indent)
{
    bool first = true;
    while (*text && *text != '\n') {
        int word = (int)strcspn(text, " \n");
        if (!first && at + 1 + word > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", word, text);
        at += word;
        text += word;
        text += strspn(text, " ");
        first = false;
    }
    fputc('\n', out);
    return text;
}

static void print_paragraphs(FILE *out, const char *text)
{
    while (*text) {
        fputc('\n', out);
        text = print_paragraph(out, text, 0, 0);
        text += strspn(text, "\n");
    }
}

void bw_help_default(const struct bw_opt *o, const void *values, char *out, size_t size)
{
    const char *member = (const char *)values + o->offset;
    *out = 0;
    if (o->kind == BW_OPT_COUNT)
        snprintf(out, size, " (default %u)", *(const uint32_t *)(const void *)member);
    else if (o->kind == BW_OPT_TEXT && *(const char *const *)(const void *)member)
        snprintf(out, size, " (default %s)", *(const char *const *)(const void *)member);
}

static void print_options(FILE *out, const struct bw_opt_table *table)
{
    for (const struct bw_opt *o = table->opts; o->name; o++) {
        char by_default[96], text[512];
        int at = o->letter ? fprintf(out, "  -%c, --%s", o->letter, o->name)
                           : fprintf(out, "      --%s", o->name);
        if (o->value)
            at += fprintf(out, " %s", o->value);
        bw_help_default(o, table->values, by_default, sizeof by_default);
        snprintf(text, sizeof text, "%s%s", o->help, by_default);
        if (at + 2 > INDENT) {
            fputc('\n', out);
            at = 0;
        }
        fprintf(out, "%*s", INDENT - at, "");
        print_paragraph(out, text, INDENT, INDENT);
    }
}

void bw_help_program(FILE *out, const struct bw_command *const *commands,
                     const struct bw_opt_table *global)
{
    fputs("Usage: bellwire [OPTION...] COMMAND ...\n"
          "Say what long-running tasks do, and see what they say.\n\nCommands:\n",
          out);
    for (; *commands; commands++)
        fprintf(out, "  %-6s %s\n", (*commands)->name, (*commands)->summary);
    fputs("\nOptions, before or after the command:\n", out);
    print_options(out, global);
    fputs("\n`bellwire COMMAND --help` tells more of a command.\n", out);
}

void bw_help_command(FILE *out, const struct bw_command *c, const struct bw_opt_table *global)
{
    fprintf(out, "Usage: bellwire %s [OPTION...]%s%s\n", c->name, *c->operands ? " " : "",
            c->operands);
    print_paragraphs(out, c->about);
    fputs("\nOptions:\n", out);
    print_options(out, &(struct bw_opt_table){c->opts, c->values});
    fputs("\nOptions of every command:\n", out);
    print_options(out, global);
    fputs("\nExamples:\n", out);
    for (const char *line = c->examples; *line;) {
        int len = (int)strcspn(line, "\n");
        fprintf(out, "  %.*s\n", len, line);
        line += len + (line[len] == '\n');
    }
}
