/* Shared pages: history is fetched once for all who need it, and the cache stays within its bounds.
 */
#include "world.h"

#include "web/stream/page_cache.h"

static const struct bw_stream_options small = {.threads = 2, .ring_bytes = 8192};

static void publish_tasks(struct world *world, unsigned n)
{
    char task[16];
    for (unsigned i = 0; i < n; i++) {
        snprintf(task, sizeof task, "task-%u", (unsigned)((fake_head(world->bus) + 1) % 10));
        fake_publish(world->bus, "system", "X", task, "", 50);
    }
    fake_idle(world->bus);
}

/* Watchers with different places, half of them with a filter, all far behind the ring. */
static void test_many_are_fed_by_few_questions(void **state)
{
    (void)state;
    enum { WATCHERS = 40, EVENTS = 1000 };
    struct world *world = open_world(&small);
    static struct watcher watchers[WATCHERS];
    publish_tasks(world, EVENTS);
    unsigned asked = world->bus->n_asked;
    for (unsigned i = 0; i < WATCHERS; i++) {
        char json[160];
        say_hello(world, &watchers[i], 0);
        snprintf(json, sizeof json, SUBSCRIBE(",\"after\":\"1f0c22aa.%u\"%s"), i * 3,
                 i % 2 ? ",\"filter\":{\"task_id\":\"task-7\"}" : "");
        subscribe(&watchers[i], json, true, i * 3);
    }
    for (unsigned i = 0; i < WATCHERS; i++)
        for (unsigned seq = i * 3 + 1; seq <= EVENTS; seq++)
            if (i % 2 == 0 || seq % 10 == 7)
                assert_int_equal(watch_event(&watchers[i]), seq);
    /* 256 events in each page, and one for who came first at the end of a page. */
    assert_in_range(world->bus->n_asked - asked, 1, 12);
    publish_tasks(world, 10);
    for (unsigned i = 0; i < WATCHERS; i++) {
        for (unsigned seq = EVENTS + 1; seq <= EVENTS + 10; seq++)
            if (i % 2 == 0 || seq % 10 == 7)
                assert_int_equal(watch_event(&watchers[i]), seq);
        watch_close(&watchers[i]);
    }
    close_world(world);
}

/* A page of history between two places, of so many bytes. */
static struct bw_page *make_page(uint64_t after, uint64_t next, size_t bytes)
{
    struct bw_page *page = calloc(1, sizeof *page);
    char *text = calloc(1, bytes + 1);
    atomic_init(&page->refs, 1);
    page->frames.index = calloc(1, sizeof *page->frames.index);
    page->bytes = bw_shared_dup(text, bytes);
    page->epoch = 1;
    page->after = after;
    page->next = next;
    page->whole = true;
    free(text);
    return page;
}

static struct bw_job *make_job(struct bw_feed *feed, enum bw_cursor_kind kind, uint64_t seq)
{
    struct bw_job *job = bw_job_create(NULL, feed);
    job->kind = BW_JOB_EVENTS;
    job->after = (struct bw_cursor){kind, 1, seq};
    return job;
}

static void keep(struct bw_page_cache *cache, struct bw_feed *feed, enum bw_cursor_kind kind,
                 struct bw_page *page)
{
    struct bw_job *job = make_job(feed, kind, page->after);
    job->page = page;
    bw_page_cache_keep(cache, job, 0);
    bw_job_destroy(&job);
}

static bool has(const struct bw_page_cache *cache, struct bw_feed *feed, uint64_t seq)
{
    struct bw_job *job = make_job(feed, BW_CURSOR_AT, seq);
    job->page = bw_page_cache_find(cache, job, 1000000000);
    bool found = job->page != NULL;
    bw_job_destroy(&job);
    return found;
}

static void test_bounds_and_what_is_never_kept(void **state)
{
    (void)state;
    struct bw_str names[] = {BW_STR("a"), BW_STR("b")};
    struct bw_feed *a, *b;
    struct bw_page_cache *cache;
    struct bw_fault fault;
    assert_int_equal(
        bw_feed_create(&a, (struct bw_str_set){names, 1}, BW_ENCODING_WEBSOCKET, &fault), 0);
    assert_int_equal(
        bw_feed_create(&b, (struct bw_str_set){names + 1, 1}, BW_ENCODING_WEBSOCKET, &fault), 0);
    assert_int_equal(bw_page_cache_create(&cache, 10000), 0);
    keep(cache, a, BW_CURSOR_AT, make_page(10, 20, 1000));
    assert_true(has(cache, a, 10) && has(cache, a, 19));
    assert_false(has(cache, a, 9) || has(cache, a, 20) || has(cache, b, 10));

    keep(cache, a, BW_CURSOR_OLDEST, make_page(0, 5, 10)); /* what is before it is not known */
    keep(cache, a, BW_CURSOR_LATEST, make_page(0, 5, 10));
    keep(cache, a, BW_CURSOR_AT, make_page(0, 5, 20000)); /* larger than all */
    assert_false(has(cache, a, 0));
    struct bw_page *filtered = make_page(0, 5, 10);
    filtered->whole = false;
    keep(cache, a, BW_CURSOR_AT, filtered);
    struct bw_page *reset = make_page(0, 5, 10);
    reset->reset = "retention";
    keep(cache, a, BW_CURSOR_AT, reset);
    assert_false(has(cache, a, 0));
    assert_true(has(cache, a, 10));

    for (uint64_t i = 2; i < 10; i++) /* too many bytes: the oldest leave */
        keep(cache, a, BW_CURSOR_AT, make_page(i * 10, i * 10 + 10, 3000));
    assert_false(has(cache, a, 10) || has(cache, a, 60));
    assert_true(has(cache, a, 99) && has(cache, a, 80));
    for (uint64_t i = 1000; i < 2000; i++) /* too many pages */
        keep(cache, b, BW_CURSOR_AT, make_page(i, i + 1, 0));
    assert_false(has(cache, a, 99) || has(cache, b, 1000));
    assert_true(has(cache, b, 1999));
    bw_page_cache_destroy(&cache);
    bw_feed_unref(&a);
    bw_feed_unref(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_are_fed_by_few_questions),
        cmocka_unit_test(test_bounds_and_what_is_never_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
