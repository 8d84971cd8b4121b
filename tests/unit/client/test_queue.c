/* The queue of batches: what joins which batch, what leaves, and in which order. */
#include "unit.h"

#include "queue.h"

static struct bw_batch *add(struct bw_queue *q, const char *event)
{
    struct bw_batch *b;
    assert_int_equal(bw_queue_open(q, strlen(event), &b), 0);
    size_t begin = b->bytes.len;
    bw_buf_puts(&b->bytes, bw_str(event));
    bw_queue_add(q, b, begin, (struct bw_entry){.arg = (void *)event});
    return b;
}

static void assert_bytes(const struct bw_batch *b, const char *expected)
{
    assert_true(bw_str_is(bw_buf_str(&b->bytes), expected));
}

/* Takes out everything but events that begin with this letter; notes what it saw. */
struct filter {
    char keep;
    char seen[64];
};

static bool keep_letter(void *ctx, uint32_t i, const struct bw_entry *entry, struct bw_str event)
{
    struct filter *f = ctx;
    size_t used = strlen(f->seen);
    assert_true(bw_str_is(event, entry->arg));
    snprintf(f->seen + used, sizeof f->seen - used, "%u:%.*s ", i, BW_STR_ARG(event));
    return event.ptr[0] == f->keep;
}

static void pop(struct bw_queue *q)
{
    struct filter none = {0};
    bw_pool_release(q->pool, bw_batch_filter(q->head, keep_letter, &none));
    bw_queue_pop(q);
}

/* Everything leaves; nothing is left in the pool. */
static void drain(struct bw_queue *q)
{
    while (q->head)
        pop(q);
    assert_null(q->tail);
    assert_int_equal(q->pool->bytes, 0);
    bw_queue_free(q);
    bw_pool_free(q->pool);
}

static void events_join_until_the_batch_is_sent(void **state)
{
    (void)state;
    struct bw_pool pool = {.bytes_max = 10000, .batch_events = 100};
    struct bw_queue q = {.pool = &pool};
    struct bw_batch *first = add(&q, "a1");
    assert_ptr_equal(add(&q, "b2"), first);
    first->sealed = true;
    struct bw_batch *second = add(&q, "a3");
    assert_ptr_not_equal(second, first);
    assert_ptr_equal(add(&q, "a4"), second);
    assert_ptr_equal(q.head, first);
    assert_bytes(first, "a1b2");
    assert_bytes(second, "a3a4");
    drain(&q);
}

static void batches_are_bounded(void **state)
{
    (void)state;
    struct bw_pool pool = {.bytes_max = 8 << 20, .batch_events = 3};
    struct bw_queue q = {.pool = &pool};
    struct bw_batch *b, *first = add(&q, "1");
    add(&q, "2");
    assert_ptr_equal(add(&q, "3"), first);
    assert_ptr_not_equal(add(&q, "4"), first);
    assert_int_equal(bw_queue_open(&q, BW_BATCH_BYTES_MAX, &b), 0);
    assert_ptr_not_equal(b, first->next); /* too large to join */
    assert_int_equal(b->first, 4);
    drain(&q);
}

static void the_pool_is_bounded(void **state)
{
    (void)state;
    struct bw_pool pool = {.bytes_max = 100, .batch_events = 100};
    struct bw_queue q = {.pool = &pool}, other = {.pool = &pool};
    struct bw_batch *b;
    assert_int_equal(bw_queue_open(&q, 1000, &b), 0); /* an empty one takes any event */
    add(&q, "first");
    assert_int_equal(bw_queue_open(&q, 1000, &b), BW_EBUSY);
    assert_null(b);
    assert_int_equal(bw_queue_open(&other, 1000, &b), BW_EBUSY);
    drain(&q);
}

static void what_stays_keeps_its_order(void **state)
{
    (void)state;
    struct bw_pool pool = {.bytes_max = 10000, .batch_events = 100};
    struct bw_queue q = {.pool = &pool};
    struct filter f = {.keep = 'b'};
    struct bw_batch *b = add(&q, "a1");
    add(&q, "b22");
    add(&q, "a333");
    add(&q, "b4");
    assert_int_equal(bw_batch_filter(b, keep_letter, &f),
                     strlen("a1a333") + 2 * sizeof(struct bw_entry));
    bw_pool_release(&pool, strlen("a1a333") + 2 * sizeof(struct bw_entry));
    assert_string_equal(f.seen, "0:a1 1:b22 2:a333 3:b4 ");
    assert_bytes(b, "b22b4");
    assert_int_equal(b->n, 2);
    f = (struct filter){.keep = 'b'};
    assert_int_equal(bw_batch_filter(b, keep_letter, &f), 0);
    assert_string_equal(f.seen, "0:b22 1:b4 ");
    drain(&q);
}

static void knows_what_is_settled(void **state)
{
    (void)state;
    struct bw_pool pool = {.bytes_max = 100000, .batch_events = 2};
    struct bw_queue q = {.pool = &pool}, other = {.pool = &pool};
    for (int i = 0; i < 3; i++)
        add(&q, "x");
    add(&other, "y");
    add(&q, "x");
    assert_int_equal(bw_queue_settled(&q), 0);
    assert_int_equal(bw_queue_settled(&other), 3);
    pop(&q);
    assert_int_equal(bw_queue_settled(&q), 2);
    pop(&q);
    assert_int_equal(bw_queue_settled(&q), 5);
    pop(&other);
    assert_int_equal(bw_queue_settled(&other), 5);
    assert_int_equal(add(&other, "y")->first, 5); /* in memory that was used before */
    drain(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_join_until_the_batch_is_sent),
        cmocka_unit_test(batches_are_bounded),
        cmocka_unit_test(the_pool_is_bounded),
        cmocka_unit_test(what_stays_keeps_its_order),
        cmocka_unit_test(knows_what_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
