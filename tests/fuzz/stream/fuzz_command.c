/* A message from a watcher.
 *
 * Properties. What is refused says what is wrong and owns nothing; what is accepted has a topic
 * that the bus accepts, and a filter that matches exactly what it asks for. */
#include "fuzz.h"

#include "web/stream/command.h"
#include "web/stream/frame.h"

static void check_filter(const struct bw_filter *filter)
{
    uint64_t key[BW_N_KEYS] = {0};
    size_t n = 0;
    for (int k = 0; k < BW_N_KEYS; k++) {
        struct bw_str_set values = bw_filter_values(filter, (enum bw_key)k);
        if (values.n > 0)
            key[k] = bw_filter_hash(values.v[values.n - 1]);
        n += values.n;
    }
    REQUIRE(n > 0 && n <= BW_FILTER_VALUES_MAX);
    REQUIRE(bw_filter_match(filter, key));
    for (int k = 0; k < BW_N_KEYS; k++) {
        uint64_t kept = key[k];
        key[k] = 0; /* an event that has none of it */
        REQUIRE(bw_filter_match(filter, key) == (bw_filter_values(filter, (enum bw_key)k).n == 0));
        key[k] = kept;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_command command;
    struct bw_fault fault;
    struct bw_buf answer = {0};
    if (bw_command_parse(fuzz_input(data, size), &command, &fault) != 0) {
        REQUIRE(fault.err != 0 && fault.message[0] && !command.filter);
        bw_frame_error(&answer, BW_ENCODING_WEBSOCKET, bw_str(command.topic), &fault);
        size_t header = answer.len > 127 ? 4 : 2;
        struct bw_buf text = {answer.data + header, answer.len - header, 0, false};
        fuzz_require_json(&text);
    } else {
        REQUIRE((command.kind == BW_COMMAND_PING) || bw_topic_valid(bw_str(command.topic)));
        if (command.filter)
            check_filter(command.filter);
        bw_filter_unref(&command.filter);
    }
    bw_buf_free(&answer);
    return 0;
}
