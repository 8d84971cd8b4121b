/* A dialer and a bus that is slow to greet: whoever is given up too soon is given more time. */
#include "unit.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dialer.h"

enum { GREETS_AFTER_US = 200000, TICK_MS = 20 };

struct slow_bus {
    char dir[32], url[64];
    int listener;
    pthread_t thread;
};

/* Greets one after the other, each late. */
static void *greet_all(void *arg)
{
    struct slow_bus *bus = arg;
    int fd, last = -1;
    while ((fd = accept(bus->listener, NULL, NULL)) >= 0) {
        usleep(GREETS_AFTER_US);
        (void)!send(fd, "\0SP\0\0\x31\0\0", 8, MSG_NOSIGNAL);
        if (last >= 0)
            close(last);
        last = fd;
    }
    close(last);
    return NULL;
}

static void bus_start(struct slow_bus *bus)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(bus->dir, "/tmp/bw-dialer-XXXXXX");
    assert_non_null(mkdtemp(bus->dir));
    snprintf(bus->url, sizeof bus->url, "ipc://%s/bus", bus->dir);
    snprintf(a.sun_path, sizeof a.sun_path, "%s/bus.req", bus->dir);
    bus->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bus->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(bus->listener, 64), 0);
    assert_int_equal(pthread_create(&bus->thread, NULL, greet_all, bus), 0);
}

static void bus_stop(struct slow_bus *bus)
{
    char path[64];
    shutdown(bus->listener, SHUT_RDWR);
    pthread_join(bus->thread, NULL);
    close(bus->listener);
    snprintf(path, sizeof path, "%s/bus.req", bus->dir);
    unlink(path);
    rmdir(bus->dir);
}

struct watcher {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool connected;
};

static void on_change(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct watcher *w = arg;
    (void)pipe;
    pthread_mutex_lock(&w->lock);
    w->connected = w->connected || event == NNG_PIPE_EV_ADD_POST;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void a_slow_bus_is_reached(void **state)
{
    (void)state;
    struct slow_bus bus = {.listener = -1};
    struct watcher watcher = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct bw_dialer dialer;
    nng_socket socket;
    bus_start(&bus);
    assert_int_equal(nng_req0_open(&socket), 0);
    assert_int_equal(bw_dialer_open(&dialer, socket, on_change, &watcher), 0);
    dialer.tick_ms = TICK_MS;
    assert_int_equal(bw_dialer_dial(&dialer, bus.url, BW_ENDPOINT_REQ, NULL), 0);
    pthread_mutex_lock(&watcher.lock);
    while (!watcher.connected)
        pthread_cond_wait(&watcher.changed, &watcher.lock);
    pthread_mutex_unlock(&watcher.lock);
    bw_dialer_close(&dialer);
    bus_stop(&bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_slow_bus_is_reached)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
