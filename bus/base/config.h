/* Settings: one table gives the command line, the environment, the file, --help and the manual
 * page.
 *
 * The setting "ring-bytes" of a program with the prefix "BELLWIRE_" is the flag --ring-bytes, the
 * variable BELLWIRE_RING_BYTES and the line "ring-bytes = 16M" of the file. A flag wins over the
 * variable, that over the file, that over the default. Every value given is checked, also one that
 * another overrides. */
#ifndef BW_BASE_CONFIG_H
#define BW_BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum bw_setting_type {
    BW_SETTING_STRING, /* const char * */
    BW_SETTING_FILE,   /* const char *: where the settings' own file is; not itself read from it */
    BW_SETTING_COUNT,  /* uint64_t, min to max */
    BW_SETTING_BYTES,  /* uint64_t, min to max; K, M or G (1024, …) may follow the number */
    BW_SETTING_CHOICE, /* uint64_t: index into choices */
    BW_SETTING_ACTION, /* bool: only a flag, without a value, such as --version */
};

/* Names say the unit: -bytes, -ms, -s; without one it is a number of the things named. */
struct bw_setting {
    const char *group; /* a heading in the help; NULL: the same as the setting before */
    const char *name;  /* lower case, words joined by '-' */
    enum bw_setting_type type;
    size_t offset;          /* of the member in the program's struct of values */
    const char *value_name; /* what stands for the value in the help: "ADDR:PORT" */
    const char *by_default; /* as it would be written; NULL: a string that stays NULL */
    uint64_t min, max;
    const char *const *choices; /* NULL-terminated */
    const char *help;           /* one or more sentences */
};

struct bw_program {
    const char *name, *version, *env_prefix;
    const char *summary; /* half a sentence: "carries what tasks say" */
    const char *about;   /* a paragraph for the manual page */
    unsigned section;    /* of the manual: 1 for commands, 8 for daemons */
    const struct bw_setting *settings;
    size_t n_settings;
};

/* Fills *values. Its strings borrow from argv, from the environment and from *file_text, which the
 * caller frees when the values are no longer used (NULL when there is no file). On error *fault
 * says the source (with the line), the setting and what is allowed. */
int bw_config_load(const struct bw_program *program, int argc, char *const *argv, void *values,
                   char **file_text, struct bw_fault *fault) BW_MUST_CHECK;

void bw_config_print_help(const struct bw_program *program, FILE *out);
/* The manual page, in mdoc. */
void bw_config_print_manual(const struct bw_program *program, FILE *out);

/* Writes what values a setting takes: "64K to 4G", "one of bus, web"; empty for a string. */
void bw_config_describe_range(const struct bw_setting *setting, char *out, size_t size);

#endif
