/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_ERR_H
#define BEL_BASE_ERR_H

/* What a function that can fail returns. Errors of the system are -errno (cast to this
 * type); ours start at -1000. Results go out through the first parameter and are
 * untouched on failure; errno never crosses a function boundary. */
enum bel_err {
	BEL_OK = 0,
	BEL_ERR_SYNTAX = -1000, /* bytes that the grammar does not allow */
	BEL_ERR_LIMIT = -1001,  /* over a limit of the table of limits */
	BEL_ERR_SPACE = -1002,  /* the writer's or the arena's budget is used up */
	BEL_ERR_NOT_FOUND = -1003,
	BEL_ERR_EXISTS = -1004,
	BEL_ERR_UNSUPPORTED = -1005,
	BEL_ERR_DENIED = -1006,   /* not authorised */
	BEL_ERR_MISMATCH = -1007, /* a checksum, digest or name that does not agree */
	BEL_ERR_CLOSED = -1008,   /* the peer, file or flow is gone */
	BEL_ERR_BUSY = -1009,     /* a bounded queue is full */
	BEL_ERR_TIMEOUT = -1010,
	BEL_ERR_TLS = -1011,
	BEL_ERR_DNS = -1012,
	BEL_ERR_STORE = -1013, /* a file of ours is damaged or refuses */
	BEL_ERR_AGAIN = -1014, /* nothing wrong: ask again when told */
};

/* English text for logs and terminals, never NULL; static, not to be freed. Any thread.
 */
const char *bel_err_text(enum bel_err err);

/* errno (positive) as an error; 0 becomes EIO, for it is asked only after a failure. */
enum bel_err bel_err_from_errno(int number);

#endif
