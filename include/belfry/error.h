/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: every function that can fail returns one of these. Results go out through the
 * first parameter, and are untouched on failure. */
#ifndef BELFRY_ERROR_H
#define BELFRY_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers stay what they are; later versions may add some. */
enum belfry_error {
	BELFRY_OK = 0,
	BELFRY_ERROR_MEMORY = 1,
	BELFRY_ERROR_SYNTAX = 2,      /* a text that is not what it should be */
	BELFRY_ERROR_LIMIT = 3,       /* too many, too long */
	BELFRY_ERROR_NOT_FOUND = 4,   /* a file, a device, a name of the DNS */
	BELFRY_ERROR_UNSUPPORTED = 5, /* not here: a codec, a library, a transport */
	BELFRY_ERROR_DENIED = 6,      /* a file that may not be read or made */
	BELFRY_ERROR_MISMATCH = 7,    /* a certificate that is somebody else's */
	BELFRY_ERROR_CLOSED = 8,      /* the other side is gone */
	BELFRY_ERROR_BUSY = 9,        /* an exchange is under way; try again later */
	BELFRY_ERROR_TIMEOUT = 10,    /* nobody answered */
	BELFRY_ERROR_TLS = 11,
	BELFRY_ERROR_DNS = 12,    /* the name could not be looked up */
	BELFRY_ERROR_STATE = 13,  /* not now: a call that does not stand, or is over */
	BELFRY_ERROR_SYSTEM = 14, /* the operating system refuses */
};

/* A few English words, static; never NULL. A whole sentence about the last failure has
 * belfry_agent_last_error. Any thread. */
const char *belfry_error_text(enum belfry_error error);

#ifdef __cplusplus
}
#endif

#endif
