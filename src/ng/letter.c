/* SPDX-License-Identifier: Apache-2.0
 * Commands on their way from worker to worker: to whom the call belongs, or around to all
 * of them and back, for those that ask about all calls. */
#include <stdlib.h>

#include "ng/ng_int.h"

enum { NAMES_BYTES = 32 << 10 };

struct bel_ng_letter {
	bel_addr peer, local;
	bool is_round;   /* it goes to all */
	unsigned origin; /* of a round */
	struct bel_ng_sum sum;
	size_t names_len, len;
	char *names; /* NAMES_BYTES behind the datagram, in a round */
	char bytes[];
};

static struct bel_ng_letter *write_letter(const bel_addr *peer, const bel_addr *local,
					  bel_str datagram, bool is_round)
{
	struct bel_ng_letter *letter = malloc(sizeof *letter + datagram.len +
					      (is_round ? NAMES_BYTES : 0));

	if (!letter)
		return NULL;
	*letter = (struct bel_ng_letter){
		.peer = *peer, .local = *local, .is_round = is_round, .len = datagram.len
	};
	memcpy(letter->bytes, datagram.ptr, datagram.len);
	letter->names = letter->bytes + datagram.len;
	return letter;
}

void bel_ng_letter_free(struct bel_ng_letter *letter)
{
	free(letter);
}

/* What cannot be handed over is lost, as if on its way: it will be repeated. */
static void post(const struct bel_ng *ng, unsigned worker, struct bel_ng_letter *letter)
{
	if (letter && !ng->opts.port->hand_over(ng->opts.user, worker, letter))
		bel_ng_letter_free(letter);
}

static unsigned next_of(const struct bel_ng *ng)
{
	return (ng->opts.worker + 1) % ng->opts.workers;
}

bool bel_ng_pass_on(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
		    bel_str datagram, bel_str body)
{
	struct bel_ng_letter *letter;
	struct bel_bencode dictionary;
	unsigned owner = ng->opts.worker;
	bel_str call_id;

	/* What is wrong with it is told here. */
	if (bel_bencode_parse(&dictionary, body) ||
	    dictionary.kind != BEL_BENCODE_DICTIONARY)
		return false;
	if (bel_ng_command_is_for_all(
		    bel_bencode_find_str(&dictionary, BEL_STR("command")))) {
		letter = write_letter(peer, local, datagram, true);
		if (letter)
			letter->origin = ng->opts.worker;
		post(ng, next_of(ng), letter);
		return true;
	}
	call_id = bel_bencode_find_str(&dictionary, BEL_STR("call-id"));
	if (call_id.len)
		owner = ng->opts.port->find_owner(ng->opts.user, call_id);
	if (owner == ng->opts.worker)
		return false;
	post(ng, owner, write_letter(peer, local, datagram, false));
	return true;
}

static void add_own(struct bel_ng_letter *letter, const struct bel_ng *ng)
{
	struct bel_writer names = bel_writer_init(letter->names + letter->names_len,
						  NAMES_BYTES - letter->names_len);

	bel_ng_sum_add(&letter->sum, ng);
	bel_ng_write_names(&names, ng);
	letter->names_len += names.len;
}

void bel_ng_take(struct bel_ng *ng, struct bel_ng_letter *letter)
{
	const bel_str datagram = { letter->bytes, letter->len };

	if (letter->is_round && letter->origin != ng->opts.worker) {
		add_own(letter, ng);
		post(ng, next_of(ng), letter);
		return;
	}
	letter->sum.names = (bel_str){ letter->names, letter->names_len };
	ng->others = letter->is_round ? &letter->sum : NULL;
	bel_ng_receive(ng, &letter->peer, &letter->local, datagram);
	ng->others = NULL;
	bel_ng_letter_free(letter);
}
