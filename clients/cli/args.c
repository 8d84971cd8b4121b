/* Parsing by option tables, in the manner of getopt_long: --name VALUE, --name=VALUE, -n VALUE,
 * -nVALUE, flags in one word (-ab). */
#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/values.h"

struct parser {
    const struct bw_opt_table *tables;
    size_t n_tables;
    char **argv;
    int argc, at; /* argv[at] is the word after the one being read */
    struct bw_fault *fault;
};

/* An option and the struct its value goes to. */
struct match {
    const struct bw_opt *opt;
    void *values;
};

static struct match find(const struct parser *p, const char *name, size_t len, char letter)
{
    for (size_t i = 0; i < p->n_tables; i++)
        for (const struct bw_opt *o = p->tables[i].opts; o->name; o++)
            if (name ? strncmp(o->name, name, len) == 0 && o->name[len] == 0 : o->letter == letter)
                return (struct match){o, p->tables[i].values};
    return (struct match){0};
}

bool bw_args_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && v <= UINT32_MAX; c++)
        v = v * 10 + (uint64_t)(*c - '0');
    if (c == text || *c || v < min || v > max)
        return false;
    *out = (uint32_t)v;
    return true;
}

static int list_add(struct bw_opt_list *list, const char *value)
{
    size_t size = strlen(value) + 1;
    char *out = list->n_text < BW_OPT_LIST_MAX ? malloc(size) : NULL;
    struct bw_str rest = bw_str(value), v;
    if (!out)
        return BW_ETOOBIG;
    list->text[list->n_text++] = out;
    while (bw_values_take(&rest, out, &v)) {
        if (list->n == BW_OPT_LIST_MAX)
            return BW_ETOOBIG;
        list->v[list->n++] = out;
        list->v[list->n] = NULL;
        out[v.len] = 0; /* there is room: a comma stood behind it, or the end */
        out += v.len + 1;
    }
    return 0;
}

static int set(const struct parser *p, struct match m, const char *value)
{
    const struct bw_opt *o = m.opt;
    void *member = (char *)m.values + o->offset;
    switch (o->kind) {
    case BW_OPT_FLAG:
        *(bool *)member = true;
        return 0;
    case BW_OPT_TEXT:
        *(const char **)member = value;
        return 0;
    case BW_OPT_COUNT:
        if (bw_args_number(value, o->min, o->max, member))
            return 0;
        return bw_fault(p->fault, BW_EINVAL, o->name,
                        "--%s takes a whole number from %u to %u, not \"%.40s\"", o->name, o->min,
                        o->max, value);
    default:
        if (list_add(member, value) == 0)
            return 0;
        return bw_fault(p->fault, BW_ETOOBIG, o->name, "--%s was given more than %d values",
                        o->name, BW_OPT_LIST_MAX);
    }
}

/* The value is `attached`, or else the next word. */
static int set_with_value(struct parser *p, struct match m, const char *attached)
{
    if (attached)
        return set(p, m, attached);
    if (p->at == p->argc)
        return bw_fault(p->fault, BW_EINVAL, m.opt->name, "--%s needs a value: --%s %s",
                        m.opt->name, m.opt->name, m.opt->value);
    return set(p, m, p->argv[p->at++]);
}

static int read_long(struct parser *p, const char *word)
{
    size_t len = strcspn(word, "=");
    const char *attached = word[len] ? word + len + 1 : NULL;
    struct match m = find(p, word, len, 0);
    if (!m.opt)
        return bw_fault(p->fault, BW_EINVAL, "", "there is no option --%.*s", (int)len, word);
    if (m.opt->kind != BW_OPT_FLAG)
        return set_with_value(p, m, attached);
    if (attached)
        return bw_fault(p->fault, BW_EINVAL, m.opt->name, "--%s takes no value", m.opt->name);
    return set(p, m, NULL);
}

static int read_letters(struct parser *p, const char *letters)
{
    for (; *letters; letters++) {
        struct match m = find(p, NULL, 0, *letters);
        if (!m.opt)
            return bw_fault(p->fault, BW_EINVAL, "", "there is no option -%c", *letters);
        if (m.opt->kind != BW_OPT_FLAG)
            return set_with_value(p, m, letters[1] ? letters + 1 : NULL);
        int err = set(p, m, NULL);
        if (err)
            return err;
    }
    return 0;
}

int bw_args_parse(const struct bw_opt_table *tables, size_t n, bool stop_at_operand, int argc,
                  char **argv, int *n_operands, struct bw_fault *fault)
{
    struct parser p = {tables, n, argv, argc, 1, fault};
    int operands = 0, err = 0;
    while (p.at < argc && !err) {
        char *word = argv[p.at];
        bool operand = word[0] != '-' || word[1] == 0;
        if (operand && stop_at_operand)
            break;
        p.at++;
        if (operand)
            argv[operands++] = word;
        else if (strcmp(word, "--") == 0)
            break;
        else
            err = word[1] == '-' ? read_long(&p, word + 2) : read_letters(&p, word + 1);
    }
    while (p.at < argc && !err)
        argv[operands++] = argv[p.at++];
    *n_operands = operands;
    return err;
}

void bw_args_free(const struct bw_opt_table *table)
{
    for (const struct bw_opt *o = table->opts; o->name; o++) {
        if (o->kind != BW_OPT_LIST)
            continue;
        struct bw_opt_list *list = (void *)((char *)table->values + o->offset);
        for (size_t i = 0; i < list->n_text; i++)
            free(list->text[i]);
        *list = (struct bw_opt_list){0};
    }
}
