/* SPDX-License-Identifier: Apache-2.0
 * Ways, wherever they are laid. */
#include <arpa/inet.h>
#include <string.h>

#include "fast/fast_int.h"

struct bel_fast_key bel_fast_key_of(const bel_addr *local)
{
	struct bel_fast_key key = { .port = htons(local->port) };

	memcpy(key.ip, local->ip, sizeof key.ip);
	return key;
}

struct bel_fast_value bel_fast_value_of(const struct bel_fast_way *way,
					const struct bel_rtp_source *source)
{
	struct bel_fast_value value = {
		.from_port = htons(way->from.port),
		.outer_port = htons(way->outer.port),
		.to_port = htons(way->to.port),
		.payloads = { way->payloads[0], way->payloads[1] },
		.clock_hz = way->clock_hz,
		.has_source = source != NULL,
	};

	memcpy(value.from_ip, way->from.ip, sizeof value.from_ip);
	memcpy(value.outer_ip, way->outer.ip, sizeof value.outer_ip);
	memcpy(value.to_ip, way->to.ip, sizeof value.to_ip);
	if (source)
		value.source = *source;
	return value;
}

void bel_fast_figures_of(struct bel_fast_figures *out, const struct bel_fast_value *value)
{
	*out = (struct bel_fast_figures){
		.packets = value->packets,
		.bytes = value->bytes,
		.strange_payloads = value->strange_payloads,
		.last_us = value->last_ns / 1000,
		.has_source = value->has_source,
		.source = value->source,
	};
}

void bel_fast_close(struct bel_fast *fast)
{
	if (fast)
		fast->kind->close(fast);
}

enum bel_err bel_fast_lay(struct bel_fast *fast, const struct bel_fast_way *way,
			  const struct bel_rtp_source *source)
{
	return fast->kind->lay(fast, way, source);
}

bool bel_fast_read(struct bel_fast_figures *out, struct bel_fast *fast,
		   const bel_addr *local)
{
	return fast->kind->read(out, fast, local);
}

bool bel_fast_take_back(struct bel_fast_figures *out, struct bel_fast *fast,
			const bel_addr *local)
{
	return fast->kind->take_back(out, fast, local);
}
