/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/client_int.h"

#include <errno.h>
#include <stdlib.h>

void bel_turn_request_start(struct bel_turn_client *client,
			    struct bel_turn_transaction *transaction,
			    struct bel_writer *writer, enum bel_stun_method method)
{
	bel_turn_request_close(transaction);
	transaction->method = method;
	client->opts.port->random(client->opts.user, transaction->id,
				  sizeof transaction->id);
	bel_stun_write_header(writer, BEL_STUN_REQUEST, method,
			      (bel_str){ transaction->id, sizeof transaction->id });
}

static bel_str text_of(const struct bel_turn_text *text)
{
	return (bel_str){ text->ptr, text->len };
}

/* RFC 8489 section 9.2.3.2. */
static enum bel_err write_login(struct bel_turn_client *client, struct bel_writer *writer)
{
	uint8_t hash[BEL_STUN_USERHASH_BYTES];
	enum bel_stun_algorithm algorithm = client->is_sha256 ? BEL_STUN_SHA256
							      : BEL_STUN_MD5;
	enum bel_err err;

	if (client->is_by_hash) {
		err = bel_stun_userhash(hash, client->opts.crypto, client->opts.username,
					text_of(&client->realm));
		if (err)
			return err;
		bel_stun_write_bytes(writer, BEL_STUN_USERHASH,
				     (bel_str){ (const char *)hash, sizeof hash });
	} else {
		bel_stun_write_bytes(writer, BEL_STUN_USERNAME, client->opts.username);
	}
	bel_stun_write_bytes(writer, BEL_STUN_REALM, text_of(&client->realm));
	bel_stun_write_bytes(writer, BEL_STUN_NONCE, text_of(&client->nonce));
	if (client->algorithms.len) {
		bel_stun_write_bytes(writer, BEL_STUN_PASSWORD_ALGORITHMS,
				     text_of(&client->algorithms));
		bel_stun_write_algorithms(writer, BEL_STUN_PASSWORD_ALGORITHM, &algorithm,
					  1);
	}
	return bel_stun_write_integrity(writer, client->opts.crypto,
					client->algorithms.len
						? BEL_STUN_MESSAGE_INTEGRITY_SHA256
						: BEL_STUN_MESSAGE_INTEGRITY,
					bel_stun_key_str(&client->key));
}

static void send_bytes(struct bel_turn_client *client,
		       struct bel_turn_transaction *transaction, uint64_t now_ms)
{
	const bel_str message = { transaction->bytes, transaction->len };
	unsigned sends = ++transaction->sends;

	if (bel_turn_is_stream(client->opts.transport))
		transaction->next_ms = now_ms + BEL_TURN_TI_MS;
	else if (sends == BEL_TURN_RC)
		transaction->next_ms = now_ms + BEL_TURN_RM * BEL_TURN_RTO_MS;
	else
		transaction->next_ms = now_ms +
				       ((uint64_t)BEL_TURN_RTO_MS << (sends - 1));
	client->opts.port->send(client->opts.user, &message, 1);
}

enum bel_err bel_turn_request_send(struct bel_turn_client *client,
				   struct bel_turn_transaction *transaction,
				   struct bel_writer *writer, uint64_t now_ms)
{
	enum bel_err err = BEL_OK;

	transaction->has_login = client->nonce.len > 0;
	if (transaction->has_login)
		err = write_login(client, writer);
	if (!err)
		err = bel_writer_check(writer);
	if (err)
		return err;
	transaction->bytes = malloc(writer->len);
	if (!transaction->bytes)
		return bel_err_from_errno(ENOMEM);
	memcpy(transaction->bytes, writer->buf, writer->len);
	transaction->len = writer->len;
	transaction->is_open = true;
	transaction->was_forged = false;
	transaction->sends = 0;
	send_bytes(client, transaction, now_ms);
	return BEL_OK;
}

void bel_turn_request_close(struct bel_turn_transaction *transaction)
{
	free(transaction->bytes);
	transaction->bytes = NULL;
	transaction->is_open = false;
}

bool bel_turn_request_advance(struct bel_turn_client *client,
			      struct bel_turn_transaction *transaction, uint64_t now_ms)
{
	if (!transaction->is_open || now_ms < transaction->next_ms)
		return true;
	if (bel_turn_is_stream(client->opts.transport) ||
	    transaction->sends == BEL_TURN_RC) {
		bel_turn_request_close(transaction);
		return false;
	}
	send_bytes(client, transaction, now_ms);
	return true;
}

