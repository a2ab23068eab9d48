/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of SIP as small numbers: methods, header field names, status phrases. Finding
 * a name costs one multiplication and one comparison; the list below is the only place
 * where names are written, and header_slots.h is made from it by header_slots.py. */
#ifndef BEL_SIP_NAME_H
#define BEL_SIP_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

/* The methods registered with IANA. Methods are compared case for case (RFC 3261 section
 * 7.1); one that is not listed is OTHER and goes by its text. */
#define BEL_SIP_METHODS(X)                                                               \
	X(INVITE)                                                                        \
	X(ACK)                                                                           \
	X(BYE)                                                                           \
	X(CANCEL)                                                                        \
	X(REGISTER)                                                                      \
	X(OPTIONS)                                                                       \
	X(PRACK)                                                                         \
	X(SUBSCRIBE)                                                                     \
	X(NOTIFY)                                                                        \
	X(PUBLISH)                                                                       \
	X(INFO)                                                                          \
	X(REFER)                                                                         \
	X(MESSAGE)                                                                       \
	X(UPDATE)

enum bel_sip_method {
	BEL_SIP_METHOD_OTHER,
#define X(name) BEL_SIP_##name,
	BEL_SIP_METHODS(X)
#undef X
		BEL_SIP_METHOD_COUNT
};

enum bel_sip_method bel_sip_method_find(bel_str text);
/* "INVITE"; empty for OTHER. */
bel_str bel_sip_method_name(enum bel_sip_method method);

/* How values are cut: LIST values may be joined by commas on one line, SINGLE ones may
 * stand once in a message, MANY have a line each, since they may hold commas. */
enum bel_sip_shape { BEL_SIP_MANY, BEL_SIP_LIST, BEL_SIP_SINGLE };

