/* SPDX-License-Identifier: Apache-2.0 */
#include "users/users_int.h"

enum { NUMBERS_BYTES = (BEL_USER_NAME_BYTES_MAX + 1) * BEL_USER_NUMBERS_MAX };

/* What may stand in a user part without an escape (RFC 3261 section 25.1, unreserved and
 * some of user-unreserved): a name is written by hand, dialled, and put into files where
 * ':' and blanks separate. */
static bool is_name(bel_str name)
{
	static const char allowed[] = "-_.!~*'()&=+$";

	if (!name.len || name.len > BEL_USER_NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = bel_char_lower(name.ptr[i]);
		if (!bel_char_is_digit(c) && (c < 'a' || c > 'z') &&
		    !memchr(allowed, c, sizeof allowed - 1))
			return false;
	}
	return true;
}

/* Whether somebody else has the word. */
static bool is_taken(const struct bel_users *users, const struct bel_users_table *table,
		     bel_str word, bel_str name)
{
	const struct bel_conf_user *user = bel_users_table_find(
		table, bel_hash(&users->key, word), word);

	return user && !bel_str_is_equal(user->name, name);
}

static const struct bel_conf_user *find_named(const struct bel_users *users,
					      const struct bel_users_table *table,
					      bel_str name)
{
	const struct bel_conf_user *user = bel_users_table_find(
		table, bel_hash(&users->key, name), name);

	return user && bel_str_is_equal(user->name, name) ? user : NULL;
}

static enum bel_err join_numbers(struct bel_writer *writer, const bel_str *numbers,
				 unsigned count)
{
	if (count > BEL_USER_NUMBERS_MAX)
		return BEL_ERR_LIMIT;
	for (unsigned i = 0; i < count; i++) {
		if (!is_name(numbers[i]))
			return BEL_ERR_SYNTAX;
		if (i)
			bel_write_char(writer, ' ');
		bel_write_str(writer, numbers[i]);
	}
	return writer->is_full ? BEL_ERR_LIMIT : BEL_OK;
}

/* ---- secrets ---- */

struct secrets {
	struct bel_auth_ha1 md5, sha256, sha512_256;
};

static bel_str bytes_of(const struct bel_auth_ha1 *ha1)
{
	return (bel_str){ (const char *)ha1->bytes, bel_digest_size(ha1->digest) };
}

static enum bel_err make_secrets(struct secrets *out, bel_str name, bel_str realm,
				 bel_str password)
{
	struct bel_crypto *crypto;
	enum bel_err err = bel_crypto_open(&crypto);

	if (err)
		return err;
	err = bel_auth_ha1(&out->md5, crypto, BEL_MD5, name, realm, password);
	if (!err)
		err = bel_auth_ha1(&out->sha256, crypto, BEL_SHA256, name, realm,
				   password);
	if (!err)
		err = bel_auth_ha1(&out->sha512_256, crypto, BEL_SHA512_256, name, realm,
				   password);
	bel_crypto_close(crypto);
	return err;
}

/* ---- changing ---- */

static enum bel_err check(const struct bel_users *users,
			  const struct bel_users_table *table, bel_str name,
			  const bel_str *numbers, unsigned numbers_count, bool is_new)
{
	const struct bel_conf_user *user = find_named(users, table, name);

	if (user && user->at.line)
		return BEL_ERR_DENIED;
	if (is_new ? user || is_taken(users, table, name, name) : false)
		return BEL_ERR_EXISTS;
	if (!is_new && !user)
		return BEL_ERR_NOT_FOUND;
	for (unsigned i = 0; i < numbers_count; i++)
		if (is_taken(users, table, numbers[i], name))
			return BEL_ERR_EXISTS;
	return BEL_OK;
}

/* Under the lock of changes. */
static enum bel_err put(struct bel_users *users, struct bel_store_user *row,
			const bel_str *numbers, unsigned numbers_count, bool is_new)
{
	struct bel_users_table *table = users->parts[0].table;
	const struct bel_conf_user *before = find_named(users, table, row->name);
	char buf[NUMBERS_BYTES];
	struct bel_writer joined = bel_writer_init(buf, sizeof buf);
	enum bel_err err = check(users, table, row->name, numbers, numbers_count, is_new);

	if (err)
		return err;
	if (before) {
		row->display = before->display;
		numbers = numbers_count ? numbers : before->numbers;
		numbers_count = numbers_count ? numbers_count : before->numbers_count;
	}
	err = join_numbers(&joined, numbers, numbers_count);
	if (err)
		return err;
	row->numbers = bel_writer_str(&joined);
	err = bel_store_user_put(users->store, row, is_new);
	return err ? err : bel_users_renew(users, table->conf);
}

enum bel_err bel_users_put(struct bel_users *users, bel_str name, bel_str password,
			   const bel_str *numbers, unsigned numbers_count, bool is_new)
{
	struct secrets secrets;
	struct bel_store_user row = { .name = name };
	enum bel_err err;

	if (!is_name(name) || !password.len)
		return BEL_ERR_SYNTAX;
	if (!users->store)
		return BEL_ERR_UNSUPPORTED;
	err = make_secrets(&secrets, name, users->realm, password);
	if (!err) {
		row.md5 = bytes_of(&secrets.md5);
		row.sha256 = bytes_of(&secrets.sha256);
		row.sha512_256 = bytes_of(&secrets.sha512_256);
		pthread_mutex_lock(&users->changing);
		err = put(users, &row, numbers, numbers_count, is_new);
		pthread_mutex_unlock(&users->changing);
	}
	bel_wipe(&secrets, sizeof secrets);
	return err;
}

enum bel_err bel_users_remove(struct bel_users *users, bel_str name)
{
	const struct bel_conf_user *user;
	enum bel_err err = BEL_OK;

	if (!users->store)
		return BEL_ERR_UNSUPPORTED;
	pthread_mutex_lock(&users->changing);
	user = find_named(users, users->parts[0].table, name);
	if (user && user->at.line)
		err = BEL_ERR_DENIED;
	if (!err)
		err = bel_store_user_remove(users->store, name);
	if (!err)
		err = bel_users_renew(users, users->parts[0].table->conf);
	pthread_mutex_unlock(&users->changing);
	return err;
}
