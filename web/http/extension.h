/* Which WebSocket extension is agreed on: permessage-deflate (RFC 7692) without context takeover in
 * either direction, or none. */
#ifndef BW_HTTP_EXTENSION_H
#define BW_HTTP_EXTENSION_H

#include "base/str.h"

enum { BW_EXTENSION_LINE_MAX = 160 };

/* Chooses the first acceptable offer of a Sec-WebSocket-Extensions header's value. Returns the size
 * of the client's window in bits, 9 to 15, and writes the header line of the answer with its CRLF;
 * 0 and "": none is acceptable. */
unsigned bw_extension_choose(struct bw_str offers, char line[BW_EXTENSION_LINE_MAX]);

#endif
