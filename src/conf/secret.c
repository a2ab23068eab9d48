/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

/* The digests of authentication (RFC 8760 section 2.2), as they are named there, and
 * what makes one on a command line. */
static const struct algorithm {
	const char *name;
	enum bel_digest digest;
	const char *tool;
} algorithms[] = {
	{ "md5", BEL_MD5, "md5sum" },
	{ "sha-256", BEL_SHA256, "sha256sum" },
	{ "sha-512-256", BEL_SHA512_256, "openssl dgst -sha512-256" },
};

static const struct algorithm *find_algorithm(enum bel_digest digest)
{
	size_t i = 0;

	while (algorithms[i].digest != digest)
		i++;
	return &algorithms[i];
}

bool bel_conf_digest_read(struct bel_conf_loader *loader, enum bel_digest *out,
			  const struct bel_conf_token *token)
{
	const char *names[BEL_COUNT_OF(algorithms)];
	unsigned i;

	for (i = 0; i < BEL_COUNT_OF(algorithms); i++)
		names[i] = algorithms[i].name;
	if (!bel_conf_choice_read(loader, &i, token, names, BEL_COUNT_OF(algorithms),
				  "digest algorithm"))
		return false;
	*out = algorithms[i].digest;
	return true;
}

/* The bytes lie in an arena of ours; nobody else reads them. */
static void wipe(bel_str secret)
{
	bel_wipe((void *)(uintptr_t)secret.ptr, secret.len);
}

static bool is_hex_of(struct bel_conf_loader *loader, const struct bel_conf_token *token,
		      enum bel_digest digest)
{
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);
	size_t size = bel_digest_size(digest);

	if (token->text.len == 2 * size && !bel_write_from_hex(&writer, token->text))
		return true;
	bel_conf_complain(loader->report, token,
			  "an HA1 of %s has %zu hexadecimal digits",
			  find_algorithm(digest)->name, 2 * size);
	bel_conf_remedy(loader->report,
			"take the output of: printf 'USER:REALM:PASSWORD' | %s",
			find_algorithm(digest)->tool);
	return false;
}

/* ha1:HEX, ha1:ALGORITHM:HEX */
static bool split_ha1(struct bel_conf_loader *loader, enum bel_digest *digest,
		      struct bel_conf_token *hex, const struct bel_conf_token *token)
{
	struct bel_conf_token rest = bel_conf_token_part(token, 4, token->text.len);
	size_t colon = bel_str_find(rest.text, ':');

	*digest = BEL_MD5;
	*hex = rest;
	if (colon == rest.text.len)
		return true;
	struct bel_conf_token name = bel_conf_token_part(&rest, 0, colon);
	*hex = bel_conf_token_part(&rest, colon + 1, rest.text.len);
	return bel_conf_digest_read(loader, digest, &name);
}

/* A mark in front says what the rest is; in quotes it is part of the password. */
static bool has_mark(const struct bel_conf_token *token, const char *mark)
{
	return !token->is_quoted && bel_str_has_prefix(token->text, bel_str_from(mark));
}

bool bel_conf_secret_is_sound(struct bel_conf_loader *loader,
			      const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *words = statement->words;

	if (!words[1].text.len) {
		bel_conf_complain(loader->report, &words[1], "an empty password");
		bel_conf_remedy(loader->report, "`belfry user add` makes a good one");
		return false;
	}
	for (unsigned i = 1; i < statement->count; i++) {
		enum bel_digest digest;
		struct bel_conf_token hex;
		if (has_mark(&words[i], "ha1:")) {
			if (!split_ha1(loader, &digest, &hex, &words[i]) ||
			    !is_hex_of(loader, &hex, digest))
				return false;
		} else if (i > 1) {
			bel_conf_complain(loader->report, &words[i],
					  "a second word of the password");
			bel_conf_remedy(loader->report, "put a password with blanks in "
							"quotes");
			return false;
		}
	}
	return true;
}

/* Keeps HA1 = H(user:realm:password) for every digest (RFC 7616 section 3.4.2). */
static void keep_digests(struct bel_conf_loader *loader, struct bel_conf_user *user,
			 bel_str password)
{
	bel_str pieces[] = { user->name, BEL_STR(":"), loader->conf->realm, BEL_STR(":"),
			     password };
	enum bel_err err = loader->crypto ? BEL_OK : bel_crypto_open(&loader->crypto);

	for (size_t i = 0; !err && i < BEL_COUNT_OF(algorithms); i++) {
		enum bel_digest digest = algorithms[i].digest;
		uint8_t ha1[BEL_DIGEST_BYTES_MAX];
		err = bel_digest(ha1, loader->crypto, digest, pieces,
				 BEL_COUNT_OF(pieces));
		if (!err)
			user->secret.ha1[digest] = bel_conf_keep(
				loader,
				(bel_str){ (char *)ha1, bel_digest_size(digest) });
		bel_wipe(ha1, sizeof ha1);
	}
	if (err)
		loader->err = err;
}

