/* A request and its answer, apart from the server that carries them: what handlers see. */
#ifndef BW_HTTP_MESSAGE_H
#define BW_HTTP_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "web/http/query.h"

enum bw_http_method {
    BW_HTTP_GET,
    BW_HTTP_HEAD,
    BW_HTTP_POST,
    BW_HTTP_PUT,
    BW_HTTP_PATCH,
    BW_HTTP_DELETE,
    BW_HTTP_OPTIONS,
    BW_HTTP_N_METHODS /* any other */
};

const char *bw_http_method_name(enum bw_http_method method);
enum bw_http_method bw_http_method_parse(struct bw_str name);

struct bw_http_header {
    struct bw_str name, value;
};

enum { BW_HTTP_ARGS_MAX = 2 };

/* All of it is borrowed by a handler, for the duration of its call. */
struct bw_http_request {
    enum bw_http_method method;
    struct bw_str path;                   /* as it came, still percent-encoded */
    struct bw_str args[BW_HTTP_ARGS_MAX]; /* what stood in the places of the pattern, decoded */
    struct bw_query query;
    const struct bw_http_header *headers;
    size_t n_headers;
    struct bw_str body;
    char *memory; /* of args */
};

/* Frees what routing made (args and query). */
void bw_http_request_free(struct bw_http_request *request);
/* The first header of that name (case does not matter), or an empty string with ptr NULL. */
struct bw_str bw_http_header(const struct bw_http_request *request, const char *name);
/* The media type of the body, without parameters; empty if the request names none. */
struct bw_str bw_http_media_type(const struct bw_http_request *request);

/* Who writes the answer instead, on a connection that leaves the server for that. */
struct bw_http_taker {
    /* 0: it owns fd, the address's place (handoff.h) and arg. `headers` are lines for the answer's
     * head, which are the server's to say. Called on the request's worker. */
    int (*take)(void *arg, int fd, uint64_t address, struct bw_str headers);
    void (*drop)(void *arg); /* it did not come to that */
    void *arg;               /* NULL: nobody */
};

struct bw_http_answer {
    int status;               /* 0: not answered yet */
    const char *content_type; /* static; NULL: there is no body */
    const char *cache;        /* static Cache-Control; NULL: no-store */
    struct bw_buf body;
    struct bw_buf headers; /* further header lines, each with its CRLF */
    const void *fixed;     /* a body that lives for ever, instead of `body` */
    size_t fixed_len;
    const void *fixed_gzip; /* the same, compressed; NULL: it is not held in that form */
    size_t fixed_gzip_len;
    struct bw_http_taker taker;
};

void bw_http_answer_free(struct bw_http_answer *answer);
/* Sets the status and type of a JSON body; the handler then appends to answer->body. */
void bw_http_answer_json(struct bw_http_answer *answer, int status);
/* Adds a header line. The value must be free of line breaks. */
void bw_http_answer_header(struct bw_http_answer *answer, const char *name, const char *fmt, ...)
    BW_PRINTF(3, 4);

const char *bw_http_reason(int status);
/* The status that an error of ours is told by. */
int bw_http_status_of(int err);

/* Answers with an RFC 9457 problem, replacing whatever was in the body:
 * {"type","title","status","code","detail","field"?} */
void bw_http_problem(struct bw_http_answer *answer, int status, const struct bw_fault *fault);
/* The same with the status that belongs to fault->err. */
void bw_http_fault(struct bw_http_answer *answer, const struct bw_fault *fault);

#endif
