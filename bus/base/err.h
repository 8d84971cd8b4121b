/* Error numbers, and the fault: an error that can say what is wrong, where, and what to do. */
#ifndef BW_BASE_ERR_H
#define BW_BASE_ERR_H

#define BW_MUST_CHECK       __attribute__((warn_unused_result))
#define BW_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))

/* Functions return 0 or one of these. The second column is the `code` that goes over the wire. */
#define BW_ERRORS(X)                                                                               \
    X(BW_ENOMEM, -1, "no_memory", "out of memory")                                                 \
    X(BW_EINVAL, -2, "invalid", "invalid input")                                                   \
    X(BW_ETOOBIG, -3, "too_big", "larger than allowed")                                            \
    X(BW_EBUSY, -4, "busy", "a bounded queue is full; try again")                                  \
    X(BW_ECLOSED, -5, "closed", "closed")                                                          \
    X(BW_ETIMEDOUT, -6, "timeout", "timed out")                                                    \
    X(BW_EAGAIN, -7, "again", "not ready yet")                                                     \
    X(BW_EIO, -8, "io", "input/output error")                                                      \
    X(BW_ENOSPC, -9, "no_space", "no space left for the journal")                                  \
    X(BW_ENOTFOUND, -10, "not_found", "not found")                                                 \
    X(BW_EEXIST, -11, "exists", "exists already")                                                  \
    X(BW_ECONFLICT, -12, "conflict", "conflicts with the present state")                           \
    X(BW_EPROTO, -13, "protocol", "protocol error")                                                \
    X(BW_EVERSION, -14, "version", "unsupported version")                                          \
    X(BW_EUNAVAILABLE, -15, "unavailable", "the bus cannot be reached")                            \
    X(BW_EUNSUPPORTED, -16, "unsupported", "not supported")                                        \
    X(BW_EINTERNAL, -17, "internal", "internal error")                                             \
    X(BW_ETOOMANY, -18, "too_many", "more than are allowed")

enum bw_err {
#define X(name, value, code, text) name = value,
    BW_ERRORS(X)
#undef X
};

/* "invalid", "no_space", …: the stable word for programs. "internal" for an unknown number. */
const char *bw_err_code(int err);
/* A sentence for people. */
const char *bw_err_text(int err);
/* The number for a code from the wire; BW_EINTERNAL if unknown. */
int bw_err_from_code(const char *code);

/* What went wrong with one piece of input. `field` is a path such as "data.progress", or "". */
struct bw_fault {
    int err;
    char field[64];
    char message[192];
};

/* Fills *fault (may be NULL) and is err, so that a check reads `return bw_fault(…)`. A macro, so
 * that compiler and analyzer see which value it has. */
#define bw_fault(fault, err, ...) (bw_fault_fill((fault), (err), __VA_ARGS__), bw_fault_value(err))

void bw_fault_fill(struct bw_fault *fault, int err, const char *field, const char *fmt, ...)
    BW_PRINTF(4, 5);

static inline int bw_fault_value(int err)
{
    return err;
}

#endif
