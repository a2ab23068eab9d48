/* SPDX-License-Identifier: Apache-2.0
 *
 * base: what every room stands on. Bytes are read through a bounded cursor and made
 * through a bounded writer, never with str* or sprintf; memory with one end of life comes
 * from an arena with a budget; an address is a small value; errors are one enum.
 * Nothing in here knows SIP, a socket or a clock. Start with str.h and writer.h. */
#ifndef BEL_BASE_BASE_H
#define BEL_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/cursor.h"
#include "base/writer.h"
#include "base/pool.h"
#include "base/arena.h"
#include "base/list.h"
#include "base/hash.h"
#include "base/addr.h"
#include "base/log.h"

#define BEL_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define BEL_CONTAINER_OF(ptr, type, member)                                              \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
