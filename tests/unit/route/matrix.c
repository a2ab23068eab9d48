/* SPDX-License-Identifier: Apache-2.0
 * The authorisation matrix: every method by every kind of caller to every kind of target,
 * over every transport. What must not happen stands here as plainly as what must.
 *
 *   reg  the registrar    ans  answered by the server   fwd  forwarded   dlg  in dialog
 *   raw  forwarded without state    -  no answer        401s  challenged, stale=true
 *   call answered by the server as a phone would
 *
 * Transports do not make a difference to who may do what: each cell holds for all three.
 */
#include "unit/route/route_support.h"

static const struct {
	enum bel_sip_method method;
	const char *name;
} methods[] = {
	/* in the order of the columns */
	{ BEL_SIP_REGISTER, "REGISTER" },
	{ BEL_SIP_INVITE, "INVITE" },
	{ BEL_SIP_ACK, "ACK" },
	{ BEL_SIP_CANCEL, "CANCEL" },
	{ BEL_SIP_BYE, "BYE" },
	{ BEL_SIP_OPTIONS, "OPTIONS" },
	{ BEL_SIP_MESSAGE, "MESSAGE" },
	{ BEL_SIP_SUBSCRIBE, "SUBSCRIBE" },
	{ BEL_SIP_NOTIFY, "NOTIFY" },
	{ BEL_SIP_PUBLISH, "PUBLISH" },
	{ BEL_SIP_REFER, "REFER" },
	{ BEL_SIP_INFO, "INFO" },
	{ BEL_SIP_UPDATE, "UPDATE" },
	{ BEL_SIP_PRACK, "PRACK" },
	{ BEL_SIP_METHOD_OTHER, "FROBNICATE" },
};

enum who {
	STRANGER,   /* From of a foreign domain, no credentials */
	PRETENDER,  /* From of alice, no credentials */
	FRIEND,     /* From of a domain that `accept from` names */
	WRONG,      /* alice's name, another password */
	STALE,      /* alice's password on an old nonce */
	BROKEN,     /* credentials that cannot be read */
	ALICE,      /* proved */
	NOT_BOB,    /* proved to be alice, From says bob */
	FOREIGN_ME, /* proved to be alice, From of a foreign domain */
	TRUSTED,    /* from a trusted address, without credentials */
	OPEN,       /* From of the open domain */
	MARKED,     /* a stranger in a dialog of ours */
	FAR,        /* the same mark, from where nobody of that dialog was */
	MARKED_NEW, /* a genuine mark, but no To tag: a new request */
	FORGED,     /* a mark that is not ours */
};

enum where {
	USER,      /* bob@example.com */
	NOBODY,    /* no such user */
	SERVER,    /* sip:example.com */
	ABROAD,    /* a foreign domain */
	NEXT_DOOR, /* our address, a port that is not ours, no such user */
	OPEN_USER, /* bob@open.test */
	PUBLIC,    /* the public GRUU of bob's phone */
	TEMPORARY, /* a temporary one */
	ENDED,     /* a temporary one that is over */
	ANSWERED,  /* a number that the server answers itself */
};

