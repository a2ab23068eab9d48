/* SPDX-License-Identifier: Apache-2.0
 * Whose message it is. A response names its worker in the branch that we made; requests
 * go by Call-ID, which is what an INVITE, its repetitions, its CANCEL and its ACK have in
 * common wherever they come from. The hash is keyed, so that nobody can aim at one
 * worker; the key is kept, so that a successor of this process gives calls to the same
 * slots. */
#include "node/node_int.h"

static int find_by_branch(bel_str value)
{
	struct bel_sip_via via;

	return bel_sip_via_parse(&via, value) ? -1 : bel_proxy_owner(via.branch);
}

unsigned bel_node_find_owner(void *user, bel_str bytes)
{
	const struct worker *worker = user;
	const struct bel_node *node = worker->node;
	struct bel_sip_clue clue;
	int owner;

	if (!bel_sip_clue_find(&clue, bytes))
		return worker->index;
	if (clue.is_request)
		return (unsigned)(bel_hash(&node->steer_key, clue.text) %
				  node->workers_count);
	owner = find_by_branch(clue.text);
	return owner < 0 ? worker->index : (unsigned)owner;
}
