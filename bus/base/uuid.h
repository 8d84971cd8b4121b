/* UUIDv7 (RFC 9562): identifiers that sort by the time they were made, which keeps the journal's
 * index of ids growing at one end. */
#ifndef BW_BASE_UUID_H
#define BW_BASE_UUID_H

enum { BW_UUID_LEN = 36 };

/* Writes BW_UUID_LEN lower-case characters and a NUL. Within one thread, each is greater than the
 * one before. Any thread. */
void bw_uuid7(char out[BW_UUID_LEN + 1]);

#endif
