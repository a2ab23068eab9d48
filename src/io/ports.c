/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"
#include "io/ports.h"

enum { RANDOM_TRIES = 32 };

static uint64_t bit_of(uint16_t port)
{
	return (uint64_t)1 << port % 64;
}

bool bel_ports_take(struct bel_ports *ports, uint16_t port)
{
	return !(atomic_fetch_or_explicit(&ports->bits[port / 64], bit_of(port),
					  memory_order_relaxed) &
		 bit_of(port));
}

void bel_ports_give(struct bel_ports *ports, uint16_t port)
{
	atomic_fetch_and_explicit(&ports->bits[port / 64], ~bit_of(port),
				  memory_order_relaxed);
}

bool bel_ports_is_taken(const struct bel_ports *ports, uint16_t port)
{
	return atomic_load_explicit(&ports->bits[port / 64], memory_order_relaxed) &
	       bit_of(port);
}

static uint32_t candidate(struct bel_port_walk *walk)
{
	uint32_t port;

	if (walk->count < RANDOM_TRIES)
		bel_loop_random(walk->loop, &walk->offset, sizeof walk->offset);
	else
		walk->offset++;
	walk->count++;
	port = walk->first + walk->offset % (walk->last - walk->first + 1u);
	return walk->is_even ? port & ~(uint32_t)1 : port;
}

uint16_t bel_port_walk_next(struct bel_port_walk *walk)
{
	unsigned count = RANDOM_TRIES + 1u + walk->last - walk->first;

	while (walk->count < count) {
		uint32_t port = candidate(walk);
		if (port >= walk->first && !(walk->has_next && port >= walk->last))
			return (uint16_t)port;
	}
	return 0;
}