static bool has_integrity(const struct bel_turn_client *client,
			  const struct bel_stun_msg *msg)
{
	enum bel_stun_attr attr = bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256)
					  ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
					  : BEL_STUN_MESSAGE_INTEGRITY;

	return bel_stun_verify(msg, client->opts.crypto, attr,
			       bel_stun_key_str(&client->key)) == BEL_OK;
}

bool bel_turn_request_is_answer(struct bel_turn_client *client,
				struct bel_turn_transaction *transaction,
				const struct bel_stun_msg *msg, unsigned code)
{
	if (msg->method != transaction->method || msg->is_malformed)
		return false;
	if (msg->class == BEL_STUN_ERROR && code == 0)
		return false;
	/* A challenge cannot be signed; whoever sent it has seen the request. */
	if (!transaction->has_login || code == 401 || code == 438)
		return true;
	if (has_integrity(client, msg))
		return true;
	transaction->was_forged = true;
	return false;
}

static enum bel_err keep(struct bel_turn_text *text, bel_str value)
{
	char *copy = malloc(value.len ? value.len : 1);

	if (!copy)
		return bel_err_from_errno(ENOMEM);
	if (value.len)
		memcpy(copy, value.ptr, value.len);
	free(text->ptr);
	*text = (struct bel_turn_text){ copy, value.len };
	return BEL_OK;
}

/* RFC 8489 section 9.2.5: what a nonce says that its server can must be there, else
 * somebody between has taken it away. */
static enum bel_err read_features(struct bel_turn_client *client,
				  const struct bel_stun_msg *msg, bel_str nonce)
{
	enum bel_stun_algorithm algorithm = BEL_STUN_MD5;
	bel_str offered = BEL_STR_NONE;
	uint32_t features = 0;

	bel_stun_cookie_parse(&features, nonce);
	bool has_list = bel_stun_find(&offered, msg, BEL_STUN_PASSWORD_ALGORITHMS);
	if (!has_list && features & BEL_STUN_HAS_ALGORITHMS)
		return BEL_ERR_UNSUPPORTED;
	if (has_list &&
	    !bel_stun_find_algorithm(&algorithm, msg, BEL_STUN_PASSWORD_ALGORITHMS))
		return BEL_ERR_UNSUPPORTED;
	client->is_by_hash = features & BEL_STUN_HAS_USERHASH;
	client->is_sha256 = algorithm == BEL_STUN_SHA256;
	return keep(&client->algorithms, offered);
}

enum bel_err bel_turn_login_take(struct bel_turn_client *client,
				 const struct bel_stun_msg *msg)
{
	bel_str realm, nonce;
	enum bel_err err;

	if (!bel_stun_find(&realm, msg, BEL_STUN_REALM) ||
	    !bel_stun_find(&nonce, msg, BEL_STUN_NONCE))
		return BEL_ERR_UNSUPPORTED;
	err = read_features(client, msg, nonce);
	if (!err)
		err = keep(&client->realm, realm);
	if (!err)
		err = bel_stun_key_init(
			&client->key, client->opts.crypto,
			client->is_sha256 ? BEL_STUN_SHA256 : BEL_STUN_MD5,
			client->opts.username, realm, client->opts.password);
	return err ? err : keep(&client->nonce, nonce);
}

void bel_turn_login_forget(struct bel_turn_client *client)
{
	struct bel_turn_text *const texts[] = { &client->realm, &client->nonce,
						&client->algorithms };

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		free(texts[i]->ptr);
		*texts[i] = (struct bel_turn_text){ NULL, 0 };
	}
	bel_wipe(&client->key, sizeof client->key);
}

enum bel_err bel_turn_err_of(unsigned code)
{
	static const struct {
		unsigned code;
		enum bel_err err;
	} rows[] = {
		{ 401, BEL_ERR_DENIED }, { 403, BEL_ERR_DENIED }, { 441, BEL_ERR_DENIED },
		{ 437, BEL_ERR_CLOSED }, { 486, BEL_ERR_BUSY },   { 500, BEL_ERR_BUSY },
		{ 508, BEL_ERR_BUSY },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].code == code)
			return rows[i].err;
	return BEL_ERR_UNSUPPORTED;
}
