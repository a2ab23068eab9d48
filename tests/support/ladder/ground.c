/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ground.h"

enum bel_err bel_ground_open(struct ladder_ground **out, enum bel_ladder_ground kind,
			     void (*on_packet)(void *user,
					       const struct bel_sim_packet *packet),
			     void *user)
{
	struct ladder_ground *ground;
	enum bel_err err = kind == BEL_LADDER_SIM ? bel_ground_sim_open(&ground)
						  : bel_ground_loopback_open(&ground);

	if (err)
		return err;
	ground->on_packet = on_packet;
	ground->user = user;
	*out = ground;
	return BEL_OK;
}

void bel_ground_close(struct ladder_ground *ground)
{
	if (ground)
		ground->ops->close(ground);
}

enum bel_err bel_ground_place(struct ladder_ground *ground, struct bel_writer *writer,
			      bel_str text)
{
	return ground->ops->place(ground, writer, text);
}

enum bel_err bel_ground_host(struct ladder_host **out, struct ladder_ground *ground,
			     const char *name, const bel_addr *ip)
{
	return ground->ops->host(out, ground, name, ip);
}

enum bel_err bel_ground_loop(struct bel_loop **out, struct ladder_ground *ground,
			     struct ladder_host *host)
{
	return ground->ops->loop(out, ground, host);
}

enum bel_err bel_ground_cut(struct ladder_ground *ground, struct ladder_host *a,
			    struct ladder_host *b, bool is_cut)
{
	return ground->ops->cut(ground, a, b, is_cut);
}

enum bel_err bel_ground_name(struct ladder_ground *ground, const char *name,
			     const struct bel_dns_record *record)
{
	return ground->ops->name(ground, name, record);
}

uint64_t bel_ground_now_ms(const struct ladder_ground *ground)
{
	return ground->ops->now_ms(ground);
}

void bel_ground_run(struct ladder_ground *ground, uint64_t ms)
{
	ground->ops->run(ground, bel_ground_now_ms(ground) + ms);
}

uint64_t bel_ground_draw(struct ladder_ground *ground, uint64_t limit)
{
	return ground->ops->draw(ground, limit);
}

void bel_ground_tell(struct ladder_ground *ground, const struct bel_sim_packet *packet)
{
	if (ground->on_packet)
		ground->on_packet(ground->user, packet);
}
