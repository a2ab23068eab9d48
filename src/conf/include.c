/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

/* a.conf includes b.conf includes a.conf: the chain, for the message. */
static void complain_cycle(struct bel_conf_loader *loader,
			   const struct bel_conf_token *token, bel_str path)
{
	char buf[400];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_str(&writer, path);
	for (const struct bel_conf_file *file = token->file; file; file = file->parent) {
		bel_write_lit(&writer, " <- ");
		bel_write_str(&writer, file->name);
		if (bel_str_is_equal(file->name, path))
			break;
	}
	bel_conf_complain(loader->report, token, "a file that includes itself: %.*s",
			  BEL_STR_ARG(bel_writer_str(&writer)));
	bel_conf_remedy(loader->report, "remove this include");
}

static bool is_cycle(const struct bel_conf_file *file, bel_str path)
{
	for (; file; file = file->parent)
		if (bel_str_is_equal(file->name, path))
			return true;
	return false;
}

static void take_include(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			 struct bel_conf_scope *scope,
			 const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *token = &statement->words[1];
	struct bel_conf_file *file;
	bel_str text, path;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	if (token->file->depth == BEL_CONF_INCLUDE_DEPTH_MAX ||
	    loader->files_count == BEL_CONF_FILES_MAX) {
		bel_conf_complain(loader->report, token,
				  "files included more than %d deep, "
				  "or more than %d of them",
				  BEL_CONF_INCLUDE_DEPTH_MAX, BEL_CONF_FILES_MAX);
		return;
	}
	loader->files_count++;
	if (bel_conf_file_read(loader, token, token->text, BEL_CONF_FILE_BYTES_MAX,
			       &loader->conf->arena, &text, &path))
		return;
	if (is_cycle(token->file, path)) {
		complain_cycle(loader, token, path);
		return;
	}
	file = BEL_ARENA_NEW(&loader->scratch, struct bel_conf_file);
	if (!file) {
		loader->err = -ENOMEM;
		return;
	}
	*file = (struct bel_conf_file){ .name = path,
					.text = text,
					.parent = token->file,
					.depth = token->file->depth + 1 };
	bel_conf_text_take(loader, scope, file);
}

static const struct bel_conf_word rows[] = {
	{ .name = "include",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "FILE",
	  .sample = "users.conf",
	  .also = "import import_file #include",
	  .take = take_include,
	  .help = "Reads the statements of another file, named relative to this one." },
};
const struct bel_conf_words bel_conf_words_include = BEL_CONF_WORDS("Files", rows);
