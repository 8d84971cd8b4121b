/* Settings: precedence, what is refused and how it is said, help and manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/config.h"

struct values {
    const char *config, *data;
    uint64_t ring_bytes, threads, format;
    bool version;
};

static const char *const formats[] = {"logfmt", "json", NULL};

#define AT(member) offsetof(struct values, member)
static const struct bw_setting settings[] = {
    {"Files", "config", BW_SETTING_FILE, AT(config), "FILE", NULL, 0, 0, NULL, "Settings."},
    {NULL, "data", BW_SETTING_STRING, AT(data), "DIR", "./var", 0, 0, NULL,
     "Where the journal is. A folder that exists, or one whose parent exists, in which case it is "
     "made."},
    {"Limits", "ring-bytes", BW_SETTING_BYTES, AT(ring_bytes), "BYTES", "16M", 64 << 10,
     (uint64_t)4 << 30, NULL, "Bytes of a ring."},
    {NULL, "threads", BW_SETTING_COUNT, AT(threads), "N", "2", 1, 64, NULL, "Threads."},
    {NULL, "log-format", BW_SETTING_CHOICE, AT(format), "FORMAT", "logfmt", 0, 0, formats,
     "How lines look."},
    {"Others", "version", BW_SETTING_ACTION, AT(version), NULL, NULL, 0, 0, NULL, "Says it."},
};

static const struct bw_program program = {
    .name = "prog",
    .version = "1",
    .env_prefix = "PROGTEST_",
    .summary = "does things",
    .about = "It does things.",
    .section = 8,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};

enum { ARGS_MAX = 8 };

/* Loads with these arguments, NULL-terminated. */
static int load(const char *const *args, struct values *v, char **text, struct bw_fault *fault)
{
    char *argv[ARGS_MAX] = {"prog"};
    int argc = 1;
    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    *v = (struct values){0};
    *fault = (struct bw_fault){0};
    return bw_config_load(&program, argc, argv, v, text, fault);
}

static void write_file(char path[], const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void test_defaults(void **state)
{
    (void)state;
    struct values v;
    struct bw_fault fault;
    char *text;
    assert_int_equal(load((const char *[]){NULL}, &v, &text, &fault), 0);
    assert_null(text);
    assert_null(v.config);
    assert_string_equal(v.data, "./var");
    assert_int_equal(v.ring_bytes, 16 << 20);
    assert_int_equal(v.threads, 2);
    assert_int_equal(v.format, 0);
    assert_false(v.version);
}

static void test_precedence(void **state)
{
    (void)state;
    struct values v;
    struct bw_fault fault;
    char *text, path[] = "/tmp/bw-config-XXXXXX";
    write_file(path, "# all of them\n\n data =  /from file \nthreads=3\nring-bytes = 1G\n"
                     "log-format = json");
    setenv("PROGTEST_CONFIG", path, 1);
    setenv("PROGTEST_THREADS", "4", 1);
    setenv("PROGTEST_RING_BYTES", "64k", 1);
    assert_int_equal(load((const char *[]){"--threads=5", "--version", NULL}, &v, &text, &fault),
                     0);
    assert_string_equal(v.config, path);
    assert_string_equal(v.data, "/from file");
    assert_int_equal(v.format, 1);
    assert_int_equal(v.ring_bytes, 64 << 10);
    assert_int_equal(v.threads, 5);
    assert_true(v.version);
    free(text);
    unsetenv("PROGTEST_CONFIG");
    unsetenv("PROGTEST_THREADS");
    unsetenv("PROGTEST_RING_BYTES");
    unlink(path);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *args[ARGS_MAX];
        const char *says;
    } bad[] = {
        {{"--threads", "0"}, "command line: threads = \"0\": must be 1 to 64"},
        {{"--threads", "65"}, "must be 1 to 64"},
        {{"--threads", "-1"}, "must be 1 to 64"},
        {{"--threads", "2K"}, "must be 1 to 64"},
        {{"--threads", ""}, "must be 1 to 64"},
        {{"--threads", "99999999999999999999"}, "must be 1 to 64"},
        {{"--ring-bytes", "5G"}, "must be 64K to 4G"},
        {{"--ring-bytes", "1KB"}, "must be 64K to 4G"},
        {{"--ring-bytes", "18014398509481984K"}, "must be 64K to 4G"},
        {{"--log-format", "xml"}, "must be one of logfmt, json"},
        {{"--threads"}, "--threads takes a value"},
        {{"--version=1"}, "--version takes none"},
        {{"--nothing", "1"}, "no option --nothing; see --help"},
        {{"start"}, "\"start\" is not an option"},
        {{"--config", "/nowhere/at/all"}, "cannot read /nowhere/at/all: No such file"},
        {{"--config", "/"}, "cannot read /: Is a directory"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct values v;
        struct bw_fault fault;
        char *text;
        if (load(bad[i].args, &v, &text, &fault) >= 0)
            fail_msg("case %zu was accepted", i);
        assert_null(text);
        if (!strstr(fault.message, bad[i].says))
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, fault.message, bad[i].says);
    }
}

static void test_bad_environment(void **state)
{
    (void)state;
    struct values v;
    struct bw_fault fault;
    char *text;
    setenv("PROGTEST_THREADS", "many", 1);
    assert_int_equal(load((const char *[]){"--threads", "1", NULL}, &v, &text, &fault), BW_EINVAL);
    assert_string_equal(fault.field, "threads");
    assert_string_equal(fault.message, "PROGTEST_THREADS: threads = \"many\": must be 1 to 64");
    unsetenv("PROGTEST_THREADS");
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"data = x\nthreads = 100\n", ":2: threads = \"100\": must be 1 to 64"},
        {"\n\nthread = 1\n", ":3: no setting \"thread\""},
        {"threads 1\n", ":1: not of the form name = value"},
        {"config = other\n", ":1: no setting \"config\" for a file"},
        {"version = 1\n", ":1: no setting \"version\" for a file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct values v;
        struct bw_fault fault;
        char *text, path[] = "/tmp/bw-config-XXXXXX";
        write_file(path, bad[i].text);
        assert_int_equal(load((const char *[]){"--config", path, NULL}, &v, &text, &fault),
                         BW_EINVAL);
        unlink(path);
        assert_null(text);
        if (strncmp(fault.message, path, strlen(path)) != 0 ||
            strncmp(fault.message + strlen(path), bad[i].says, strlen(bad[i].says)) != 0)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, fault.message, bad[i].says);
    }
}

static char *printed(void (*print)(const struct bw_program *, FILE *))
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    print(&program, f);
    fclose(f);
    return text;
}

static void test_help(void **state)
{
    (void)state;
    char *help = printed(bw_config_print_help);
    assert_non_null(strstr(help, "\nLimits:\n  --ring-bytes BYTES          Bytes of a ring. "
                                 "(default 16M; 64K to 4G)\n"));
    assert_non_null(strstr(help, "(default logfmt; one of logfmt, json)"));
    assert_non_null(strstr(help, "  --version                   Says it.\n"));
    for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    free(help);
}

static void test_manual_names_everything(void **state)
{
    (void)state;
    char *man = printed(bw_config_print_manual);
    assert_non_null(strstr(man, ".Dt PROG 8\n"));
    assert_non_null(strstr(man, ".It Fl Fl ring-bytes Ar BYTES\n"));
    assert_non_null(strstr(man, ".It Ev PROGTEST_RING_BYTES\n"));
    assert_null(strstr(man, "PROGTEST_VERSION"));
    free(man);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_bad_environment),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_manual_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