/* A password file ends with its line, as editors leave it. */
static bel_str without_line_end(bel_str text)
{
	if (bel_str_has_suffix(text, BEL_STR("\n")))
		text.len--;
	if (bel_str_has_suffix(text, BEL_STR("\r")))
		text.len--;
	return text;
}

static bool is_secret_text(struct bel_conf_loader *loader,
			   const struct bel_conf_token *token, bel_str secret)
{
	if (!secret.len)
		bel_conf_complain(loader->report, token, "%.*s is empty",
				  BEL_CONF_SHOW(token->text));
	else if (bel_str_find(secret, '\n') < secret.len)
		bel_conf_complain(loader->report, token, "%.*s has more than one line",
				  BEL_CONF_SHOW(token->text));
	else
		return true;
	bel_conf_remedy(loader->report,
			"it holds the password in one line, nothing else");
	return false;
}

static bool read_password_file(struct bel_conf_loader *loader, bel_str *out,
			       const struct bel_conf_token *token)
{
	bel_str name = bel_str_slice(token->text, 5, token->text.len), text, path;

	if (bel_conf_file_read(loader, token, name, 64 << 10, &loader->scratch, &text,
			       &path))
		return false;
	*out = without_line_end(text);
	return is_secret_text(loader, token, *out);
}

static bool read_password_env(struct bel_conf_loader *loader, bel_str *out,
			      const struct bel_conf_token *token)
{
	bel_str name = bel_str_slice(token->text, 4, token->text.len);
	bel_str secret = loader->reader.environment
				 ? loader->reader.environment(loader->reader.user, name)
				 : BEL_STR_NONE;

	if (!secret.ptr) {
		bel_conf_complain(loader->report, token,
				  "the environment variable %.*s is not set",
				  BEL_CONF_SHOW(name));
		bel_conf_remedy(loader->report, "set it where belfry is started");
		return false;
	}
	*out = secret;
	return is_secret_text(loader, token, secret);
}

/* Nobody reads it again: what lies in the environment is not ours to wipe. */
static void wipe_password(const struct bel_conf_token *token, bel_str password)
{
	if (has_mark(token, "env:"))
		return;
	wipe(password);
	if (!has_mark(token, "file:"))
		wipe(token->raw);
}

static bool read_password(struct bel_conf_loader *loader, bel_str *out,
			  const struct bel_conf_token *token)
{
	if (has_mark(token, "file:"))
		return read_password_file(loader, out, token);
	if (has_mark(token, "env:"))
		return read_password_env(loader, out, token);
	*out = token->text;
	return true;
}

bel_str bel_conf_password_keep(struct bel_conf_loader *loader,
			       const struct bel_conf_token *token)
{
	bel_str password, kept = BEL_STR_NONE;

	if (!read_password(loader, &password, token))
		return kept;
	kept = bel_conf_keep(loader, password);
	wipe_password(token, password);
	return kept;
}

static void finish_password(struct bel_conf_loader *loader, struct bel_conf_user *user,
			    const struct bel_conf_token *token)
{
	bel_str password;

	if (!read_password(loader, &password, token))
		return;
	keep_digests(loader, user, password);
	wipe_password(token, password);
}

static void finish_ha1(struct bel_conf_loader *loader, struct bel_conf_user *user,
		       const struct bel_conf_token *token)
{
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);
	struct bel_conf_token hex;
	enum bel_digest digest;

	if (!split_ha1(loader, &digest, &hex, token) ||
	    bel_write_from_hex(&writer, hex.text))
		return;
	user->secret.ha1[digest] = bel_conf_keep(loader, bel_writer_str(&writer));
}

void bel_conf_secrets_finish(struct bel_conf_loader *loader)
{
	const struct bel_conf_pending *pending = loader->secrets.items;
	struct bel_conf_user *users = loader->users.items;

	for (unsigned i = 0; i < loader->secrets.count && !loader->err; i++, pending++) {
		struct bel_conf_user *user = &users[pending->user];
		const struct bel_conf_token *word = pending->words;
		if (has_mark(word, "ha1:")) {
			for (unsigned j = 0; j < pending->count; j++)
				finish_ha1(loader, user, &pending->words[j]);
		} else {
			finish_password(loader, user, word);
		}
	}
}
