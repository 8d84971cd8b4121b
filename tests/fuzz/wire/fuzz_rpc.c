/* Requests and answers: the input is a message to the bus or from it.
 *
 * Properties. What was decoded and encoded decodes again and encodes to the same bytes; what is
 * refused says why. */
#include "fuzz.h"

#include "wire/rpc.h"

static void check_request(const msgpack_object *map, msgpack_zone *zone)
{
    struct bw_rpc_request request;
    struct bw_fault fault = {0};
    struct bw_buf first = {0}, second = {0};
    if (bw_rpc_request_decode(map, zone, &request, &fault) != 0) {
        REQUIRE(fault.err != 0 && fault.message[0]);
        return;
    }
    if (request.op == BW_RPC_PUBLISH) /* its events are not encoded here */
        return;
    bw_rpc_request_encode(&first, &request);
    msgpack_object again = fuzz_unpack(&first, zone);
    REQUIRE(bw_rpc_request_decode(&again, zone, &request, &fault) == 0);
    bw_rpc_request_encode(&second, &request);
    fuzz_require_same(&first, &second);
    bw_buf_free(&first);
    bw_buf_free(&second);
}

static void check_reply(const msgpack_object *map, msgpack_zone *zone)
{
    struct bw_fault fault = {0}, back = {0};
    struct bw_buf bytes = {0};
    int err = bw_rpc_reply_check(map, &fault);
    REQUIRE(err <= 0 && fault.err == err);
    if (err == 0)
        return;
    bw_rpc_error_encode(&bytes, &fault);
    msgpack_object again = fuzz_unpack(&bytes, zone);
    REQUIRE(bw_rpc_reply_check(&again, &back) == err);
    REQUIRE(strcmp(fault.field, back.field) == 0);
    bw_buf_free(&bytes);
}

static void check_result(const msgpack_object *map, msgpack_zone *zone)
{
    struct bw_publish_result result;
    struct bw_buf first = {0}, second = {0};
    if (bw_rpc_publish_result_decode(map, &result) != 0)
        return;
    bw_rpc_publish_result_encode(&first, &result);
    msgpack_object again = fuzz_unpack(&first, zone);
    REQUIRE(bw_rpc_publish_result_decode(&again, &result) == 0);
    bw_rpc_publish_result_encode(&second, &result);
    fuzz_require_same(&first, &second);
    bw_buf_free(&first);
    bw_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    msgpack_zone zone;
    msgpack_object o;
    if (!msgpack_zone_init(&zone, 8192))
        return 0;
    if (bw_mp_unpack(fuzz_input(data, size), BW_RPC_DEPTH_MAX, &zone, &o, NULL) == 0) {
        check_request(&o, &zone);
        check_reply(&o, &zone);
        check_result(&o, &zone);
    }
    msgpack_zone_destroy(&zone);
    return 0;
}
