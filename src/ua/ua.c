/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "ua/ua_int.h"

enum bel_err bel_ua_open(struct bel_ua **out, const struct bel_ua_opts *opts)
{
	struct bel_ua *ua = calloc(1, sizeof *ua);

	if (!ua)
		return bel_err_from_errno(ENOMEM);
	ua->opts = *opts;
	bel_list_init(&ua->requests);
	bel_list_init(&ua->incomings);
	*out = ua;
	return BEL_OK;
}

void bel_ua_close(struct bel_ua *ua)
{
	if (!ua)
		return;
	/* Their transactions are gone: only the users' interest keeps requests. */
	BEL_LIST_EACH(node, &ua->requests)
	{
		struct bel_ua_request *request = BEL_CONTAINER_OF(
			node, struct bel_ua_request, node);
		bel_ua_forget(request);
	}
	free(ua);
}

struct bel_loop *bel_ua_loop(const struct bel_ua *ua)
{
	return ua->opts.loop;
}

struct bel_transport *bel_ua_transport(const struct bel_ua *ua)
{
	return ua->opts.transport;
}

size_t bel_ua_pending(const struct bel_ua *ua)
{
	return ua->requests_count;
}

void bel_ua_write_token(struct bel_writer *writer, struct bel_ua *ua)
{
	uint64_t random;

	bel_loop_random(ua->opts.loop, &random, sizeof random);
	bel_write_hex64(writer, random, BEL_UA_TOKEN_BYTES);
}

void bel_ua_write_contact(struct bel_writer *writer, const struct bel_ua *ua,
			  const struct bel_flow *flow, bel_str user, bel_str params,
			  bool is_secure)
{
	bel_addr own = bel_flow_own_addr(ua->opts.transport, flow);

	bel_write_str(writer, is_secure ? BEL_STR("<sips:") : BEL_STR("<sip:"));
	bel_write_str(writer, user);
	if (user.len)
		bel_write_char(writer, '@');
	bel_addr_write_uri_host(writer, &own);
	bel_write_char(writer, ':');
	bel_write_u64(writer, own.port);
	/* Sips says it all; UDP is what is meant without a word (RFC 3263 section 4.1).
	 */
	if (bel_flow_is_stream(flow) && !is_secure) {
		bel_write_str(writer, flow->transport == BEL_SIP_TLS
					      ? BEL_STR(";transport=tls")
					      : BEL_STR(";transport=tcp"));
	}
	bel_write_char(writer, '>');
	bel_write_str(writer, params);
}