static const struct {
	const char *name, *from, *source;
	enum bel_identity identity;
	enum bel_route_mark_state route;
	bool has_to_tag;
} callers[] = {
	[STRANGER] = { "stranger", "sip:eve@foreign.test", "203.0.113.5:5060",
		       BEL_IDENTITY_NONE, BEL_ROUTE_ABSENT, false },
	[PRETENDER] = { "pretender", "sip:alice@example.com", "203.0.113.5:5060",
			BEL_IDENTITY_NONE, BEL_ROUTE_ABSENT, false },
	[FRIEND] = { "friend", "sip:fay@friends.test", "203.0.113.5:5060",
		     BEL_IDENTITY_NONE, BEL_ROUTE_ABSENT, false },
	[WRONG] = { "wrong password", "sip:alice@example.com", "203.0.113.5:5060",
		    BEL_IDENTITY_WRONG, BEL_ROUTE_ABSENT, false },
	[STALE] = { "stale", "sip:alice@example.com", "203.0.113.5:5060",
		    BEL_IDENTITY_STALE, BEL_ROUTE_ABSENT, false },
	[BROKEN] = { "broken credentials", "sip:alice@example.com", "203.0.113.5:5060",
		     BEL_IDENTITY_BROKEN, BEL_ROUTE_ABSENT, false },
	[ALICE] = { "alice", "sip:alice@example.com", "203.0.113.5:5060",
		    BEL_IDENTITY_VALID, BEL_ROUTE_ABSENT, false },
	[NOT_BOB] = { "alice as bob", "sip:bob@example.com", "203.0.113.5:5060",
		      BEL_IDENTITY_VALID, BEL_ROUTE_ABSENT, false },
	[FOREIGN_ME] = { "alice from abroad", "sip:alice@foreign.test",
			 "203.0.113.5:5060", BEL_IDENTITY_VALID, BEL_ROUTE_ABSENT,
			 false },
	[TRUSTED] = { "trusted", "sip:eve@foreign.test", "198.51.100.7:5060",
		      BEL_IDENTITY_NONE, BEL_ROUTE_ABSENT, false },
	[OPEN] = { "open domain", "sip:olga@open.test", "203.0.113.5:5060",
		   BEL_IDENTITY_NONE, BEL_ROUTE_ABSENT, false },
	[MARKED] = { "marked dialog", "sip:eve@foreign.test", "203.0.113.5:5060",
		     BEL_IDENTITY_NONE, BEL_ROUTE_MARKED, true },
	[FAR] = { "mark of a former peer", "sip:eve@foreign.test", "203.0.113.6:5060",
		  BEL_IDENTITY_NONE, BEL_ROUTE_MARKED, true },
	[MARKED_NEW] = { "mark without dialog", "sip:eve@foreign.test",
			 "203.0.113.5:5060", BEL_IDENTITY_NONE, BEL_ROUTE_MARKED, false },
	[FORGED] = { "forged mark", "sip:eve@foreign.test", "203.0.113.5:5060",
		     BEL_IDENTITY_VALID, BEL_ROUTE_FORGED, true },
};

static const struct {
	const char *name, *uri;
} targets[] = {
	[USER] = { "user", "sip:bob@example.com" },
	[NOBODY] = { "nobody", "sip:nobody@example.com" },
	[SERVER] = { "server", "sip:example.com" },
	[ABROAD] = { "abroad", "sip:carol@foreign.test" },
	[NEXT_DOOR] = { "next door", "sip:carol@192.0.2.1:5090" },
	[OPEN_USER] = { "open user", "sip:bob@open.test" },
	[PUBLIC] = { "public GRUU", "sip:bob@example.com;gr=" WORLD_INSTANCE },
	[TEMPORARY] = { "temporary GRUU", "sip:tgruu.bob@example.com;gr" },
	[ENDED] = { "ended GRUU", "sip:tgruu.old@example.com;gr" },
	[ANSWERED] = { "answered number", "sip:600@example.com" },
};

