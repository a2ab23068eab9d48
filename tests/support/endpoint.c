/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "support/endpoint.h"

enum { PORT = 5060 };

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct endpoint *endpoint = user;

	endpoint->messages += count;
	bel_ua_receive(endpoint->ua, rx, count);
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	(void)user;
	(void)flow;
	(void)bytes;
	(void)why;
}

static const struct bel_transport_port port = { .on_messages = on_messages,
						.on_broken = on_broken };

static void on_request(void *user, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct endpoint *endpoint = user;

	if (endpoint->on_request)
		endpoint->on_request(endpoint, request, came_by);
}

static enum bel_err open_targets(struct endpoint *endpoint)
{
	enum bel_err err = bel_resolver_open(&endpoint->resolver, endpoint->loop,
					     &(struct bel_resolver_opts){ .tries = 0 });

	if (err)
		return err;
	return bel_targets_open(&endpoint->targets,
				&(struct bel_targets_opts){
					.loop = endpoint->loop,
					.resolver = endpoint->resolver,
					.has_udp = true,
					.has_tcp = true,
				});
}

static enum bel_err open_ua(struct endpoint *endpoint)
{
	enum bel_err err = bel_tx_table_open(
		&endpoint->table, &(struct bel_tx_table_opts){ .loop = endpoint->loop });

	if (err)
		return err;
	return bel_ua_open(&endpoint->ua, &(struct bel_ua_opts){
						  .loop = endpoint->loop,
						  .transport = endpoint->transport,
						  .targets = endpoint->targets,
						  .table = endpoint->table,
						  .crypto = endpoint->crypto,
						  .name = BEL_STR("endpoint"),
						  .on_request = on_request,
						  .user = endpoint,
					  });
}

enum bel_err endpoint_start(struct endpoint *endpoint, struct bel_loop *loop,
			    const bel_addr *local)
{
	const struct bel_transport_listener listeners[] = { { BEL_SIP_UDP, *local },
							    { BEL_SIP_TCP, *local } };
	enum bel_err err;

	endpoint->loop = loop;
	err = bel_crypto_open(&endpoint->crypto);
	if (!err)
		err = bel_transport_open(
			&endpoint->transport, NULL,
			&(struct bel_transport_opts){
				.loop = endpoint->loop,
				.workers = 1,
				.listeners = listeners,
				.listeners_count = BEL_COUNT_OF(listeners),
				.port = &port,
				.user = endpoint,
			});
	if (!err)
		err = open_targets(endpoint);
	return err ? err : open_ua(endpoint);
}

enum bel_err endpoint_try_open(struct endpoint *endpoint, struct bel_sim *sim,
			       uint8_t host)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, host, 0);
	const bel_addr local = bel_addr_v4(192, 0, 2, host, PORT);
	struct bel_loop *loop;
	enum bel_err err;

	endpoint->sim = sim;
	endpoint->node = bel_sim_node_new(sim, "endpoint", &ip);
	if (!endpoint->node)
		return BEL_ERR_SPACE;
	err = bel_sim_loop(&loop, endpoint->node);
	return err ? err : endpoint_start(endpoint, loop, &local);
}

void endpoint_open(struct endpoint *endpoint, struct bel_sim *sim, uint8_t host)
{
	assert_int_equal(endpoint_try_open(endpoint, sim, host), BEL_OK);
}

void endpoint_close_table(struct endpoint *endpoint)
{
	bel_tx_table_close(endpoint->table);
	endpoint->table = NULL;
}

void endpoint_close(struct endpoint *endpoint)
{
	if (endpoint->table)
		bel_tx_table_close(endpoint->table);
	bel_ua_close(endpoint->ua);
	bel_targets_close(endpoint->targets);
	bel_resolver_close(endpoint->resolver);
	bel_transport_close(endpoint->transport);
	bel_crypto_close(endpoint->crypto);
	bel_loop_close(endpoint->loop);
}
