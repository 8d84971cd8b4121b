/* Reading settings: defaults, then the file, the environment and the command line over them. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text_file.h"

enum { ENV_NAME_MAX = 128 };

/* Where a value comes from, for the message about a bad one. */
struct origin {
    const char *name; /* "command line", or the file's path */
    int line;         /* 0: there are no lines */
};

struct loading {
    const struct bw_program *program;
    void *values;
    struct bw_fault *fault;
};

static int complain(const struct loading *l, struct origin from, const char *setting,
                    const char *what)
{
    char line[16] = "";
    if (from.line)
        snprintf(line, sizeof line, ":%d", from.line);
    return bw_fault(l->fault, BW_EINVAL, setting, "%s%s: %s", from.name, line, what);
}

static void format_amount(const struct bw_setting *s, uint64_t v, char out[32])
{
    static const char unit[] = {0, 'K', 'M', 'G'};
    size_t u = 0;
    while (s->type == BW_SETTING_BYTES && v && v % 1024 == 0 && u + 1 < sizeof unit) {
        v /= 1024;
        u++;
    }
    snprintf(out, 32, "%llu%.1s", (unsigned long long)v, u ? &unit[u] : "");
}

void bw_config_describe_range(const struct bw_setting *s, char *out, size_t size)
{
    char min[32], max[32];
    size_t len = 0;
    out[0] = 0;
    if (s->type == BW_SETTING_COUNT || s->type == BW_SETTING_BYTES) {
        format_amount(s, s->min, min);
        format_amount(s, s->max, max);
        snprintf(out, size, "%s to %s", min, max);
    } else if (s->type == BW_SETTING_CHOICE) {
        for (size_t i = 0; s->choices[i] && len < size; i++)
            len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "one of ",
                                    s->choices[i]);
    }
}

/* Decimal digits, and for bytes one letter; false on anything else and on overflow. */
static bool parse_amount(const char *text, bool bytes, uint64_t *out)
{
    char *end;
    unsigned shift = 0;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno)
        return false;
    if (bytes && *end) {
        const char *letters = "KMG", *found = strchr(letters, toupper((unsigned char)*end));
        if (!found)
            return false;
        shift = 10 * (unsigned)(found - letters + 1);
        end++;
    }
    if (*end || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

static bool parse_choice(const char *text, const char *const *choices, uint64_t *out)
{
    for (*out = 0; choices[*out]; ++*out)
        if (strcmp(choices[*out], text) == 0)
            return true;
    return false;
}

static int set(const struct loading *l, const struct bw_setting *s, const char *text,
               struct origin from)
{
    char range[96], what[160];
    void *member = (char *)l->values + s->offset;
    uint64_t *number = member;
    bool good = false;
    switch (s->type) {
    case BW_SETTING_STRING:
    case BW_SETTING_FILE:
        *(const char **)member = text;
        return 0;
    case BW_SETTING_ACTION:
        *(bool *)member = true;
        return 0;
    case BW_SETTING_COUNT:
    case BW_SETTING_BYTES:
        good = parse_amount(text, s->type == BW_SETTING_BYTES, number) && *number >= s->min &&
               *number <= s->max;
        break;
    case BW_SETTING_CHOICE:
        good = parse_choice(text, s->choices, number);
        break;
    }
    if (good)
        return 0;
    bw_config_describe_range(s, range, sizeof range);
    snprintf(what, sizeof what, "%s = \"%.32s\": must be %s", s->name, text, range);
    return complain(l, from, s->name, what);
}

static const struct bw_setting *find(const struct bw_program *p, struct bw_str name)
{
    for (size_t i = 0; i < p->n_settings; i++)
        if (bw_str_is(name, p->settings[i].name))
            return &p->settings[i];
    return NULL;
}

static int load_defaults(const struct loading *l)
{
    for (size_t i = 0; i < l->program->n_settings; i++) {
        const struct bw_setting *s = &l->program->settings[i];
        int err = s->by_default ? set(l, s, s->by_default, (struct origin){"default", 0}) : 0;
        if (err)
            return err;
    }
    return 0;
}

static int load_environment(const struct loading *l, bool only_file)
{
    char name[ENV_NAME_MAX];
    for (size_t i = 0; i < l->program->n_settings; i++) {
        const struct bw_setting *s = &l->program->settings[i];
        if (s->type == BW_SETTING_ACTION || (only_file && s->type != BW_SETTING_FILE))
            continue;
        snprintf(name, sizeof name, "%s%s", l->program->env_prefix, s->name);
        for (char *c = name; *c; c++)
            *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        const char *text = getenv(name);
        int err = text ? set(l, s, text, (struct origin){name, 0}) : 0;
        if (err)
            return err;
    }
    return 0;
}

static int load_arguments(const struct loading *l, int argc, char *const *argv, bool only_file)
{
    const struct origin here = {"command line", 0};
    char what[128];
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *eq = strchr(arg, '=');
        if (strncmp(arg, "--", 2) != 0) {
            snprintf(what, sizeof what, "\"%.48s\" is not an option; see --help", arg);
            return complain(l, here, "", what);
        }
        struct bw_str name = {arg + 2, eq ? (size_t)(eq - arg - 2) : strlen(arg + 2)};
        const struct bw_setting *s = find(l->program, name);
        if (!s) {
            snprintf(what, sizeof what, "no option --%.48s; see --help", name.ptr);
            return complain(l, here, "", what);
        }
        bool takes_value = s->type != BW_SETTING_ACTION;
        if (takes_value ? !eq && i + 1 >= argc : eq != NULL) {
            snprintf(what, sizeof what, "--%s takes %s", s->name, takes_value ? "a value" : "none");
            return complain(l, here, s->name, what);
        }
        const char *text = eq ? eq + 1 : takes_value ? argv[++i] : "";
        if (only_file && s->type != BW_SETTING_FILE)
            continue;
        int err = set(l, s, text, here);
        if (err)
            return err;
    }
    return 0;
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        n--;
    s[n] = 0;
    return s;
}

