/* SPDX-License-Identifier: Apache-2.0
 * Whose message it is. A response names its worker in the branch that we made; requests
 * go by Call-ID, which is what an INVITE, its repetitions, its CANCEL and its ACK have in
 * common wherever they come from. The hash is keyed, so that nobody can aim at one
 * worker; the key is kept, so that a successor of this process gives calls to the same
 * slots. */
#include "node/node_int.h"

/* Of requests that the proxy carries, and of those that the agent makes: "z9hG4bKa", the
 * worker in two digits, and what else. */
#define AGENT_BRANCH "z9hG4bKa"

void bel_node_write_branch_mark(struct bel_writer *writer, unsigned worker)
{
	bel_write_char(writer, 'a');
	bel_write_hex64(writer, worker, 2);
	bel_write_char(writer, '.');
}

static int find_by_agent(bel_str branch)
{
	const size_t at = sizeof AGENT_BRANCH - 1;
	uint64_t worker;

	if (!bel_str_has_prefix(branch, BEL_STR(AGENT_BRANCH)) ||
	    bel_str_to_hex64(&worker, bel_str_slice(branch, at, at + 2)))
		return -1;
	return (int)worker;
}

/* What of ours stands as a branch in a Via value is found without reading all of it. What
 * is not found so may be there all the same, in another spelling. */
static int find_our_branch(bel_str value)
{
	static const char start[] = ";branch=z9hG4bK";
	const char *at = memmem(value.ptr, value.len, start, sizeof start - 1);
	bel_str branch;
	int owner;

	if (!at)
		return -1;
	at += sizeof ";branch=" - 1;
	branch = (bel_str){ at, (size_t)(value.ptr + value.len - at) };
	branch = bel_str_slice(branch, 0, bel_str_find(branch, ';'));
	owner = find_by_agent(branch);
	return owner < 0 ? bel_proxy_owner(branch) : owner;
}

static int find_by_branch(bel_str value)
{
	int owner = find_our_branch(value);
	struct bel_sip_via via;

	if (owner >= 0)
		return owner;
	if (bel_sip_via_parse(&via, value))
		return -1;
	owner = find_by_agent(via.branch);
	return owner < 0 ? bel_proxy_owner(via.branch) : owner;
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
