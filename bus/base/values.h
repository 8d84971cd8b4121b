/* Lists of values in one text, with commas between them: in addresses and on command lines. */
#ifndef BW_BASE_VALUES_H
#define BW_BASE_VALUES_H

#include "base/str.h"

/* Takes the next value that is not empty; *rest goes on behind it. A comma or backslash with a
 * backslash before it is a part of the value; any other backslash is, too. *value borrows from
 * `out`, which has room for all of *rest, or is where *rest is. False: there is none. */
bool bw_values_take(struct bw_str *rest, char *out, struct bw_str *value);

#endif
