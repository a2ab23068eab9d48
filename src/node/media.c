/* SPDX-License-Identifier: Apache-2.0
 * What all workers' relays have in common. */
#include <errno.h>
#include <stdlib.h>

#include "node/node_int.h"

static bel_str why(enum bel_err err)
{
	if (err == BEL_ERR_UNSUPPORTED)
		return BEL_STR("built without it: clang or libbpf-dev were not there");
	if (err == BEL_ERR_DENIED)
		return BEL_STR("not permitted: the server needs CAP_BPF and "
			       "CAP_NET_ADMIN when it starts");
	return bel_str_from(bel_err_text(err));
}

/* Faster, and nothing else: without it every packet goes by a socket. */
static void open_fast(struct bel_node *node)
{
	enum bel_err err = bel_fast_open(&node->fast,
					 &(struct bel_fast_opts){ .is_filter = false });

	if (err)
		BEL_LOG(node->log, BEL_LOG_WARNING,
			"media { fast auto }: every packet goes by a socket",
			{ "why", why(err) });
	else
		BEL_LOG(node->log, BEL_LOG_INFO,
			"packets of media are carried by the kernel",
			{ "where", BEL_STR("both ways are known and no keys are ours") });
}

enum bel_err bel_node_media_open(struct bel_node *node, struct bel_loop *loop)
{
	enum bel_err err;

	node->media_ports = calloc(1, sizeof *node->media_ports);
	if (!node->media_ports)
		return bel_err_from_errno(ENOMEM);
	err = bel_anchor_known_open(&node->known, loop);
	if (err)
		return err;
	if (node->conf->relay.fast == BEL_CONF_FAST_AUTO)
		open_fast(node);
	err = bel_dtls_context_self_signed(&node->dtls);
	/* A program built without TLS carries other keys. */
	return err == BEL_ERR_UNSUPPORTED ? BEL_OK : err;
}

void bel_node_media_close(struct bel_node *node)
{
	bel_dtls_context_unref(node->dtls);
	bel_fast_close(node->fast);
	bel_anchor_known_close(node->known);
	free(node->media_ports);
}