/* clang-format off */
static const struct {
	enum who who;
	enum where where;
	const char *outcomes;
} cells[] = {
	/*                         REG  INV  ACK  CANC BYE  OPT  MSG  SUB  NOT  PUB  REF  INF  UPD  PRA  other */
	{ STRANGER,   USER,      "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   NOBODY,    "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   SERVER,    "401  405  -    481  405  -    405  401  407  401  405  405  405  405  501" },
	{ STRANGER,   ABROAD,    "407  407  -    481  407  -    407  407  407  407  407  407  407  407  407" },
	{ STRANGER,   NEXT_DOOR, "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   OPEN_USER, "404  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   PUBLIC,    "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   TEMPORARY, "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   ENDED,     "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },
	{ STRANGER,   ANSWERED,  "401  407  -    481  407  -    407  401  407  401  407  407  407  407  407" },

	{ PRETENDER,  USER,      "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  NOBODY,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  SERVER,    "401  405  -    481  405  ans  405  401  407  401  405  405  405  405  501" },
	{ PRETENDER,  ABROAD,    "407  407  -    481  407  -    407  407  407  407  407  407  407  407  407" },
	{ PRETENDER,  NEXT_DOOR, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  OPEN_USER, "404  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  PUBLIC,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  TEMPORARY, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  ENDED,     "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ PRETENDER,  ANSWERED,  "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },

	{ FRIEND,     USER,      "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ FRIEND,     NOBODY,    "401  404  -    481  404  404  404  401  481  401  404  404  404  404  404" },
	{ FRIEND,     SERVER,    "401  405  -    481  405  ans  405  401  481  401  405  405  405  405  501" },
	{ FRIEND,     ABROAD,    "407  407  -    481  407  -    407  407  407  407  407  407  407  407  407" },
	{ FRIEND,     NEXT_DOOR, "401  404  -    481  404  404  404  401  481  401  404  404  404  404  404" },
	{ FRIEND,     OPEN_USER, "404  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ FRIEND,     PUBLIC,    "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ FRIEND,     TEMPORARY, "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ FRIEND,     ENDED,     "401  404  -    481  404  404  404  401  481  401  404  404  404  404  404" },
	{ FRIEND,     ANSWERED,  "401  call -    481  405  ans  405  401  481  401  405  405  405  405  501" },

	{ WRONG,      USER,      "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      NOBODY,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      SERVER,    "401  405  -    481  405  ans  405  401  407  401  405  405  405  405  501" },
	{ WRONG,      ABROAD,    "407  407  -    481  407  -    407  407  407  407  407  407  407  407  407" },
	{ WRONG,      NEXT_DOOR, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      OPEN_USER, "404  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      PUBLIC,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      TEMPORARY, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      ENDED,     "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ WRONG,      ANSWERED,  "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },

	{ STALE,      USER,      "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      NOBODY,    "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      SERVER,    "401s 405  -    481  405  ans  405  401s 407s 401s 405  405  405  405  501" },
	{ STALE,      ABROAD,    "407s 407s -    481  407s 407s 407s 407s 407s 407s 407s 407s 407s 407s 407s" },
	{ STALE,      NEXT_DOOR, "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      OPEN_USER, "404  407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      PUBLIC,    "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      TEMPORARY, "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      ENDED,     "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },
	{ STALE,      ANSWERED,  "401s 407s -    481  407s 407s 407s 401s 407s 401s 407s 407s 407s 407s 407s" },

	{ BROKEN,     USER,      "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     NOBODY,    "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     SERVER,    "400  405  -    481  405  ans  405  400  400  400  405  405  405  405  501" },
	{ BROKEN,     ABROAD,    "400  400  -    481  400  -    400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     NEXT_DOOR, "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     OPEN_USER, "404  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     PUBLIC,    "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     TEMPORARY, "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     ENDED,     "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },
	{ BROKEN,     ANSWERED,  "400  400  -    481  400  400  400  400  400  400  400  400  400  400  400" },

	{ ALICE,      USER,      "reg  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      NOBODY,    "reg  404  -    481  404  404  404  489  481  489  404  404  404  404  404" },
	{ ALICE,      SERVER,    "reg  405  -    481  405  ans  405  489  481  489  405  405  405  405  501" },
	{ ALICE,      ABROAD,    "fwd  fwd  -    481  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      NEXT_DOOR, "reg  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      OPEN_USER, "404  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      PUBLIC,    "reg  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      TEMPORARY, "reg  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ ALICE,      ENDED,     "reg  404  -    481  404  404  404  489  481  489  404  404  404  404  404" },
	{ ALICE,      ANSWERED,  "reg  call -    481  405  ans  405  489  481  489  405  405  405  405  501" },

	{ NOT_BOB,    USER,      "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    NOBODY,    "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    SERVER,    "403  405  -    481  405  ans  405  489  403  489  405  405  405  405  501" },
	{ NOT_BOB,    ABROAD,    "403  403  -    481  403  403  403  403  403  403  403  403  403  403  403" },
	{ NOT_BOB,    NEXT_DOOR, "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    OPEN_USER, "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    PUBLIC,    "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    TEMPORARY, "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    ENDED,     "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ NOT_BOB,    ANSWERED,  "403  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },

	{ FOREIGN_ME, USER,      "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, NOBODY,    "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, SERVER,    "404  405  -    481  405  ans  405  489  403  489  405  405  405  405  501" },
	{ FOREIGN_ME, ABROAD,    "403  403  -    481  403  403  403  403  403  403  403  403  403  403  403" },
	{ FOREIGN_ME, NEXT_DOOR, "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, OPEN_USER, "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, PUBLIC,    "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, TEMPORARY, "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, ENDED,     "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },
	{ FOREIGN_ME, ANSWERED,  "404  403  -    481  403  403  403  489  403  489  403  403  403  403  403" },

	{ TRUSTED,    USER,      "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ TRUSTED,    NOBODY,    "401  404  -    481  404  404  404  401  481  401  404  404  404  404  404" },
	{ TRUSTED,    SERVER,    "401  405  -    481  405  ans  405  401  481  401  405  405  405  405  501" },
	{ TRUSTED,    ABROAD,    "fwd  fwd  -    481  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd  fwd" },
	{ TRUSTED,    NEXT_DOOR, "401  fwd  -    481  raw  raw  raw  401  481  401  fwd  raw  raw  raw  raw" },
	{ TRUSTED,    OPEN_USER, "404  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ TRUSTED,    PUBLIC,    "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ TRUSTED,    TEMPORARY, "401  fwd  -    481  fwd  fwd  fwd  401  481  401  fwd  fwd  fwd  fwd  fwd" },
	{ TRUSTED,    ENDED,     "401  404  -    481  404  404  404  401  481  401  404  404  404  404  404" },
	{ TRUSTED,    ANSWERED,  "401  call -    481  405  ans  405  401  481  401  405  405  405  405  501" },

	{ OPEN,       USER,      "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       NOBODY,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       SERVER,    "401  405  -    481  405  ans  405  401  407  401  405  405  405  405  501" },
	{ OPEN,       ABROAD,    "407  407  -    481  407  -    407  407  407  407  407  407  407  407  407" },
	{ OPEN,       NEXT_DOOR, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       OPEN_USER, "reg  fwd  -    481  fwd  fwd  fwd  489  481  489  fwd  fwd  fwd  fwd  fwd" },
	{ OPEN,       PUBLIC,    "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       TEMPORARY, "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       ENDED,     "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },
	{ OPEN,       ANSWERED,  "401  407  -    481  407  407  407  401  407  401  407  407  407  407  407" },

	{ MARKED,     USER,      "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     NOBODY,    "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     SERVER,    "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     ABROAD,    "407  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  407  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     NEXT_DOOR, "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     OPEN_USER, "404  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     PUBLIC,    "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     TEMPORARY, "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },
	{ MARKED,     ENDED,     "401  404  -    481  404  404  404  404  404  401  404  404  404  404  404" },
	{ MARKED,     ANSWERED,  "401  dlg  dlg  481  dlg  dlg  dlg  dlg  dlg  401  dlg  dlg  dlg  dlg  dlg" },

	{ FAR,        USER,      "401  407  dlg  481  407  -    407  401  407  401  407  407  407  407  407" },
	{ FAR,        NOBODY,    "401  407  dlg  481  407  -    407  401  407  401  407  407  407  407  407" },
	{ FAR,        SERVER,    "401  405  dlg  481  405  -    405  401  407  401  405  405  405  405  501" },
	{ FAR,        ABROAD,    "407  407  dlg  481  407  -    407  407  407  407  407  407  407  407  407" },
	{ FAR,        NEXT_DOOR, "401  407  dlg  481  407  -    407  401  407  401  407  407  407  407  407" },
	{ FAR,        OPEN_USER, "404  407  dlg  481  407  -    407  401  407  401  407  407  407  407  407" },
	{ FAR,        PUBLIC,    "401  407  dlg  481  407  -    407  407  407  401  407  407  407  407  407" },
	{ FAR,        TEMPORARY, "401  407  dlg  481  407  -    407  407  407  401  407  407  407  407  407" },
	{ FAR,        ENDED,     "401  407  -    481  407  -    407  407  407  401  407  407  407  407  407" },
	{ FAR,        ANSWERED,  "401  407  dlg  481  407  -    407  401  407  401  407  407  407  407  407" },

	{ MARKED_NEW, USER,      "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, NOBODY,    "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, SERVER,    "401  405  dlg  481  dlg  -    405  401  407  401  405  405  405  405  501" },
	{ MARKED_NEW, ABROAD,    "407  407  dlg  481  dlg  -    407  407  407  407  407  407  407  407  407" },
	{ MARKED_NEW, NEXT_DOOR, "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, OPEN_USER, "404  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, PUBLIC,    "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, TEMPORARY, "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, ENDED,     "401  407  -    481  404  -    407  401  407  401  407  407  407  407  407" },
	{ MARKED_NEW, ANSWERED,  "401  407  dlg  481  dlg  -    407  401  407  401  407  407  407  407  407" },

	{ FORGED,     USER,      "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     NOBODY,    "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     SERVER,    "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     ABROAD,    "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     NEXT_DOOR, "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     OPEN_USER, "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     PUBLIC,    "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     TEMPORARY, "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     ENDED,     "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
	{ FORGED,     ANSWERED,  "403  403  -    403  403  403  403  403  403  403  403  403  403  403  403" },
};
/* clang-format on */

static struct world *open_cell(enum who who, enum where where, unsigned method,
			       enum bel_sip_transport transport)
{
	struct world *world = open_world();
	struct bel_facts *facts = &world->facts;

	static const struct bel_conf_route echo = { .table = BEL_ROUTE_LOCAL,
						    .pattern = { "600", 3 },
						    .step = BEL_STEP_ANSWER };

	world->conf.routes = &echo;
	world->conf.routes_count = 1;
	facts->method = methods[method].method;
	facts->method_text = bel_str_from(methods[method].name);
	facts->from = uri(callers[who].from);
	/* a REGISTER is about its sender */
	facts->to = facts->method == BEL_SIP_REGISTER ? facts->from
						      : uri(targets[where].uri);
	facts->target = uri(targets[where].uri);
	facts->source = addr(callers[who].source);
	facts->transport = transport;
	facts->route = callers[who].route;
	facts->has_to_tag = callers[who].has_to_tag;
	facts->is_near = who == MARKED || who == MARKED_NEW;
	if (callers[who].identity == BEL_IDENTITY_VALID)
		facts->identity_user = BEL_STR("alice");
	return world;
}

static void check_cell(enum who who, enum where where, unsigned method, bel_str expected)
{
	static const enum bel_sip_transport transports[] = { BEL_SIP_UDP, BEL_SIP_TCP,
							     BEL_SIP_TLS };

	for (size_t i = 0; i < BEL_COUNT_OF(transports); i++) {
		struct world *world = open_cell(who, where, method, transports[i]);
		char buf[16];
		const char *outcome = outcome_of(plan_all(world, callers[who].identity),
						 buf, sizeof buf);
		if (!bel_str_is_equal(expected, bel_str_from(outcome)))
			fail_msg("%s by %s to %s, transport %zu: %s, not %.*s",
				 methods[method].name, callers[who].name,
				 targets[where].name, i, outcome, BEL_STR_ARG(expected));
		close_world(world);
	}
}

static void every_cell_is_as_written(void **state)
{
	bool is_seen[BEL_COUNT_OF(callers)][BEL_COUNT_OF(targets)] = { { false } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(cells); i++) {
		struct bel_cursor cursor = bel_cursor_init(
			bel_str_from(cells[i].outcomes));
		assert_false(is_seen[cells[i].who][cells[i].where]);
		is_seen[cells[i].who][cells[i].where] = true;
		for (unsigned method = 0; method < BEL_COUNT_OF(methods); method++) {
			bel_str expected = bel_cursor_until_char(&cursor, ' ');
			while (bel_cursor_take(&cursor, ' '))
				;
			assert_true(expected.len > 0);
			check_cell(cells[i].who, cells[i].where, method, expected);
		}
		assert_true(bel_cursor_is_end(&cursor));
	}
	for (size_t who = 0; who < BEL_COUNT_OF(callers); who++)
		for (size_t where = 0; where < BEL_COUNT_OF(targets); where++)
			assert_true(is_seen[who][where]);
}

static void every_method_has_its_column(void **state)
{
	bool is_seen[BEL_SIP_METHOD_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++)
		is_seen[methods[i].method] = true;
	for (size_t i = 0; i < BEL_COUNT_OF(is_seen); i++)
		assert_true(is_seen[i]);
}

/* What no row may say, whoever edits the table: a summary of the law. */
static void nobody_unproved_registers_or_is_relayed(void **state)
{
	(void)state;
	for (enum who who = 0; who < BEL_COUNT_OF(callers); who++) {
		bool is_proved = who == ALICE || who == NOT_BOB || who == FOREIGN_ME;
		for (enum where where = 0; where < BEL_COUNT_OF(targets); where++) {
			for (unsigned i = 0; i < BEL_COUNT_OF(methods); i++) {
				struct world *world = open_cell(who, where, i,
								BEL_SIP_UDP);
				enum bel_plan_kind kind =
					plan_all(world, callers[who].identity)->kind;
				bool is_out = kind == BEL_PLAN_FORWARD ||
					      kind == BEL_PLAN_FORWARD_STATELESS;
				bool is_abroad = where == ABROAD || where == NEXT_DOOR;
				if (is_out && is_abroad)
					assert_true(is_proved || who == TRUSTED);
				if (kind == BEL_PLAN_REGISTER && where != OPEN_USER)
					assert_true(is_proved);
				/* A GRUU opens no door that the address does not. */
				if (is_out && who != MARKED && where >= PUBLIC)
					assert_true(is_proved || who == TRUSTED ||
						    who == FRIEND);
				if (who == FORGED)
					assert_true(kind == BEL_PLAN_REJECT ||
						    kind == BEL_PLAN_DROP);
				close_world(world);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_as_written),
		cmocka_unit_test(every_method_has_its_column),
		cmocka_unit_test(nobody_unproved_registers_or_is_relayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
