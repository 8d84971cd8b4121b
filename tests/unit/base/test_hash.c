/* The hash of ids: SipHash-1-3 by its published values, and a key of its own for each process. */
#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"

/* Of the bytes 0, 1, 2 …, with the key of the bytes 0 to 15. */
static void the_published_values(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } cases[] = {
        {0, 0xabac0158050fc4dcu},  {1, 0xc9f49bf37d57ca93u},  {7, 0xd3927d989bb11140u},
        {8, 0x369095118d299a8eu},  {9, 0x25a48eb36c063de4u},  {15, 0xd320d86d2a519956u},
        {16, 0xcc4fdd1a7d908b66u}, {63, 0x9d199062b7bbb3a8u},
    };
    static const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    char bytes[64];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(bw_hash_keyed(key, (struct bw_str){bytes, cases[i].len}), cases[i].hash);
}

/* What another process has for the same string: this program, started anew. */
static uint64_t hash_elsewhere(void)
{
    int fds[2], status;
    uint64_t hash = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDOUT_FILENO);
        execl("/proc/self/exe", "test_hash", "task-1", (char *)NULL);
        _exit(1);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &hash, sizeof hash), sizeof hash);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return hash;
}

static void each_process_has_its_own(void **state)
{
    (void)state;
    uint64_t here = bw_hash(bw_str("task-1"));
    assert_int_equal(bw_hash(BW_STR("task-1")), here);
    assert_true(bw_hash(BW_STR("task-2")) != here);
    assert_true(hash_elsewhere() != here);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_values),
        cmocka_unit_test(each_process_has_its_own),
    };
    if (argc > 1) {
        uint64_t hash = bw_hash(bw_str(argv[1]));
        return write(STDOUT_FILENO, &hash, sizeof hash) == (ssize_t)sizeof hash ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
