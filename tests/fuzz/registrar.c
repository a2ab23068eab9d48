/* SPDX-License-Identifier: Apache-2.0
 * A REGISTER as it came from the network, twice, at a registrar that allows everything.
 * The first byte chooses how it came. */
#include <stdlib.h>

#include "registrar/registrar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t wall_ms = 1700000000000;

static const struct bel_gruu_key gruu_key = { .cipher = "0123456789abcde" };

static void ask(struct bel_location *location, struct bel_crypto *crypto,
		const struct bel_flow *flow, bel_str bytes, uint64_t now_ms)
{
	struct bel_conf conf = { .registrar = { .expires_s = 3600,
						.min_s = 60,
						.max_s = 7200,
						.contacts_max = 8,
						.has_outbound = true,
						.has_gruu = true } };
	const struct bel_registrar registrar = { .location = location,
						 .conf = &conf,
						 .crypto = crypto,
						 .gruu_key = &gruu_key,
						 .flow_timer_s = 120 };
	struct bel_registrar_answer answer;
	struct bel_sip_refusal why;
	struct bel_sip_msg msg;
	struct bel_arena arena;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_sip_parse(&msg, &arena, bytes, &why) == BEL_OK &&
	    bel_sip_validate(&msg, &why) == BEL_OK && msg.is_request) {
		bel_registrar_on_request(&registrar,
					 &(struct bel_registrar_request){
						 .msg = &msg,
						 .came_by = flow,
						 .aor = BEL_STR("alice@example.com"),
						 .wall_ms = now_ms,
						 .draw = now_ms,
						 .arena = &arena,
					 },
					 &answer);
		if (answer.status < 200 || answer.status > 599 ||
		    (answer.lines.len &&
		     !bel_str_has_suffix(answer.lines, BEL_STR("\r\n"))))
			abort();
		/* No empty line: what follows would be taken for the body. */
		if (answer.lines.len &&
		    memmem(answer.lines.ptr, answer.lines.len, "\r\n\r\n", 4))
			abort();
	}
	bel_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_location *location;
	struct bel_crypto *crypto;
	struct bel_flow flow = { .peer = bel_addr_v4(192, 0, 2, 1, 5060) };
	bel_str bytes = { (const char *)data + 1, size - 1 };

	if (size < 1)
		return 0;
	flow.transport = data[0] & 1 ? BEL_SIP_UDP : BEL_SIP_TCP;
	if (bel_crypto_open(&crypto))
		return 0;
	if (bel_location_open(&location,
			      &(struct bel_location_opts){ .wall_ms = wall_ms })) {
		bel_crypto_close(crypto);
		return 0;
	}
	ask(location, crypto, &flow, bytes, wall_ms);
	ask(location, crypto, &flow, bytes, wall_ms + 61000);
	bel_location_expire(location, wall_ms + 10000000);
	bel_location_close(location);
	bel_crypto_close(crypto);
	return 0;
}
