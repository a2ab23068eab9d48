/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>
#include <stdlib.h>

enum { ARENA_BYTES_MAX = 512 << 20, ITEMS_MIN = 8 };

/* What may stand in the file itself, in the order of the sample and the manual. */
static const struct bel_conf_words *const top_words[] = {
	&bel_conf_words_domain,  &bel_conf_words_listen,  &bel_conf_words_tls,
	&bel_conf_words_user,    &bel_conf_words_country, &bel_conf_words_route,
	&bel_conf_words_peer,    &bel_conf_words_guard,   &bel_conf_words_registrar,
	&bel_conf_words_media,   &bel_conf_words_turn,    &bel_conf_words_node,
	&bel_conf_words_include, &bel_conf_words_later,   NULL,
};
const struct bel_conf_place bel_conf_top = { NULL, top_words };

void *bel_conf_list_add(struct bel_conf_loader *loader, struct bel_conf_list *list,
			size_t item_bytes)
{
	if (list->count == list->size) {
		unsigned size = list->size ? list->size * 2 : ITEMS_MIN;
		void *items = bel_arena_alloc(&loader->scratch, size * item_bytes);
		if (!items) {
			loader->err = -ENOMEM;
			return NULL;
		}
		if (list->count)
			memcpy(items, list->items, list->count * item_bytes);
		list->items = items;
		list->size = size;
	}
	void *item = (char *)list->items + list->count++ * item_bytes;
	memset(item, 0, item_bytes);
	return item;
}

void *bel_conf_list_keep(struct bel_conf_loader *loader, const struct bel_conf_list *list,
			 size_t item_bytes)
{
	void *items;

	if (!list->count)
		return NULL;
	items = bel_arena_alloc(&loader->conf->arena, list->count * item_bytes);
	if (!items)
		loader->err = -ENOMEM;
	else
		memcpy(items, list->items, list->count * item_bytes);
	return items;
}

bel_str bel_conf_keep(struct bel_conf_loader *loader, bel_str text)
{
	bel_str kept = bel_arena_copy(&loader->conf->arena, text);

	if (!kept.ptr && text.len)
		loader->err = -ENOMEM;
	return kept;
}

bel_str bel_conf_keep_lower(struct bel_conf_loader *loader, bel_str text)
{
	char *buf = bel_arena_bytes(&loader->conf->arena, text.len);

	if (!buf) {
		loader->err = -ENOMEM;
		return BEL_STR_NONE;
	}
	for (size_t i = 0; i < text.len; i++)
		buf[i] = bel_char_lower(text.ptr[i]);
	return (bel_str){ buf, text.len };
}

bel_str bel_conf_path_keep(struct bel_conf_loader *loader,
			   const struct bel_conf_token *token)
{
	bel_str path = bel_conf_path_join(&loader->conf->arena, token->file->name,
					  token->text);

	if (!path.ptr)
		loader->err = -ENOMEM;
	return path;
}

struct bel_conf_at bel_conf_at_of(const struct bel_conf_loader *loader,
				  const struct bel_conf_token *token)
{
	if (loader->is_default)
		return (struct bel_conf_at){ .line = 0 };
	return (struct bel_conf_at){ token->file->name, token->line, token->column };
}

void bel_conf_text_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			const struct bel_conf_file *file)
{
	struct bel_conf_tokens tokens;
	struct bel_conf_statement *first = NULL;
	enum bel_err err;

	err = bel_conf_tokens_read(&tokens, &loader->scratch, loader->report, file);
	if (!err)
		err = bel_conf_tree_read(&first, &loader->scratch, loader->report,
					 &tokens);
	if (err)
		loader->err = err;
	else
		bel_conf_block_take(loader, scope, first);
}

/* Reads the rows' own defaults as if they had been written. */
static void take_defaults(struct bel_conf_loader *loader, struct bel_conf_scope *scope)
{
	const struct bel_conf_words *const *words = scope->place->words;
	char buf[128];

	for (; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++) {
			const struct bel_conf_word *row = &(*words)->rows[i];
			struct bel_conf_scope inner = { row->block, scope->base, NULL };
			struct bel_writer writer = bel_writer_init(buf, sizeof buf);
			struct bel_conf_file file = { .name = BEL_STR("default") };
			if (row->kind == BEL_CONF_GROUP)
				take_defaults(loader, &inner);
			if (!row->standard)
				continue;
			bel_write_text(&writer, row->name);
			bel_write_char(&writer, ' ');
			bel_write_text(&writer, row->standard);
			file.text = bel_writer_str(&writer);
			bel_conf_text_take(loader, scope, &file);
		}
}

#define KEEP(loader, list, field, type)                                                  \
	do {                                                                             \
		(loader)->conf->field = bel_conf_list_keep((loader), &(loader)->list,    \
							   sizeof(type));                \
		(loader)->conf->field##_count = (loader)->list.count;                    \
	} while (0)