static int load_line(const struct loading *l, char *line, struct origin from)
{
    char what[128];
    char *name = trim(line), *eq = strchr(name, '=');
    if (*name == 0 || *name == '#')
        return 0;
    if (!eq)
        return complain(l, from, "", "not of the form name = value");
    *eq = 0;
    name = trim(name);
    const struct bw_setting *s = find(l->program, bw_str(name));
    if (!s || s->type == BW_SETTING_ACTION || s->type == BW_SETTING_FILE) {
        snprintf(what, sizeof what, "no setting \"%.48s\" for a file; see --help", name);
        return complain(l, from, "", what);
    }
    return set(l, s, trim(eq + 1), from);
}

static int load_file(const struct loading *l, const char *path, char **file_text)
{
    int err = bw_text_file_read(path, "config", file_text, l->fault);
    struct origin from = {path, 1};
    for (char *line = *file_text, *next; !err && line; line = next, from.line++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        err = load_line(l, line, from);
    }
    return err;
}

/* The path of the file, once the environment and the command line have named it. */
static const char *file_path(const struct loading *l)
{
    for (size_t i = 0; i < l->program->n_settings; i++)
        if (l->program->settings[i].type == BW_SETTING_FILE)
            return *(const char **)((char *)l->values + l->program->settings[i].offset);
    return NULL;
}

int bw_config_load(const struct bw_program *program, int argc, char *const *argv, void *values,
                   char **file_text, struct bw_fault *fault)
{
    const struct loading l = {program, values, fault};
    *file_text = NULL;
    int err = load_defaults(&l);
    if (!err)
        err = load_environment(&l, true);
    if (!err)
        err = load_arguments(&l, argc, argv, true);
    if (!err && file_path(&l))
        err = load_file(&l, file_path(&l), file_text);
    if (!err)
        err = load_environment(&l, false);
    if (!err)
        err = load_arguments(&l, argc, argv, false);
    if (err) {
        free(*file_text);
        *file_text = NULL;
    }
    return err;
}
