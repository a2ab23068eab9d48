/* SPDX-License-Identifier: Apache-2.0
 * Every name and number belongs to one user. */
#include <stdlib.h>

#include "conf/load.h"

static int compare_names(const void *left, const void *right)
{
	const struct bel_conf_name *a = left, *b = right;
	int order = bel_str_compare(a->text, b->text);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

const struct bel_conf_name *bel_conf_name_find(const struct bel_conf_loader *loader,
					       bel_str text)
{
	const struct bel_conf_name *names = loader->names.items;
	unsigned low = 0, high = loader->names.count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = bel_str_compare(names[middle].text, text);
		if (order == 0)
			return &names[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A line of a file adds what the user lacks: a secret, or one more algorithm. */
static bool merge(struct bel_conf_user *user, const struct bel_conf_user *more)
{
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++)
		if (user->secret.ha1[i].len && more->secret.ha1[i].len)
			return false;
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++)
		if (more->secret.ha1[i].len)
			user->secret.ha1[i] = more->secret.ha1[i];
	return true;
}

static void complain_twice(struct bel_conf_loader *loader,
			   const struct bel_conf_name *first,
			   const struct bel_conf_name *name)
{
	const struct bel_conf_user *users = loader->users.items;
	const struct bel_conf_token *at = &first->token;
	bool is_user = first->is_account && name->is_account;

	bel_conf_complain(loader->report, &name->token,
			  is_user ? "user %.*s is said twice, first in %.*s:%u"
				  : "%.*s is taken already, in %.*s:%u",
			  BEL_CONF_SHOW(name->text), BEL_CONF_SHOW(at->file->name),
			  at->line);
	if (is_user)
		bel_conf_remedy(loader->report, "keep one of the two");
	else
		bel_conf_remedy(loader->report, "it calls %.*s; give another",
				BEL_CONF_SHOW(users[first->user].name));
}

static void check_pair(struct bel_conf_loader *loader, const struct bel_conf_name *first,
		       const struct bel_conf_name *name)
{
	struct bel_conf_user *users = loader->users.items;

	if (name->user == first->user)
		return;
	if (first->is_account && name->is_account && name->is_from_file &&
	    merge(&users[first->user], &users[name->user])) {
		users[name->user].name = BEL_STR_NONE;
		return;
	}
	complain_twice(loader, first, name);
}

/* Those whose lines went to another of the same name. */
static void remove_merged(struct bel_conf_loader *loader)
{
	struct bel_conf_user *users = loader->users.items;
	unsigned kept = 0;

	for (unsigned i = 0; i < loader->users.count; i++)
		if (users[i].name.len)
			users[kept++] = users[i];
	loader->users.count = kept;
}

static bool has_secret(const struct bel_conf_user *user)
{
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++)
		if (user->secret.ha1[i].len)
			return true;
	return false;
}

static bool has_open_domain(const struct bel_conf_loader *loader)
{
	const struct bel_conf_domain *domains = loader->domains.items;

	for (unsigned i = 0; i < loader->domains.count; i++)
		if (domains[i].is_open)
			return true;
	return false;
}

static void check_secrets(struct bel_conf_loader *loader,
			  const struct bel_conf_name *names)
{
	const struct bel_conf_user *users = loader->users.items;

	if (has_open_domain(loader) || loader->report->errors)
		return;
	for (unsigned i = 0; i < loader->names.count; i++) {
		const struct bel_conf_name *name = &names[i];
		if (!name->is_account || !users[name->user].name.len ||
		    has_secret(&users[name->user]))
			continue;
		bel_conf_warn(loader->report, &name->token,
			      "user %.*s has no password and cannot register",
			      BEL_CONF_SHOW(name->text));
		bel_conf_remedy(loader->report, "add: password file:%.*s.pw",
				BEL_CONF_SHOW(name->text));
	}
}

void bel_conf_users_finish(struct bel_conf_loader *loader)
{
	struct bel_conf_name *names;
	unsigned first = 0;

	bel_conf_secrets_finish(loader);
	bel_conf_users_files_read(loader);
	if (loader->err || !loader->names.count)
		return;
	names = loader->names.items;
	qsort(names, loader->names.count, sizeof names[0], compare_names);
	for (unsigned i = 1; i < loader->names.count; i++) {
		if (bel_str_is_equal(names[i].text, names[first].text))
			check_pair(loader, &names[first], &names[i]);
		else
			first = i;
	}
	check_secrets(loader, names);
	remove_merged(loader);
}
