/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in header fields, as structures over the text. Every parser here takes one
 * value (one element of a comma list) with or without blanks and folds around its parts,
 * checks all of it, and returns BEL_ERR_SYNTAX (BEL_ERR_LIMIT for a number too large)
 * with *out untouched when it is not one. Nothing is copied and nothing is unescaped. */
#ifndef BEL_SIP_VALUE_H
#define BEL_SIP_VALUE_H

#include "base/base.h"
#include "sip/name.h"
#include "sip/uri.h"

/* One ";name=value". A quoted value comes without its quotes, still escaped. */
struct bel_sip_param {
	bel_str name;
	bel_str value;
	bool has_value; /* "=" was there */
	bool is_quoted;
};

/* Takes the next parameter off *params (the text after a value, with or without its first
 * ';'). BEL_ERR_NOT_FOUND at the end, BEL_ERR_SYNTAX for what is no parameter. */
enum bel_err bel_sip_param_next(struct bel_sip_param *out, bel_str *params);
/* First parameter of that name (any case); value may be NULL. */
bool bel_sip_param_find(bel_str *value, bel_str params, bel_str name);
/* The inside of a quoted string with its backslashes undone; the text itself when it has
 * none, else a copy in the arena. BEL_ERR_SPACE when that is used up. */
enum bel_err bel_sip_unquote(bel_str *out, struct bel_arena *arena, bel_str quoted);

/* name-addr or addr-spec with parameters: From, To, Contact, Route, Record-Route, Path,
 * Service-Route, Refer-To, Reply-To, P-Asserted-Identity, Diversion and their like.
 * Without
 * <>, what follows ';' belongs to the field, and '?' or ',' in the URI is an error
 * (RFC 3261 section 20, RFC 8217). */
struct bel_sip_addr {
	bel_str display; /* without quotes, escaped; empty when absent */
	struct bel_uri uri;
	bel_str params; /* of the field, after the first ';' */
	bel_str tag;    /* parameter tag; empty when absent */
	bool has_brackets;
	bool is_star; /* Contact: "*"; the rest is empty then */
};
enum bel_err bel_sip_addr_parse(struct bel_sip_addr *out, bel_str value);
/* Contact only: also accepts "*". */
enum bel_err bel_sip_contact_parse(struct bel_sip_addr *out, bel_str value);

enum bel_sip_transport {
	BEL_SIP_TRANSPORT_OTHER,
	BEL_SIP_UDP,
	BEL_SIP_TCP,
	BEL_SIP_TLS,
	BEL_SIP_WS,
	BEL_SIP_WSS,
	BEL_SIP_SCTP,
};
enum bel_sip_transport bel_sip_transport_find(bel_str text);
/* "UDP"; empty for OTHER. */
bel_str bel_sip_transport_name(enum bel_sip_transport transport);

/* RFC 3261 section 20.42, RFC 3581. */
struct bel_sip_via {
	bel_str sent_by; /* host and port as written, the key of a server transaction */
	bel_str host;    /* IPv6 in its brackets */
	bel_str branch;
	bel_str received;
	bel_str maddr;
	bel_str params; /* after the first ';' */
	bel_str transport_text;
	uint16_t port;     /* 0 when not written */
	uint16_t rport;    /* 0 when it has no value */
	uint8_t transport; /* enum bel_sip_transport */
	uint8_t ttl;
	bool has_rport;
	bool has_cookie; /* branch begins with z9hG4bK and goes on (RFC 3261
			    section 8.1.1.7) */
};
enum bel_err bel_sip_via_parse(struct bel_sip_via *out, bel_str value);

struct bel_sip_cseq {
	uint32_t number;
	enum bel_sip_method method;
	bel_str method_text;
};
enum bel_err bel_sip_cseq_parse(struct bel_sip_cseq *out, bel_str value);

/* RFC 3262 section 7.2. */
struct bel_sip_rack {
	uint32_t rseq;
	struct bel_sip_cseq cseq;
};
enum bel_err bel_sip_rack_parse(struct bel_sip_rack *out, bel_str value);

/* Digits only, at most max: Max-Forwards, Expires, Min-Expires, RSeq, Content-Length. */
enum bel_err bel_sip_number_parse(uint32_t *out, bel_str value, uint32_t max);
/* Seconds: a number above 2^32-1 is taken for 2^32-1 (RFC 3261 section 20.19). */
enum bel_err bel_sip_seconds_parse(uint32_t *out, bel_str value);
/* RFC 3261 section 25.1 qvalue in thousandths, 0 to 1000. */
enum bel_err bel_sip_q_parse(uint16_t *out, bel_str value);