static void keep_lists(struct bel_conf_loader *loader)
{
	KEEP(loader, listens, listens, struct bel_conf_listen);
	KEEP(loader, publics, publics, bel_addr);
	KEEP(loader, domains, domains, struct bel_conf_domain);
	KEEP(loader, users, users, struct bel_conf_user);
	KEEP(loader, trusted, trusted, struct bel_conf_net);
	KEEP(loader, accepts, accepts, struct bel_conf_accept);
	KEEP(loader, hosts, hosts, struct bel_conf_host);
	KEEP(loader, routes, routes, struct bel_conf_route);
	KEEP(loader, turn_listens, turn.listens, struct bel_conf_listen);
	KEEP(loader, turn_allowed, turn.allowed, struct bel_conf_net);
	KEEP(loader, turn_denied, turn.denied, struct bel_conf_net);
	KEEP(loader, turn_publics, turn.publics, bel_addr);
}

static void set_realm(struct bel_conf_loader *loader)
{
	struct bel_conf *conf = loader->conf;
	const struct bel_conf_domain *domains = loader->domains.items;

	if (!conf->realm.len && loader->opts->realm.len)
		conf->realm = bel_conf_keep(loader, loader->opts->realm);
	if (!conf->realm.len && loader->domains.count)
		conf->realm = domains[0].name;
	if (!conf->realm.len)
		conf->realm = BEL_STR("belfry");
}

/* The text at the top, in the configuration's arena: its strings are borrowed. */
static enum bel_err read_top(struct bel_conf_loader *loader, struct bel_conf_file *file)
{
	const struct bel_conf_opts *opts = loader->opts;
	enum bel_err err;

	if (!opts->path.len) {
		file->name = BEL_STR("configuration");
		file->text = bel_conf_keep(loader, opts->text);
		return loader->err;
	}
	err = loader->reader.read(loader->reader.user, &loader->conf->arena, BEL_STR_NONE,
				  opts->path, &file->text, &file->name);
	if (err)
		return err;
	if (file->text.len <= BEL_CONF_FILE_BYTES_MAX)
		return BEL_OK;
	bel_conf_complain_file(loader->report, file->name, "more than %d bytes",
			       BEL_CONF_FILE_BYTES_MAX);
	return BEL_ERR_SYNTAX;
}

static enum bel_err load(struct bel_conf_loader *loader)
{
	struct bel_conf *conf = loader->conf;
	struct bel_conf_file file = { .depth = 0 };
	enum bel_err err;

	loader->top = (struct bel_conf_scope){ &bel_conf_top, conf, NULL };
	loader->is_default = true;
	take_defaults(loader, &loader->top);
	loader->is_default = false;
	err = loader->err ? loader->err : read_top(loader, &file);
	if (err)
		return err;
	bel_conf_text_take(loader, &loader->top, &file);
	bel_conf_listens_finish(loader);
	bel_conf_media_finish(loader);
	if (loader->opts->workers)
		conf->node.workers = loader->opts->workers;
	set_realm(loader);
	if (!loader->err)
		bel_conf_users_finish(loader);
	if (!loader->err)
		bel_conf_turn_finish(loader);
	if (!loader->err)
		bel_conf_check(loader);
	if (!loader->err)
		keep_lists(loader);
	if (loader->err)
		return loader->err;
	return loader->report->errors ? BEL_ERR_SYNTAX : BEL_OK;
}

enum bel_err bel_conf_load(struct bel_conf **out, struct bel_conf_report *report,
			   const struct bel_conf_opts *opts)
{
	struct bel_conf *conf = calloc(1, sizeof *conf);
	struct bel_conf_loader loader = { .opts = opts, .report = report, .conf = conf };
	enum bel_err err;

	if (!conf)
		return -ENOMEM;
	atomic_init(&conf->refs, 1);
	loader.reader = opts->reader ? *opts->reader : bel_conf_reader_files;
	bel_arena_init(&conf->arena, NULL, 0, ARENA_BYTES_MAX);
	bel_arena_init(&loader.scratch, NULL, 0, ARENA_BYTES_MAX);
	err = load(&loader);
	bel_conf_report_sort(report);
	bel_crypto_close(loader.crypto);
	bel_arena_fini(&loader.scratch);
	if (err)
		bel_conf_unref(conf);
	else
		*out = conf;
	return err;
}

struct bel_conf *bel_conf_ref(struct bel_conf *conf)
{
	atomic_fetch_add_explicit(&conf->refs, 1, memory_order_relaxed);
	return conf;
}

void bel_conf_unref(struct bel_conf *conf)
{
	if (!conf || atomic_fetch_sub_explicit(&conf->refs, 1, memory_order_acq_rel) != 1)
		return;
	bel_arena_fini(&conf->arena);
	free(conf);
}
