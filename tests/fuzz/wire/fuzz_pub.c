/* Published messages: the input is what a subscriber receives.
 *
 * Properties. What was decoded, encoded again, decodes to the same; its events decode or say why
 * not. */
#include "fuzz.h"

#include "wire/event.h"
#include "wire/pub.h"

static void require_same_object(const msgpack_object *a, const msgpack_object *b)
{
    struct bw_buf x = {0}, y = {0};
    bw_json_object(&x, a);
    bw_json_object(&y, b);
    fuzz_require_same(&x, &y);
    bw_buf_free(&x);
    bw_buf_free(&y);
}

static void encode(struct bw_buf *out, const struct bw_pub *pub)
{
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    if (pub->events) {
        bw_pub_begin(out, pub->topic, pub->epoch, pub->prev, pub->events->via.array.size);
        for (uint32_t i = 0; i < pub->events->via.array.size; i++)
            bw_mp_object(&pk, &pub->events->via.array.ptr[i]);
        return;
    }
    bw_pub_head_begin(out, pub->epoch, pub->head, pub->heads->via.map.size);
    for (uint32_t i = 0; i < pub->heads->via.map.size; i++) {
        bw_mp_object(&pk, &pub->heads->via.map.ptr[i].key);
        bw_mp_object(&pk, &pub->heads->via.map.ptr[i].val);
    }
}

static void check_events(const msgpack_object *events)
{
    for (uint32_t i = 0; i < events->via.array.size; i++) {
        struct bw_event e;
        struct bw_fault fault = {0};
        if (bw_event_decode(&events->via.array.ptr[i], &e, &fault) != 0)
            REQUIRE(fault.err == BW_EINVAL && fault.message[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    msgpack_zone zone;
    struct bw_pub pub, back;
    if (!msgpack_zone_init(&zone, 8192))
        return 0;
    if (bw_pub_decode(fuzz_input(data, size), &zone, &pub) == 0) {
        struct bw_buf bytes = {0};
        REQUIRE((pub.events == NULL) != (pub.heads == NULL));
        encode(&bytes, &pub);
        REQUIRE(bw_pub_decode(bw_buf_str(&bytes), &zone, &back) == 0);
        REQUIRE(bw_str_eq(pub.topic, back.topic));
        REQUIRE(pub.epoch == back.epoch && pub.prev == back.prev);
        REQUIRE((pub.events == NULL) == (back.events == NULL));
        require_same_object(pub.events ? pub.events : pub.heads,
                            back.events ? back.events : back.heads);
        if (pub.events)
            check_events(pub.events);
        bw_buf_free(&bytes);
    }
    msgpack_zone_destroy(&zone);
    return 0;
}