/* identifier, name as written by us, compact form or 0, shape. */
#define BEL_SIP_HEADERS(X)                                                               \
	X(ACCEPT, "Accept", 0, LIST)                                                     \
	X(ACCEPT_CONTACT, "Accept-Contact", 'a', LIST)                                   \
	X(ACCEPT_ENCODING, "Accept-Encoding", 0, LIST)                                   \
	X(ACCEPT_LANGUAGE, "Accept-Language", 0, LIST)                                   \
	X(ACCEPT_RESOURCE_PRIORITY, "Accept-Resource-Priority", 0, LIST)                 \
	X(ADDITIONAL_IDENTITY, "Additional-Identity", 0, LIST)                           \
	X(ALERT_INFO, "Alert-Info", 0, LIST)                                             \
	X(ALLOW, "Allow", 0, LIST)                                                       \
	X(ALLOW_EVENTS, "Allow-Events", 'u', LIST)                                       \
	X(ANSWER_MODE, "Answer-Mode", 0, SINGLE)                                         \
	X(AUTHENTICATION_INFO, "Authentication-Info", 0, MANY)                           \
	X(AUTHORIZATION, "Authorization", 0, MANY)                                       \
	X(CALL_ID, "Call-ID", 'i', SINGLE)                                               \
	X(CALL_INFO, "Call-Info", 0, LIST)                                               \
	X(CONTACT, "Contact", 'm', LIST)                                                 \
	X(CONTENT_DISPOSITION, "Content-Disposition", 0, SINGLE)                         \
	X(CONTENT_ENCODING, "Content-Encoding", 'e', LIST)                               \
	X(CONTENT_ID, "Content-ID", 0, SINGLE)                                           \
	X(CONTENT_LANGUAGE, "Content-Language", 0, LIST)                                 \
	X(CONTENT_LENGTH, "Content-Length", 'l', SINGLE)                                 \
	X(CONTENT_TRANSFER_ENCODING, "Content-Transfer-Encoding", 0, SINGLE)             \
	X(CONTENT_TYPE, "Content-Type", 'c', SINGLE)                                     \
	X(CSEQ, "CSeq", 0, SINGLE)                                                       \
	X(DATE, "Date", 0, SINGLE)                                                       \
	X(DIVERSION, "Diversion", 0, LIST)                                               \
	X(ERROR_INFO, "Error-Info", 0, LIST)                                             \
	X(EVENT, "Event", 'o', SINGLE)                                                   \
	X(EXPIRES, "Expires", 0, SINGLE)                                                 \
	X(FEATURE_CAPS, "Feature-Caps", 0, LIST)                                         \
	X(FLOW_TIMER, "Flow-Timer", 0, SINGLE)                                           \
	X(FROM, "From", 'f', SINGLE)                                                     \
	X(GEOLOCATION, "Geolocation", 0, LIST)                                           \
	X(GEOLOCATION_ERROR, "Geolocation-Error", 0, SINGLE)                             \
	X(GEOLOCATION_ROUTING, "Geolocation-Routing", 0, SINGLE)                         \
	X(HISTORY_INFO, "History-Info", 0, LIST)                                         \
	X(IDENTITY, "Identity", 'y', MANY)                                               \
	X(IDENTITY_INFO, "Identity-Info", 'n', SINGLE)                                   \
	X(IN_REPLY_TO, "In-Reply-To", 0, LIST)                                           \
	X(INFO_PACKAGE, "Info-Package", 0, SINGLE)                                       \
	X(JOIN, "Join", 0, SINGLE)                                                       \
	X(MAX_BREADTH, "Max-Breadth", 0, SINGLE)                                         \
	X(MAX_FORWARDS, "Max-Forwards", 0, SINGLE)                                       \
	X(MIME_VERSION, "MIME-Version", 0, SINGLE)                                       \
	X(MIN_EXPIRES, "Min-Expires", 0, SINGLE)                                         \
	X(MIN_SE, "Min-SE", 0, SINGLE)                                                   \
	X(ORGANIZATION, "Organization", 0, SINGLE)                                       \
	X(P_ACCESS_NETWORK_INFO, "P-Access-Network-Info", 0, LIST)                       \
	X(P_ANSWER_STATE, "P-Answer-State", 0, SINGLE)                                   \
	X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0, LIST)                           \
	X(P_ASSERTED_SERVICE, "P-Asserted-Service", 0, LIST)                             \
	X(P_ASSOCIATED_URI, "P-Associated-URI", 0, LIST)                                 \
	X(P_CALLED_PARTY_ID, "P-Called-Party-ID", 0, SINGLE)                             \
	X(P_CHARGING_FUNCTION_ADDRESSES, "P-Charging-Function-Addresses", 0, LIST)       \
	X(P_CHARGING_VECTOR, "P-Charging-Vector", 0, SINGLE)                             \
	X(P_EARLY_MEDIA, "P-Early-Media", 0, LIST)                                       \
	X(P_MEDIA_AUTHORIZATION, "P-Media-Authorization", 0, LIST)                       \
	X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0, LIST)                         \
	X(P_PREFERRED_SERVICE, "P-Preferred-Service", 0, LIST)                           \
	X(P_PRIVATE_NETWORK_INDICATION, "P-Private-Network-Indication", 0, SINGLE)       \
	X(P_PROFILE_KEY, "P-Profile-Key", 0, SINGLE)                                     \
	X(P_SERVED_USER, "P-Served-User", 0, SINGLE)                                     \
	X(P_USER_DATABASE, "P-User-Database", 0, SINGLE)                                 \
	X(P_VISITED_NETWORK_ID, "P-Visited-Network-ID", 0, LIST)                         \
	X(PATH, "Path", 0, LIST)                                                         \
	X(PERMISSION_MISSING, "Permission-Missing", 0, LIST)                             \
	X(PRIORITY, "Priority", 0, SINGLE)                                               \
	X(PRIV_ANSWER_MODE, "Priv-Answer-Mode", 0, SINGLE)                               \
	X(PRIVACY, "Privacy", 0, SINGLE)                                                 \
	X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0, MANY)                             \
	X(PROXY_AUTHENTICATION_INFO, "Proxy-Authentication-Info", 0, MANY)               \
	X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0, MANY)                           \
	X(PROXY_REQUIRE, "Proxy-Require", 0, LIST)                                       \
	X(RACK, "RAck", 0, SINGLE)                                                       \
	X(REASON, "Reason", 0, LIST)                                                     \
	X(RECORD_ROUTE, "Record-Route", 0, LIST)                                         \
	X(RECV_INFO, "Recv-Info", 0, LIST)                                               \
	X(REFER_SUB, "Refer-Sub", 0, SINGLE)                                             \
	X(REFER_TO, "Refer-To", 'r', SINGLE)                                             \
	X(REFERRED_BY, "Referred-By", 'b', SINGLE)                                       \
	X(REJECT_CONTACT, "Reject-Contact", 'j', LIST)                                   \
	X(REMOTE_PARTY_ID, "Remote-Party-ID", 0, LIST)                                   \
	X(REPLACES, "Replaces", 0, SINGLE)                                               \
	X(REPLY_TO, "Reply-To", 0, SINGLE)                                               \
	X(REQUEST_DISPOSITION, "Request-Disposition", 'd', LIST)                         \
	X(REQUIRE, "Require", 0, LIST)                                                   \
	X(RESOURCE_PRIORITY, "Resource-Priority", 0, LIST)                               \
	X(RETRY_AFTER, "Retry-After", 0, SINGLE)                                         \
	X(ROUTE, "Route", 0, LIST)                                                       \
	X(RSEQ, "RSeq", 0, SINGLE)                                                       \
	X(SECURITY_CLIENT, "Security-Client", 0, LIST)                                   \
	X(SECURITY_SERVER, "Security-Server", 0, LIST)                                   \
	X(SECURITY_VERIFY, "Security-Verify", 0, LIST)                                   \
	X(SERVER, "Server", 0, SINGLE)                                                   \
	X(SERVICE_ROUTE, "Service-Route", 0, LIST)                                       \
	X(SESSION_EXPIRES, "Session-Expires", 'x', SINGLE)                               \
	X(SESSION_ID, "Session-ID", 0, SINGLE)                                           \
	X(SIP_ETAG, "SIP-ETag", 0, SINGLE)                                               \
	X(SIP_IF_MATCH, "SIP-If-Match", 0, SINGLE)                                       \
	X(SUBJECT, "Subject", 's', SINGLE)                                               \
	X(SUBSCRIPTION_STATE, "Subscription-State", 0, SINGLE)                           \
	X(SUPPORTED, "Supported", 'k', LIST)                                             \
	X(SUPPRESS_IF_MATCH, "Suppress-If-Match", 0, SINGLE)                             \
	X(TARGET_DIALOG, "Target-Dialog", 0, SINGLE)                                     \
	X(TIMESTAMP, "Timestamp", 0, SINGLE)                                             \
	X(TO, "To", 't', SINGLE)                                                         \
	X(UNSUPPORTED, "Unsupported", 0, LIST)                                           \
	X(USER_AGENT, "User-Agent", 0, SINGLE)                                           \
	X(USER_TO_USER, "User-to-User", 0, LIST)                                         \
	X(VIA, "Via", 'v', LIST)                                                         \
	X(WARNING, "Warning", 0, LIST)                                                   \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0, MANY)

enum bel_sip_header {
	BEL_SIP_H_OTHER,
#define X(id, name, compact, shape) BEL_SIP_H_##id,
	BEL_SIP_HEADERS(X)
#undef X
		BEL_SIP_H_COUNT
};

/* Whole names in any case (RFC 3261 section 7.3.1) and the compact forms; OTHER when the
 * name is not listed. */
enum bel_sip_header bel_sip_header_find(bel_str name);
/* "Call-ID"; empty for OTHER. */
bel_str bel_sip_header_name(enum bel_sip_header header);
enum bel_sip_shape bel_sip_header_shape(enum bel_sip_header header);

/* The default phrase of RFC 3261 section 21 and its extensions; for an unknown code that
 * of its class ("Server Failure" for 599). */
bel_str bel_sip_status_phrase(uint16_t status);

#endif
