/* Unpacking what strangers send.
 *
 * DESIGN. msgpack-c allocates an array for as many values as its header announces: five bytes can
 * ask for 96 GiB. So the bytes are walked first, without building anything: every announced value
 * has to fit into what is left, depth and the number of values have bounds, and nothing may follow.
 * Only then msgpack-c builds the object. */
#include "wire/mp.h"
#include "wire/scan.h"

static int walk_all(struct bw_str bytes, int max_depth, struct bw_fault *fault)
{
    struct bw_scan s = bw_scan_begin(bytes);
    switch (bw_scan_pass(&s, (unsigned)max_depth, BW_MP_VALUES_MAX)) {
    case BW_SCAN_CUT_OFF:
        return bw_fault(fault, BW_EPROTO, "", "msgpack ends in the middle, after %zu bytes",
                        bytes.len);
    case BW_SCAN_NO_MSGPACK:
        return bw_fault(fault, BW_EPROTO, "", "not msgpack");
    case BW_SCAN_TOO_MANY:
        return bw_fault(fault, BW_EPROTO, "", "msgpack holds more than %d values",
                        BW_MP_VALUES_MAX);
    case BW_SCAN_TOO_DEEP:
        return bw_fault(fault, BW_EPROTO, "", "msgpack nests deeper than %d levels", max_depth);
    case BW_SCAN_WHOLE:
        break;
    }
    if (s.at != s.end)
        return bw_fault(fault, BW_EPROTO, "", "msgpack is followed by %zu more bytes",
                        (size_t)(s.end - s.at));
    return 0;
}

int bw_mp_unpack(struct bw_str bytes, int max_depth, msgpack_zone *zone, msgpack_object *out,
                 struct bw_fault *fault)
{
    size_t offset = 0;
    int err = walk_all(bytes, max_depth < BW_MP_DEPTH_MAX ? max_depth : BW_MP_DEPTH_MAX, fault);
    if (err)
        return err;
    switch (msgpack_unpack(bytes.ptr, bytes.len, &offset, zone, out)) {
    case MSGPACK_UNPACK_SUCCESS:
        return 0;
    case MSGPACK_UNPACK_NOMEM_ERROR:
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    default:
        return bw_fault(fault, BW_EPROTO, "", "not msgpack");
    }
}
