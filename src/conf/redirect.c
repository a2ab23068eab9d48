/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

/* The redirections of RFC 3261 section 21.3. */
static const uint16_t statuses[] = { 300, 301, 302, 305, 380 };

bool bel_conf_redirect_status_read(struct bel_conf_loader *loader, uint16_t *out,
				   const struct bel_conf_token *token)
{
	uint64_t status = 0;

	(void)bel_str_to_u64(&status, token->text, 999);
	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++)
		if (statuses[i] == status) {
			*out = statuses[i];
			return true;
		}
	bel_conf_complain(loader->report, token, "\"%.*s\" is not a code that redirects",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "give 300, 301, 302, 305 or 380");
	return false;
}

void bel_conf_redirect_take(struct bel_conf_loader *loader,
			    const struct bel_conf_word *word,
			    struct bel_conf_scope *scope,
			    const struct bel_conf_statement *statement)
{
	struct bel_conf_redirect *out =
		(struct bel_conf_redirect *)(void *)((char *)scope->base + word->offset);
	struct bel_conf_redirect redirect = {
		.at = bel_conf_at_of(loader, statement->words), .status = 302
	};
	const struct bel_conf_token *words = statement->words;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 2))
		return;
	if (statement->count == 2 &&
	    bel_str_is_equal(words[1].text, BEL_STR("bindings"))) {
		*out = redirect;
		return;
	}
	if (!bel_conf_redirect_status_read(loader, &redirect.status, &words[1]))
		return;
	if (bel_conf_is_misshapen(loader, word, statement, 2, 2))
		return;
	if (!bel_str_is_equal(words[2].text, BEL_STR("bindings")) &&
	    !bel_conf_uri_read(loader, &redirect.target, &words[2]))
		return;
	*out = redirect;
}
