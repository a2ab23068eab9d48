/* SPDX-License-Identifier: Apache-2.0
 * A configuration while it is read: what the subjects (listen.c, user.c, ...) work with.
 * Of the room alone. */
#ifndef BEL_CONF_LOAD_H
#define BEL_CONF_LOAD_H

#include "conf/word.h"

/* A growing array; items lie in the loader's scratch until the end. */
struct bel_conf_list {
	void *items;
	unsigned count, size;
};

/* A secret as written, until the realm is known. */
struct bel_conf_pending {
	unsigned user; /* index in users */
	const struct bel_conf_token *words;
	unsigned count;
};

/* A name or number of a user, for the check that nobody else has it. */
struct bel_conf_name {
	bel_str text;
	struct bel_conf_token token;
	unsigned user, order; /* indexes in users and in names */
	bool is_account;      /* the user's own name, not a number */
	bool is_from_file;    /* a line of `users FILE` */
};

struct bel_conf_loader {
	const struct bel_conf_opts *opts;
	struct bel_conf_reader reader;
	struct bel_conf_report *report;
	struct bel_conf *conf;
	struct bel_arena scratch; /* ends with the load */
	struct bel_crypto *crypto;
	enum bel_err err; /* the world's: memory, mostly. No further statement is read. */
	unsigned files_count;
	bool is_default; /* the tables' own defaults are being set */

	struct bel_conf_list listens, publics, domains, users, trusted, accepts, hosts,
		routes;
	struct bel_conf_list secrets;      /* of bel_conf_pending */
	struct bel_conf_list names;        /* of bel_conf_name */
	struct bel_conf_list listen_marks; /* of bel_conf_token, one a listener */
	struct bel_conf_list
		route_marks; /* of bel_conf_token, one a route: the pattern */
	struct bel_conf_list
		target_marks;             /* of bel_conf_token, one a route: its target */
	struct bel_conf_list users_files; /* of bel_conf_token */
	struct bel_conf_list turn_listens, turn_marks; /* as listens and listen_marks */
	struct bel_conf_list turn_secrets;             /* of bel_conf_token */
	struct bel_conf_list turn_allowed, turn_denied, turn_publics;
	struct bel_conf_scope top;
	const struct bel_conf_token *key_token; /* of tls CERT KEY, or NULL */
	const struct bel_conf_token *cert_token;
};

/* A cleared item at the end of the list; NULL without memory, and loader->err says so. */
void *bel_conf_list_add(struct bel_conf_loader *loader, struct bel_conf_list *list,
			size_t item_bytes);
#define BEL_CONF_ADD(loader, list, type)                                                 \
	((type *)bel_conf_list_add((loader), &(loader)->list, sizeof(type)))
/* The items as an array of the configuration's. */
void *bel_conf_list_keep(struct bel_conf_loader *loader, const struct bel_conf_list *list,
			 size_t item_bytes);

/* Strings that the configuration keeps. */
bel_str bel_conf_keep(struct bel_conf_loader *loader, bel_str text);
bel_str bel_conf_keep_lower(struct bel_conf_loader *loader, bel_str text);
struct bel_conf_at bel_conf_at_of(const struct bel_conf_loader *loader,
				  const struct bel_conf_token *token);

/* The token as a path, kept. */
bel_str bel_conf_path_keep(struct bel_conf_loader *loader,
			   const struct bel_conf_token *token);
/* name as it is meant in the file from: absolute, or beside that file. */
bel_str bel_conf_path_join(struct bel_arena *arena, bel_str from, bel_str name);

/* Reads a further file through the port. A failure is complained of at the token. */
enum bel_err bel_conf_file_read(struct bel_conf_loader *loader,
				const struct bel_conf_token *token, bel_str name,
				size_t bytes_max, struct bel_arena *arena, bel_str *out,
				bel_str *path);
/* Takes the statements of a text as if they stood in scope. */
void bel_conf_text_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			const struct bel_conf_file *file);

/* Complaints about the shape of a statement; true when something was wrong. min and max
 * count the words behind the name; form says what they are. */
bool bel_conf_is_misshapen(struct bel_conf_loader *loader,
			   const struct bel_conf_word *word,
			   const struct bel_conf_statement *statement, unsigned min,
			   unsigned max);

