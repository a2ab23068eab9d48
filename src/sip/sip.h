/* SPDX-License-Identifier: Apache-2.0
 *
 * sip: the codec of the SIP wire (RFC 3261 and the header fields of its extensions).
 * Pure: bytes in, structures that borrow those bytes out, and the way back; no socket, no
 * clock, no heap. A message is indexed in the buffer it came in (sip/msg.h), its values
 * are decoded when somebody asks (sip/value.h, sip/uri.h), and what leaves is either made
 * of runs of a message that came in, or written field by field (sip/write.h).
 *
 *   bytes -> bel_sip_frame (streams) -> bel_sip_parse -> bel_sip_validate -> typed values
 *   request -> bel_sip_respond -> reply          message -> struct bel_sip_splice ->
 * message
 *
 * Every bel_str that comes out of this room points into the message or the text it was
 * asked about. A message and what was decoded from it belong to one thread at a time.
 * Start with msg.h; the reading order of the code is marks.h, line.h, parse.c, reader.h,
 * validate.c. */
#ifndef BEL_SIP_SIP_H
#define BEL_SIP_SIP_H

#include "sip/name.h"
#include "sip/uri.h"
#include "sip/flow.h"
#include "sip/value.h"
#include "sip/msg.h"
#include "sip/clue.h"
#include "sip/write.h"

#endif
