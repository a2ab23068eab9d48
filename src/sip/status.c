/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

struct phrase {
	uint16_t status;
	bel_str text;
};
#define PHRASE(status, literal)                                                          \
	{                                                                                \
		status,                                                                  \
		{                                                                        \
			literal, sizeof(literal) - 1                                     \
		}                                                                        \
	}

/* RFC 3261 section 21 and the registry of response codes, in order. */
static const struct phrase phrases[] = {
	PHRASE(100, "Trying"),
	PHRASE(180, "Ringing"),
	PHRASE(181, "Call Is Being Forwarded"),
	PHRASE(182, "Queued"),
	PHRASE(183, "Session Progress"),
	PHRASE(199, "Early Dialog Terminated"),
	PHRASE(200, "OK"),
	PHRASE(202, "Accepted"),
	PHRASE(204, "No Notification"),
	PHRASE(300, "Multiple Choices"),
	PHRASE(301, "Moved Permanently"),
	PHRASE(302, "Moved Temporarily"),
	PHRASE(305, "Use Proxy"),
	PHRASE(380, "Alternative Service"),
	PHRASE(400, "Bad Request"),
	PHRASE(401, "Unauthorized"),
	PHRASE(402, "Payment Required"),
	PHRASE(403, "Forbidden"),
	PHRASE(404, "Not Found"),
	PHRASE(405, "Method Not Allowed"),
	PHRASE(406, "Not Acceptable"),
	PHRASE(407, "Proxy Authentication Required"),
	PHRASE(408, "Request Timeout"),
	PHRASE(410, "Gone"),
	PHRASE(412, "Conditional Request Failed"),
	PHRASE(413, "Request Entity Too Large"),
	PHRASE(414, "Request-URI Too Long"),
	PHRASE(415, "Unsupported Media Type"),
	PHRASE(416, "Unsupported URI Scheme"),
	PHRASE(417, "Unknown Resource-Priority"),
	PHRASE(420, "Bad Extension"),
	PHRASE(421, "Extension Required"),
	PHRASE(422, "Session Interval Too Small"),
	PHRASE(423, "Interval Too Brief"),
	PHRASE(424, "Bad Location Information"),
	PHRASE(425, "Bad Alert Message"),
	PHRASE(428, "Use Identity Header"),
	PHRASE(429, "Provide Referrer Identity"),
	PHRASE(430, "Flow Failed"),
	PHRASE(433, "Anonymity Disallowed"),
	PHRASE(436, "Bad Identity-Info"),
	PHRASE(437, "Unsupported Certificate"),
	PHRASE(438, "Invalid Identity Header"),
	PHRASE(439, "First Hop Lacks Outbound Support"),
	PHRASE(440, "Max-Breadth Exceeded"),
	PHRASE(469, "Bad Info Package"),
	PHRASE(470, "Consent Needed"),
	PHRASE(480, "Temporarily Unavailable"),
	PHRASE(481, "Call/Transaction Does Not Exist"),
	PHRASE(482, "Loop Detected"),
	PHRASE(483, "Too Many Hops"),
	PHRASE(484, "Address Incomplete"),
	PHRASE(485, "Ambiguous"),
	PHRASE(486, "Busy Here"),
	PHRASE(487, "Request Terminated"),
	PHRASE(488, "Not Acceptable Here"),
	PHRASE(489, "Bad Event"),
	PHRASE(491, "Request Pending"),
	PHRASE(493, "Undecipherable"),
	PHRASE(494, "Security Agreement Required"),
	PHRASE(500, "Server Internal Error"),
	PHRASE(501, "Not Implemented"),
	PHRASE(502, "Bad Gateway"),
	PHRASE(503, "Service Unavailable"),
	PHRASE(504, "Server Time-out"),
	PHRASE(505, "Version Not Supported"),
	PHRASE(513, "Message Too Large"),
	PHRASE(555, "Push Notification Service Not Supported"),
	PHRASE(580, "Precondition Failure"),
	PHRASE(600, "Busy Everywhere"),
	PHRASE(603, "Decline"),
	PHRASE(604, "Does Not Exist Anywhere"),
	PHRASE(606, "Not Acceptable"),
	PHRASE(607, "Unwanted"),
	PHRASE(608, "Rejected"),
};

/* RFC 3261 section 7.2: what the first digit means. */
static const struct phrase classes[] = {
	PHRASE(1, "Session Progress"), PHRASE(2, "OK"),
	PHRASE(3, "Redirection"),      PHRASE(4, "Request Failure"),
	PHRASE(5, "Server Failure"),   PHRASE(6, "Global Failure"),
};

static bel_str phrase_find(const struct phrase *table, size_t count, unsigned status)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = (low + count) / 2;
		if (table[middle].status == status)
			return table[middle].text;
		if (table[middle].status < status)
			low = middle + 1;
		else
			count = middle;
	}
	return BEL_STR_NONE;
}

bel_str bel_sip_status_phrase(uint16_t status)
{
	bel_str text = phrase_find(phrases, BEL_COUNT_OF(phrases), status);

	if (text.len)
		return text;
	return phrase_find(classes, BEL_COUNT_OF(classes), status / 100u);
}
