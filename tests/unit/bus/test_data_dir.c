/* The data folder's lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "data_dir.h"

static void test_one_at_a_time(void **state)
{
    (void)state;
    char parent[] = "/tmp/bw-data-XXXXXX", dir[64], path[80], pid[32];
    struct bw_fault fault = {0};
    int first, second;
    assert_non_null(mkdtemp(parent));
    snprintf(dir, sizeof dir, "%s/var", parent);
    assert_int_equal(bw_data_dir_lock(dir, &first, &fault), 0); /* makes the folder */
    assert_int_equal(bw_data_dir_lock(dir, &second, &fault), BW_EEXIST);
    assert_int_equal(second, -1);
    assert_string_equal(fault.field, "data");
    snprintf(pid, sizeof pid, "(pid %d)", (int)getpid());
    assert_non_null(strstr(fault.message, pid));
    assert_non_null(strstr(fault.message, dir));
    close(first);
    assert_int_equal(bw_data_dir_lock(dir, &second, &fault), 0);
    close(second);
    snprintf(path, sizeof path, "%s/lock", dir);
    unlink(path);
    rmdir(dir);
    rmdir(parent);
}

static void test_what_cannot_be(void **state)
{
    (void)state;
    struct bw_fault fault = {0};
    char path[16];
    int fd;
    assert_int_equal(bw_data_dir_lock("/nowhere/at/all", &fd, &fault), BW_EIO);
    assert_non_null(strstr(fault.message, "/nowhere/at/all: No such file"));
    assert_int_equal(bw_data_dir_lock("", &fd, &fault), BW_EINVAL);
    assert_int_equal(bw_data_dir_lock("/dev/null", &fd, &fault), BW_EIO);
    assert_int_equal(bw_data_dir_journal("/longer/than", path, sizeof path, &fault), BW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
