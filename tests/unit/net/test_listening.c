/* An nng socket goes on letting peers in, also after some that hung up while they were greeted. */
#include "unit.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>

#include "net/listening.h"

#define SUB_GREETING "\0SP\0\0\x21\0\0"

enum { HANG_UPS = 200, TRIES_MAX = 1200, TRY_MS = 100 };

/* nng 1.5 does not free what it had greeted, and never let in, when the listener is closed. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnng";
}

struct world {
    char dir[32], path[64], url[80];
    nng_socket pub;
    struct bw_listening *listening;
};

static void open_world(struct world *w)
{
    struct bw_fault fault = {0};
    strcpy(w->dir, "/tmp/bw-listening-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof w->path, "%s/pub", w->dir);
    snprintf(w->url, sizeof w->url, "ipc://%s", w->path);
    assert_int_equal(nng_pub0_open(&w->pub), 0);
    assert_int_equal(bw_listening_open(w->pub, &w->listening, &fault), 0);
}

static void close_world(struct world *w)
{
    bw_listening_close(&w->listening);
    assert_null(w->listening);
    nng_close(w->pub);
    unlink(w->path);
    rmdir(w->dir);
}

static void hang_up_at_once(const struct world *w)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", w->path);
    for (int i = 0; i < HANG_UPS; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
            (void)!send(fd, SUB_GREETING, sizeof SUB_GREETING - 1, MSG_NOSIGNAL);
        close(fd);
    }
}

/* A new subscriber gets what is published, sooner or later. */
static void expect_let_in(const struct world *w, const char *url)
{
    nng_socket sub;
    char got[8];
    size_t len = sizeof got;
    int rv = NNG_ETIMEDOUT;
    assert_int_equal(nng_sub0_open(&sub), 0);
    assert_int_equal(nng_socket_set(sub, NNG_OPT_SUB_SUBSCRIBE, "", 0), 0);
    assert_int_equal(nng_socket_set_ms(sub, NNG_OPT_RECVTIMEO, TRY_MS), 0);
    assert_int_equal(nng_dial(sub, url, NULL, NNG_FLAG_NONBLOCK), 0);
    for (int i = 0; i < TRIES_MAX && rv == NNG_ETIMEDOUT; i++) {
        char hello[] = "hello";
        assert_int_equal(nng_send(w->pub, hello, sizeof hello, 0), 0);
        len = sizeof got;
        rv = nng_recv(sub, got, &len, 0);
    }
    assert_int_equal(rv, 0);
    assert_string_equal(got, "hello");
    nng_close(sub);
}

static void lets_in_after_hang_ups(void **state)
{
    (void)state;
    struct world w = {.dir = ""};
    struct bw_fault fault = {0};
    open_world(&w);
    assert_int_equal(bw_listening_add(w.listening, w.url, NULL, &fault), 0);
    expect_let_in(&w, w.url);
    hang_up_at_once(&w);
    expect_let_in(&w, w.url);
    close_world(&w);
}

static void listens_without_bytes_too(void **state)
{
    (void)state;
    struct world w = {.dir = ""};
    struct bw_fault fault = {0};
    open_world(&w);
    assert_int_equal(bw_listening_add(w.listening, "inproc://listening", NULL, &fault), 0);
    assert_int_equal(bw_listening_add(w.listening, w.url, NULL, &fault), 0);
    expect_let_in(&w, "inproc://listening");
    expect_let_in(&w, w.url);
    close_world(&w);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct world w = {.dir = ""};
    struct bw_fault fault = {0};
    open_world(&w);
    assert_int_equal(bw_listening_add(w.listening, w.url, NULL, &fault), 0);
    assert_int_equal(bw_listening_add(w.listening, w.url, NULL, &fault), BW_EEXIST);
    assert_non_null(strstr(fault.message, "is another bellwired running there?"));
    expect_let_in(&w, w.url);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_in_after_hang_ups),
        cmocka_unit_test(listens_without_bytes_too),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
