/* Whether this process lives (/healthz), and whether it can do its work (/readyz). */
#include "web/rest/ask.h"
#include "wire/mp.h"

/* A balancer that asks does not wait for long. */
enum { READY_TIMEOUT_MS = 2000 };

/* The gauge by which the bus's writer says that its last commit failed. */
#define FAILING "bellwire_writer_failing"

void bw_rest_get_healthz(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    bw_http_answer_json(answer, 200);
    bw_buf_puts(&answer->body, BW_STR("{\"status\":\"ok\"}"));
}

static int check(const struct bw_rest *rest, struct bw_fault *fault)
{
    struct bw_rest patient = *rest;
    struct bw_rpc_request question = {.op = BW_RPC_STATS};
    struct bw_asked asked;
    struct bw_fault wrong = {0};
    double failing = 0;
    patient.timeout_ms = READY_TIMEOUT_MS;
    int err = bw_rest_ask(&patient, &question, &asked, fault);
    if (err)
        return bw_fault(fault, BW_EUNAVAILABLE, "bus", "the bus does not answer: %s",
                        bw_err_text(err));
    const msgpack_object *metrics = bw_mp_get(&asked.root, "metrics");
    if (metrics && metrics->type == MSGPACK_OBJECT_MAP)
        bw_mp_get_f64(metrics, FAILING, &failing, &wrong);
    bw_asked_free(&asked);
    if (failing > 0)
        return bw_fault(fault, BW_EUNAVAILABLE, "journal",
                        "the journal cannot be written: see the daemon's log for why");
    return 0;
}

void bw_rest_get_readyz(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    const struct bw_rest *rest = ctx;
    struct bw_fault fault = {0};
    (void)request;
    if (rest->streams_are_draining(rest->streams))
        bw_fault(&fault, BW_ECLOSED, "stopping", "this server is stopping");
    else
        check(rest, &fault);
    if (fault.err) {
        bw_http_fault(answer, &fault);
        return;
    }
    bw_http_answer_json(answer, 200);
    bw_buf_printf(&answer->body,
                  "{\"status\":\"ready\",\"bus\":\"ok\",\"journal\":\"ok\",\"streams\":\"%s\"}",
                  rest->streams_are_live(rest->streams) ? "live" : "waiting for the bus");
}
