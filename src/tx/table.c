/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "tx/table_int.h"

enum { BUCKETS_FIRST = 256, KEY_BYTES_MAX = 2048 };

/* Which transactions a look-up may find. An ACK belongs to an INVITE; a CANCEL is a
 * transaction of its own that names the INVITE with the same branch. */
static enum bel_sip_method method_of(enum bel_sip_method method)
{
	return method == BEL_SIP_ACK ? BEL_SIP_INVITE : method;
}

enum bel_err bel_tx_table_open(struct bel_tx_table **out,
			       const struct bel_tx_table_opts *opts)
{
	struct bel_tx_table *table = calloc(1, sizeof *table);

	if (!table)
		return bel_err_from_errno(ENOMEM);
	table->buckets = calloc(BUCKETS_FIRST, sizeof(struct bel_tx *));
	if (!table->buckets) {
		free(table);
		return bel_err_from_errno(ENOMEM);
	}
	table->mask = BUCKETS_FIRST - 1;
	table->loop = opts->loop;
	table->times = opts->times ? opts->times : &bel_tx_times_default;
	bel_loop_random(table->loop, &table->hash_key, sizeof table->hash_key);
	*out = table;
	return BEL_OK;
}

static void end_all(struct bel_tx_table *table)
{
	for (size_t i = 0; i <= table->mask; i++) {
		while (table->buckets[i]) {
			struct bel_tx *tx = table->buckets[i];
			bel_timer_stop(table->loop, &tx->resend);
			bel_timer_stop(table->loop, &tx->end);
			bel_tx_table_remove(tx);
			tx->state = BEL_TX_TERMINATED;
			tx->port->on_end(tx);
		}
	}
}

void bel_tx_table_close(struct bel_tx_table *table)
{
	if (!table)
		return;
	/* The end of one may begin another: a call that was never acknowledged says BYE.
	 */
	while (table->count)
		end_all(table);
	free(table->buckets);
	free(table);
}

size_t bel_tx_table_count(const struct bel_tx_table *table)
{
	return table->count;
}

static void grow(struct bel_tx_table *table)
{
	size_t size = (table->mask + 1) * 2;
	struct bel_tx **buckets = calloc(size, sizeof(struct bel_tx *));

	if (!buckets)
		return;
	for (size_t i = 0; i <= table->mask; i++) {
		while (table->buckets[i]) {
			struct bel_tx *tx = table->buckets[i];
			table->buckets[i] = tx->next;
			tx->next = buckets[tx->hash & (size - 1)];
			buckets[tx->hash & (size - 1)] = tx;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->mask = size - 1;
}

void bel_tx_table_put(struct bel_tx_table *table, struct bel_tx *tx)
{
	if (table->count > table->mask)
		grow(table);
	tx->table = table;
	tx->next = table->buckets[tx->hash & table->mask];
	table->buckets[tx->hash & table->mask] = tx;
	table->count++;
}

void bel_tx_table_remove(struct bel_tx *tx)
{
	struct bel_tx_table *table = tx->table;

	for (struct bel_tx **at = &table->buckets[tx->hash & table->mask]; *at;
	     at = &(*at)->next) {
		if (*at == tx) {
			*at = tx->next;
			table->count--;
			return;
		}
	}
}

static bool is_server(const struct bel_tx *tx)
{
	return tx->kind == BEL_TX_INVITE_SERVER || tx->kind == BEL_TX_NON_INVITE_SERVER;
}

static struct bel_tx *find(const struct bel_tx_table *table, uint64_t hash, bel_str key,
			   enum bel_sip_method method, bool want_server)
{
	struct bel_tx *tx = table->buckets[hash & table->mask];

	for (; tx; tx = tx->next)
		if (tx->hash == hash && tx->method == method &&
		    is_server(tx) == want_server && bel_str_is_equal(tx->key, key))
			return tx;
	return NULL;
}

/* RFC 3261 section 17.2.3: branch and sent-by, or for peers of RFC 2543 Request-URI, From
 * tag, Call-ID, CSeq number and the topmost Via (the To tag is looked at by nobody: an
 * ACK carries ours, a retransmission none). The method is compared beside the key. */
static enum bel_err write_key(struct bel_writer *writer, struct bel_sip_msg *request)
{
	const struct bel_sip_via *via = bel_sip_via(request);
	const struct bel_sip_cseq *cseq = bel_sip_cseq(request);
	const struct bel_sip_addr *from = bel_sip_from(request);

	if (!via || !cseq || !from)
		return BEL_ERR_SYNTAX;
	if (via->has_cookie) {
		bel_write_str(writer, via->branch);
		bel_write_char(writer, ' ');
		bel_write_str(writer, via->sent_by);
	} else {
		bel_write_str(writer, request->uri_text);
		bel_write_char(writer, ' ');
		bel_write_str(writer, from->tag);
		bel_write_char(writer, ' ');
		bel_write_str(writer, bel_sip_call_id(request));
		bel_write_char(writer, ' ');
		bel_write_u64(writer, cseq->number);
		bel_write_char(writer, ' ');
		bel_write_str(writer, via->sent_by);
		bel_write_char(writer, ' ');
		bel_write_str(writer, via->branch);
	}
	return bel_writer_check(writer);
}

enum bel_err bel_tx_key_server(struct bel_tx *tx, struct bel_tx_table *table,
			       struct bel_sip_msg *request)
{
	char buf[KEY_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	enum bel_err err = write_key(&writer, request);

	if (err)
		return err;
	tx->key = bel_arena_copy(tx->arena, bel_writer_str(&writer));
	if (!tx->key.ptr)
		return BEL_ERR_SPACE;
	tx->hash = bel_hash(&table->hash_key, tx->key);
	return BEL_OK;
}

void bel_tx_key_client(struct bel_tx *tx, struct bel_tx_table *table, bel_str branch)
{
	tx->key = branch;
	tx->hash = bel_hash(&table->hash_key, branch);
}

static struct bel_tx *find_server(struct bel_tx_table *table, struct bel_sip_msg *request,
				  enum bel_sip_method method)
{
	char buf[KEY_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (write_key(&writer, request))
		return NULL;
	return find(table, bel_hash(&table->hash_key, bel_writer_str(&writer)),
		    bel_writer_str(&writer), method, true);
}

struct bel_tx *bel_tx_find_server(struct bel_tx_table *table, struct bel_sip_msg *request)
{
	return find_server(table, request, method_of(request->method));
}

struct bel_tx *bel_tx_find_cancelled(struct bel_tx_table *table,
				     struct bel_sip_msg *cancel)
{
	return find_server(table, cancel, BEL_SIP_INVITE);
}

struct bel_tx *bel_tx_find_client(struct bel_tx_table *table,
				  struct bel_sip_msg *response)
{
	const struct bel_sip_via *via = bel_sip_via(response);
	const struct bel_sip_cseq *cseq = bel_sip_cseq(response);

	if (!via || !cseq)
		return NULL;
	return find(table, bel_hash(&table->hash_key, via->branch), via->branch,
		    cseq->method, false);
}
