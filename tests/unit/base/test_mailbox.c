/* Mailboxes: order, bounds, closing, the descriptor, and many threads at once. */
#include "unit.h"

#include <poll.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/thread.h"

struct letter {
    struct bw_mail mail;
    int from, number;
};

static bool is_readable(const struct bw_mailbox *box)
{
    struct pollfd p = {.fd = bw_mailbox_fd(box), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void post_ok(struct bw_mailbox *box, struct letter *l, size_t weight)
{
    l->mail.weight = weight;
    assert_int_equal(bw_mailbox_post(box, &l->mail), 0);
}

static void test_order_and_all_at_once(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter l[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    assert_int_equal(bw_mailbox_create(&box, 100, 0), 0);
    assert_int_equal(bw_mailbox_fd(box), -1);
    assert_null(bw_mailbox_take(box, 0));
    for (int i = 0; i < 3; i++)
        post_ok(box, &l[i], 1);
    int n = 0;
    for (struct bw_mail *m = bw_mailbox_take(box, -1); m; m = m->next)
        assert_int_equal(((struct letter *)m)->number, n++);
    assert_int_equal(n, 3);
    assert_null(bw_mailbox_take(box, 0));
    bw_mailbox_destroy(&box);
    assert_null(box);
    bw_mailbox_destroy(&box);
}

static void test_several_in_one_post(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter l[4];
    for (int i = 0; i < 4; i++)
        l[i] = (struct letter){.mail.weight = 1, .number = i};
    assert_int_equal(bw_mailbox_create(&box, 3, 1), 0);
    post_ok(box, &l[0], 1);
    l[1].mail.next = &l[2].mail;
    l[2].mail.next = &l[3].mail;
    assert_int_equal(bw_mailbox_post_all(box, &l[1].mail), BW_EBUSY); /* all or none */
    l[2].mail.next = NULL;
    assert_int_equal(bw_mailbox_post_all(box, &l[1].mail), 0);
    assert_int_equal(bw_mailbox_post(box, &l[3].mail), BW_EBUSY);
    assert_true(is_readable(box));
    assert_ptr_equal(bw_mailbox_take_one(box, 0), &l[0].mail);
    post_ok(box, &l[3], 1);
    for (int i = 1; i < 4; i++)
        assert_ptr_equal(bw_mailbox_take_one(box, 0), &l[i].mail);
    assert_false(is_readable(box));
    bw_mailbox_close(box);
    assert_int_equal(bw_mailbox_post_all(box, &l[1].mail), BW_ECLOSED);
    bw_mailbox_destroy(&box);
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter l[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    assert_int_equal(bw_mailbox_create(&box, 2, 1), 0);
    post_ok(box, &l[0], 1);
    post_ok(box, &l[1], 1);
    l[2].mail.weight = 1;
    assert_int_equal(bw_mailbox_post(box, &l[2].mail), BW_EBUSY);
    assert_ptr_equal(bw_mailbox_take_one(box, 0), &l[0].mail);
    assert_null(l[0].mail.next);
    assert_true(is_readable(box));
    post_ok(box, &l[2], 1); /* the room of one came back */
    assert_ptr_equal(bw_mailbox_take_one(box, 0), &l[1].mail);
    assert_ptr_equal(bw_mailbox_take_one(box, 0), &l[2].mail);
    assert_null(bw_mailbox_take_one(box, 0));
    assert_false(is_readable(box));
    post_ok(box, &l[0], 1); /* its end is found again after it ran empty */
    assert_ptr_equal(bw_mailbox_take(box, 0), &l[0].mail);
    bw_mailbox_destroy(&box);
}

static void test_bound(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter l[4] = {0};
    assert_int_equal(bw_mailbox_create(&box, 10, 0), 0);
    post_ok(box, &l[0], 25); /* alone, even too heavy mail passes */
    l[1].mail.weight = 1;
    assert_int_equal(bw_mailbox_post(box, &l[1].mail), BW_EBUSY);
    assert_ptr_equal(bw_mailbox_take(box, 0), &l[0].mail);
    post_ok(box, &l[1], 4);
    post_ok(box, &l[2], 6);
    l[3].mail.weight = 1;
    assert_int_equal(bw_mailbox_post(box, &l[3].mail), BW_EBUSY);
    l[3].mail.weight = 0;
    assert_int_equal(bw_mailbox_post(box, &l[3].mail), 0);
    bw_mailbox_destroy(&box);
}

static void test_close_leaves_what_is_inside(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter in, late;
    assert_int_equal(bw_mailbox_create(&box, 10, 1), 0);
    post_ok(box, &in, 1);
    assert_false(bw_mailbox_is_closed(box));
    bw_mailbox_close(box);
    assert_true(bw_mailbox_is_closed(box));
    late.mail.weight = 1;
    assert_int_equal(bw_mailbox_post(box, &late.mail), BW_ECLOSED);
    assert_ptr_equal(bw_mailbox_take(box, -1), &in.mail);
    assert_null(bw_mailbox_take(box, -1)); /* at once, although without limit */
    assert_null(bw_mailbox_take_one(box, -1));
    assert_true(is_readable(box)); /* an epoll loop is told, as long as it looks */
    bw_mailbox_destroy(&box);
}

static void test_descriptor_follows_the_mail(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    struct letter l[2];
    assert_int_equal(bw_mailbox_create(&box, 10, 1), 0);
    assert_false(is_readable(box));
    post_ok(box, &l[0], 1);
    post_ok(box, &l[1], 1);
    assert_true(is_readable(box));
    assert_non_null(bw_mailbox_take(box, 0));
    assert_false(is_readable(box));
    post_ok(box, &l[0], 1);
    assert_true(is_readable(box));
    bw_mailbox_destroy(&box);
}

static void test_waiting_ends(void **state)
{
    (void)state;
    struct bw_mailbox *box;
    assert_int_equal(bw_mailbox_create(&box, 10, 0), 0);
    int64_t start = bw_clock_mono_us();
    assert_null(bw_mailbox_take(box, 20));
    assert_true(bw_clock_mono_us() - start >= 20000);
    bw_mailbox_destroy(&box);
}

enum { POSTERS = 4, TAKERS = 3, LETTERS = 20000 };

struct office {
    struct bw_mailbox *box;
    struct bw_thread posters[POSTERS], takers[TAKERS];
    atomic_int next_poster;
    atomic_int seen[POSTERS][LETTERS];
    atomic_int out_of_order;
};

/* Posts until taken: BW_EBUSY is the bound at work, and giving way lets the taker go on. */
static void run_poster(void *arg)
{
    struct office *o = arg;
    int me = atomic_fetch_add(&o->next_poster, 1);
    for (int i = 0; i < LETTERS; i++) {
        struct letter *l = malloc(sizeof *l);
        if (!l)
            return;
        *l = (struct letter){.mail.weight = 1, .from = me, .number = i};
        while (bw_mailbox_post(o->box, &l->mail) == BW_EBUSY)
            sched_yield();
    }
}

static void note(struct office *o, struct letter *l, int last[POSTERS])
{
    if (l->number <= last[l->from])
        atomic_fetch_add(&o->out_of_order, 1);
    last[l->from] = l->number;
    atomic_fetch_add(&o->seen[l->from][l->number], 1);
    free(l);
}

static void run_taker(void *arg)
{
    struct office *o = arg;
    int last[POSTERS] = {-1, -1, -1, -1};
    struct bw_mail *m, *next;
    do {
        for (m = bw_mailbox_take(o->box, 5); m; m = next) {
            next = m->next;
            note(o, (struct letter *)m, last);
        }
    } while (!bw_mailbox_is_closed(o->box));
}

static void run_one_taker(void *arg)
{
    struct office *o = arg;
    int last[POSTERS] = {-1, -1, -1, -1};
    struct bw_mail *m;
    while ((m = bw_mailbox_take_one(o->box, -1)))
        note(o, (struct letter *)m, last);
}

static void check_office(int takers, void (*run)(void *))
{
    struct office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    assert_int_equal(bw_mailbox_create(&o->box, 64, 1), 0);
    for (int i = 0; i < takers; i++)
        assert_int_equal(bw_thread_start(&o->takers[i], "taker", run, o), 0);
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(bw_thread_start(&o->posters[i], "poster", run_poster, o), 0);
    for (int i = 0; i < POSTERS; i++)
        bw_thread_join(&o->posters[i]);
    bw_mailbox_close(o->box);
    for (int i = 0; i < takers; i++)
        bw_thread_join(&o->takers[i]);
    int last[POSTERS] = {-1, -1, -1, -1};
    for (struct bw_mail *m = bw_mailbox_take(o->box, 0), *next; m; m = next) {
        next = m->next; /* posted between the taker's last look and the close */
        note(o, (struct letter *)m, last);
    }
    for (int from = 0; from < POSTERS; from++)
        for (int i = 0; i < LETTERS; i++)
            assert_int_equal(o->seen[from][i], 1);
    assert_int_equal(o->out_of_order, 0);
    bw_mailbox_destroy(&o->box);
    free(o);
}

static void test_many_posters_one_taker(void **state)
{
    (void)state;
    check_office(1, run_taker);
}

static void test_many_posters_many_takers(void **state)
{
    (void)state;
    check_office(TAKERS, run_one_taker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_all_at_once),
        cmocka_unit_test(test_several_in_one_post),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_close_leaves_what_is_inside),
        cmocka_unit_test(test_descriptor_follows_the_mail),
        cmocka_unit_test(test_waiting_ends),
        cmocka_unit_test(test_many_posters_one_taker),
        cmocka_unit_test(test_many_posters_many_takers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