/* Values of single words (value.c); false with a complaint. */
bool bel_conf_count_read(struct bel_conf_loader *loader, uint64_t *out,
			 const struct bel_conf_token *token, uint64_t min, uint64_t max);
bool bel_conf_duration_read(struct bel_conf_loader *loader, uint64_t *out_ms,
			    const struct bel_conf_token *token, uint64_t min_ms,
			    uint64_t max_ms);
bool bel_conf_flag_read(struct bel_conf_loader *loader, bool *out,
			const struct bel_conf_token *token);
bool bel_conf_addr_read(struct bel_conf_loader *loader, bel_addr *out,
			const struct bel_conf_token *token, uint16_t default_port);
/* A host name (RFC 1123 section 2.1) or an address, in lower case, kept. */
bool bel_conf_host_read(struct bel_conf_loader *loader, bel_str *out,
			const struct bel_conf_token *token);
/* A URI, kept; only as far as one can be told from a mistake. */
bool bel_conf_uri_read(struct bel_conf_loader *loader, bel_str *out,
		       const struct bel_conf_token *token);
/* The index of the word among count names; complains with what may have been meant. */
bool bel_conf_choice_read(struct bel_conf_loader *loader, unsigned *out,
			  const struct bel_conf_token *token, const char *const *names,
			  unsigned count, const char *what);

/* The name of a digest algorithm that authentication may use. */
bool bel_conf_digest_read(struct bel_conf_loader *loader, enum bel_digest *out,
			  const struct bel_conf_token *token);

/* redirect bindings|CODE TARGET, wherever it stands: word->offset is that of a
 * struct bel_conf_redirect. */
bel_conf_take bel_conf_redirect_take;
bool bel_conf_redirect_status_read(struct bel_conf_loader *loader, uint16_t *out,
				   const struct bel_conf_token *token);

/* What stands behind `password`, as far as it can be told before the realm is known. */
bool bel_conf_secret_is_sound(struct bel_conf_loader *loader,
			      const struct bel_conf_statement *statement);
/* The secrets as HA1 (secret.c), the users of files (users_file.c). */
void bel_conf_secrets_finish(struct bel_conf_loader *loader);
void bel_conf_users_files_read(struct bel_conf_loader *loader);

/* The password that a token names (file:, env:) or is, kept, and wiped where it stood; an
 * empty string with a complaint. */
bel_str bel_conf_password_keep(struct bel_conf_loader *loader,
			       const struct bel_conf_token *token);
/* ADDRESS[/LENGTH]. */
bool bel_conf_net_read(struct bel_conf_loader *loader, struct bel_conf_net *net,
		       const struct bel_conf_token *token);
/* FIRST-LAST, with at least so many ports; false with a complaint. */
bool bel_conf_ports_read(struct bel_conf_loader *loader, uint16_t *first, uint16_t *last,
			 const struct bel_conf_token *token, unsigned count_min,
			 const char *example);

/* What the command line says of it. */
void bel_conf_media_finish(struct bel_conf_loader *loader);

/* listen in the block of turn. */
bel_conf_take bel_conf_turn_listen_take;
bool bel_conf_listens_differ(const struct bel_conf_listen *a, unsigned a_count,
			     const struct bel_conf_listen *b, unsigned b_count);

/* The subjects' tables. */
extern const struct bel_conf_words bel_conf_words_listen, bel_conf_words_domain,
	bel_conf_words_country, bel_conf_words_user, bel_conf_words_peer,
	bel_conf_words_route, bel_conf_words_registrar, bel_conf_words_guard,
	bel_conf_words_tls, bel_conf_words_node, bel_conf_words_include,
	bel_conf_words_media, bel_conf_words_turn, bel_conf_words_later;

/* The name or number of a user, after bel_conf_users_finish; NULL when nobody has it. */
const struct bel_conf_name *bel_conf_name_find(const struct bel_conf_loader *loader,
					       bel_str text);

/* After the last statement: the command line's listeners in place of the file's, or the
 * standard ones; secrets, now that the realm is known; checks across statements. */
void bel_conf_listens_finish(struct bel_conf_loader *loader);
void bel_conf_users_finish(struct bel_conf_loader *loader);
void bel_conf_turn_finish(struct bel_conf_loader *loader);
void bel_conf_registrar_check(struct bel_conf_loader *loader);
void bel_conf_check(struct bel_conf_loader *loader);

#endif