/* A word with parameters: Event, Subscription-State, Reason, Content-Disposition, Accept,
 * Allow-Events, option tags, Accept-Encoding, Retry-After (the comment is skipped). */
struct bel_sip_item {
	bel_str word;
	bel_str params;
};
enum bel_err bel_sip_item_parse(struct bel_sip_item *out, bel_str value);

/* RFC 3261 section 20.15; the subtype may be "*" in Accept. */
struct bel_sip_media {
	bel_str type, subtype, params;
};
enum bel_err bel_sip_media_parse(struct bel_sip_media *out, bel_str value);
/* Both words in any case: bel_sip_media_is(&media, BEL_STR("application/sdp")). */
bool bel_sip_media_is(const struct bel_sip_media *media, bel_str type_and_subtype);

/* RFC 6665 section 8.2.1. */
struct bel_sip_event {
	bel_str package, id, params;
};
enum bel_err bel_sip_event_parse(struct bel_sip_event *out, bel_str value);

/* RFC 6665 section 8.2.3; a number that is not there is -1. */
struct bel_sip_sub_state {
	bel_str state, reason;
	int64_t expires_s, retry_after_s;
};
enum bel_err bel_sip_sub_state_parse(struct bel_sip_sub_state *out, bel_str value);

enum bel_sip_refresher {
	BEL_SIP_REFRESHER_NONE,
	BEL_SIP_REFRESHER_UAC,
	BEL_SIP_REFRESHER_UAS
};
/* RFC 4028 sections 4 and 5; Min-SE alike. */
struct bel_sip_session_expires {
	uint32_t interval_s;
	enum bel_sip_refresher refresher;
};
enum bel_err bel_sip_session_expires_parse(struct bel_sip_session_expires *out,
					   bel_str value);

/* RFC 3891 section 6.1; Join (RFC 3911) and Target-Dialog (RFC 4538: tags are named
 * remote-tag and local-tag, put into to_tag and from_tag) alike. */
struct bel_sip_replaces {
	bel_str call_id, to_tag, from_tag;
	bool is_early_only;
};
enum bel_err bel_sip_replaces_parse(struct bel_sip_replaces *out, bel_str value);

/* RFC 3326; cause is -1 when absent. */
struct bel_sip_reason {
	bel_str protocol, text;
	int32_t cause;
};
enum bel_err bel_sip_reason_parse(struct bel_sip_reason *out, bel_str value);

/* RFC 3261 section 20.43. */
struct bel_sip_warning {
	uint16_t code;
	bel_str agent, text;
};
enum bel_err bel_sip_warning_parse(struct bel_sip_warning *out, bel_str value);

/* RFC 3261 section 20.17: seconds since 1970; other zones than GMT are BEL_ERR_SYNTAX. */
enum bel_err bel_sip_date_parse(int64_t *out_s, bel_str value);

/* Authorization, WWW-Authenticate and the proxy's two: a scheme and name=value pairs. For
 * Authentication-Info, which has no scheme, give the value to bel_sip_auth_next. */
struct bel_sip_auth {
	bel_str scheme;
	bel_str params;
};
enum bel_err bel_sip_auth_parse(struct bel_sip_auth *out, bel_str value);
/* Takes the next pair off *params; errors as bel_sip_param_next. */
enum bel_err bel_sip_auth_next(struct bel_sip_param *out, bel_str *params);

/* One body part of a multipart (RFC 2046 section 5.1, RFC 5621). */
struct bel_sip_part {
	bel_str headers; /* whole lines */
	bel_str content_type, content_disposition, content_id;
	bel_str body;
};
struct bel_sip_parts {
	bel_str left;     /* begins with the delimiter of the next part */
	bel_str boundary; /* without the dashes; a quoted one as written */
	unsigned count;
};
/* content_type is the value of Content-Type; BEL_ERR_UNSUPPORTED when it is no multipart.
 */
enum bel_err bel_sip_parts_init(struct bel_sip_parts *parts, bel_str content_type,
				bel_str body);
/* BEL_ERR_NOT_FOUND after the close delimiter, BEL_ERR_SYNTAX when that is missing,
 * BEL_ERR_LIMIT after the 32nd part. */
enum bel_err bel_sip_parts_next(struct bel_sip_part *out, struct bel_sip_parts *parts);

#endif
