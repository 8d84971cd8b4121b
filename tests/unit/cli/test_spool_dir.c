/* The spool on disk. */
#include "fake_client.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/cli/spool_dir.h"

static struct bellwire *bus = (struct bellwire *)&fake; /* never looked into */
static char home[] = "/tmp/bellwire-spool-XXXXXX", dir[BW_SPOOL_PATH_MAX];
static struct bw_pour *pour;
static struct bw_pour_counts counts;
static uint32_t files;

static int begin_all(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    setenv("XDG_STATE_HOME", home, 1);
    return 0;
}

static int end_all(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command); /* NOLINT(cert-env33-c) */
}

static int begin(void **state)
{
    (void)state;
    fake_reset(FAKE_MAX);
    counts = (struct bw_pour_counts){0};
    files = 0;
    return bw_spool_dir("tcp://host:7700", dir) || bw_pour_create(&pour, bus, 64, 30);
}

static int end(void **state)
{
    (void)state;
    bw_pour_destroy(&pour);
    return 0;
}

static void write_file(const char *line, bool keep)
{
    struct bw_spool_file f;
    assert_int_equal(bw_spool_file_create(&f, dir), 0);
    fputs(line, f.stream);
    assert_int_equal(bw_spool_file_close(&f, keep), 0);
}

static struct bellwire_result answer(int i)
{
    return (struct bellwire_result){.seq = (uint64_t)i + 1};
}

static void test_a_folder_for_each_bus(void **state)
{
    (void)state;
    char a[BW_SPOOL_PATH_MAX], b[BW_SPOOL_PATH_MAX], cwd[BW_SPOOL_PATH_MAX],
        url[2 * BW_SPOOL_PATH_MAX];
    assert_int_equal(bw_spool_dir("tcp://host:7700", a), 0);
    assert_memory_equal(a, home, strlen(home));
    assert_non_null(strstr(a, "/bellwire/spool/tcp___host_7700-"));
    assert_int_equal(bw_spool_dir("tcp://host/7700", b), 0); /* reads the same, is another */
    assert_string_not_equal(a, b);
    assert_int_equal(bw_spool_dir("ipc://./var/bus", a), 0);
    assert_int_equal(bw_spool_dir("ipc://var/bus", b), 0);
    assert_string_equal(a, b);
    assert_non_null(getcwd(cwd, sizeof cwd));
    snprintf(url, sizeof url, "ipc://%s/var/bus", cwd);
    assert_int_equal(bw_spool_dir(url, b), 0);
    assert_string_equal(a, b);
}

static void test_home(void **state)
{
    (void)state;
    char a[BW_SPOOL_PATH_MAX];
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/home/ann", 1);
    assert_int_equal(bw_spool_dir("tcp://host", a), 0);
    assert_memory_equal(a, "/home/ann/.local/state/bellwire/spool/", 38);
    unsetenv("HOME");
    assert_int_equal(bw_spool_dir("tcp://host", a), BW_EINVAL);
    setenv("XDG_STATE_HOME", home, 1);
}

static void test_delivers_in_order(void **state)
{
    (void)state;
    fake.answer = answer;
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), 0);
    assert_int_equal(files, 0);
    write_file("{\"event_type\":\"A\"}\n{\"event_type\":\"B\"}\n", true);
    write_file("{\"event_type\":\"NOT_KEPT\"}\n", false);
    write_file("{\"event_type\":\"C\"}\nnonsense\n", true);
    assert_int_equal(bw_spool_dir_bytes(dir), 2 * 19 + 19 + 9);
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), 0);
    assert_int_equal(files, 2);
    assert_int_equal(counts.events, 4);
    assert_int_equal(counts.accepted, 3);
    assert_int_equal(counts.refused, 1);
    assert_string_equal(fake.all[0].type, "A");
    assert_string_equal(fake.all[2].type, "C");
    assert_int_equal(bw_spool_dir_bytes(dir), 0);
}

static void test_stays_until_delivered(void **state)
{
    (void)state;
    write_file("{\"event_type\":\"A\"}\n", true);
    write_file("{\"event_type\":\"B\"}\n", true);
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), BW_ETIMEDOUT);
    assert_int_equal(files, 0);
    assert_int_equal(bw_spool_dir_bytes(dir), 2 * 19);
    fake_settle(0, (struct bellwire_result){.error = BELLWIRE_ECLOSED});
    bw_pour_destroy(&pour);
    assert_int_equal(bw_pour_create(&pour, bus, 64, 30), 0);
    fake.answer = answer;
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), 0);
    assert_int_equal(files, 2);
}

/* Another program that is delivering a file has it to itself. */
static void test_locked(void **state)
{
    (void)state;
    struct bw_spool_file f;
    fake.answer = answer;
    assert_int_equal(bw_spool_file_create(&f, dir), 0);
    fputs("{\"event_type\":\"A\"}\n", f.stream);
    assert_int_equal(bw_spool_file_close(&f, true), 0);
    int fd = open(f.path, O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), 0);
    assert_int_equal(files, 0);
    close(fd);
    assert_int_equal(bw_spool_deliver(dir, pour, &counts, &files), 0);
    assert_int_equal(files, 1);
}

static void test_private(void **state)
{
    (void)state;
    struct bw_spool_file f;
    struct stat st;
    assert_int_equal(bw_spool_file_create(&f, dir), 0);
    assert_int_equal(fstat(fileno(f.stream), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(bw_spool_file_close(&f, false), 0);
    assert_int_equal(access(f.temporary, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_folder_for_each_bus, begin, end),
        cmocka_unit_test_setup_teardown(test_home, begin, end),
        cmocka_unit_test_setup_teardown(test_delivers_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_stays_until_delivered, begin, end),
        cmocka_unit_test_setup_teardown(test_locked, begin, end),
        cmocka_unit_test_setup_teardown(test_private, begin, end),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
