/* SPDX-License-Identifier: Apache-2.0
 * What no single statement can know. */
#include "conf/load.h"

/* What is compared pair by pair; beyond, only the warning is missing. */
enum {
	ROUTES_COMPARED_MAX = 1000,
	LISTENS_COMPARED_MAX = 1000,
	NAMES_COMPARED_MAX = 10000,
	PATTERN_BYTES_MAX = 128
};

/* UDP has ports of its own; TCP, TLS and HTTP share theirs. */
static bool is_same_port(const struct bel_conf_listen *a, const struct bel_conf_listen *b)
{
	return (a->transport == BEL_CONF_UDP) == (b->transport == BEL_CONF_UDP) &&
	       bel_addr_is_equal(&a->addr, &b->addr) && a->addr.port;
}

/* Listeners of every kind, the way they were written. */
struct listened {
	const struct bel_conf_listen *listens;
	const struct bel_conf_token *marks;
	unsigned count;
};

static const struct bel_conf_token *find_same_port(const struct listened *among,
						   unsigned count,
						   const struct bel_conf_listen *listen)
{
	for (unsigned i = 0; i < count; i++)
		if (is_same_port(&among->listens[i], listen))
			return &among->marks[i];
	return NULL;
}

static void complain_port(struct bel_conf_loader *loader,
			  const struct bel_conf_token *mark,
			  const struct bel_conf_token *first)
{
	/* Nobody wrote that one. */
	if (bel_str_is_equal(mark->file->name, BEL_STR("default"))) {
		bel_conf_complain(loader->report, first,
				  "that port is the one of turn, too");
		bel_conf_remedy(loader->report, "say where turn is to listen: turn "
						"listen udp,tcp :3479");
		return;
	}
	if (first->raw.ptr == mark->raw.ptr)
		bel_conf_complain(loader->report, mark,
				  "two of these transports share a port");
	else
		bel_conf_complain(loader->report, mark,
				  "that port is listened on already, in %.*s:%u",
				  BEL_CONF_SHOW(first->file->name), first->line);
	bel_conf_remedy(loader->report, "give another port");
}

/* before: listeners that came earlier, all of them. */
static void check_listened(struct bel_conf_loader *loader, const struct listened *these,
			   const struct listened *before)
{
	const char *said = NULL; /* several listeners come of one statement */

	for (unsigned i = 0; i < these->count && i < LISTENS_COMPARED_MAX; i++) {
		const struct bel_conf_token *first = find_same_port(these, i,
								    &these->listens[i]);
		if (!first && before)
			first = find_same_port(before, before->count, &these->listens[i]);
		if (!first || these->marks[i].raw.ptr == said)
			continue;
		said = these->marks[i].raw.ptr;
		complain_port(loader, &these->marks[i], first);
	}
}

static void check_listens(struct bel_conf_loader *loader)
{
	const struct listened sip = { loader->listens.items, loader->listen_marks.items,
				      loader->listens.count };
	const struct listened turn = { loader->turn_listens.items,
				       loader->turn_marks.items,
				       loader->turn_listens.count };

	check_listened(loader, &sip, NULL);
	check_listened(loader, &turn, &sip);
}

/* A later pattern as text in which only a star can match what it leaves open. */
static bool flatten(struct bel_writer *writer, bel_str pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		size_t close = bel_str_find(bel_str_slice(pattern, i, pattern.len), ']');
		char c = pattern.ptr[i];
		if (c == '[' && i + close < pattern.len)
			i += close;
		bel_write_char(writer, c == '*' || c == '?' || c == '[' ? '\1' : c);
	}
	return !writer->is_full;
}

static bool is_literal(bel_str pattern)
{
	return bel_str_find(pattern, '*') == pattern.len &&
	       bel_str_find(pattern, '?') == pattern.len &&
	       bel_str_find(pattern, '[') == pattern.len;
}

/* True only when everything that later matches, earlier matches before it. */
static bool is_covered(bel_str earlier, bel_str later)
{
	char buf[PATTERN_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bool has_host = bel_str_find(earlier, '@') < earlier.len;
	size_t at = bel_str_find(later, '@');

	if (has_host && at == later.len)
		return false;
	if (!has_host)
		later = bel_str_slice(later, 0, at);
	if (is_literal(later))
		return bel_str_is_match(earlier, later);
	if (bel_str_find(earlier, '?') < earlier.len ||
	    bel_str_find(earlier, '[') < earlier.len)
		return false;
	return flatten(&writer, later) &&
	       bel_str_is_match(earlier, bel_writer_str(&writer));
}

static void check_covered(struct bel_conf_loader *loader, unsigned later)
{
	const struct bel_conf_route *routes = loader->routes.items;
	const struct bel_conf_token *marks = loader->route_marks.items;

	for (unsigned i = 0; i < later; i++) {
		if (routes[i].table != routes[later].table ||
		    !is_covered(routes[i].pattern, routes[later].pattern))
			continue;
		bel_conf_warn(loader->report, &marks[later],
			      "%.*s is never reached: %.*s in %.*s:%u takes it all",
			      BEL_CONF_SHOW(routes[later].pattern),
			      BEL_CONF_SHOW(routes[i].pattern),
			      BEL_CONF_SHOW(marks[i].file->name), marks[i].line);
		bel_conf_remedy(loader->report, "put it above that line");
		return;
	}
}

static void check_route_user(struct bel_conf_loader *loader, unsigned index)
{
	const struct bel_conf_route *route = &(
		(const struct bel_conf_route *)loader->routes.items)[index];
	const struct bel_conf_token *token = &(
		(const struct bel_conf_token *)loader->target_marks.items)[index];
	const struct bel_conf_name *names = loader->names.items;
	struct bel_conf_guess guess = bel_conf_guess_init(route->target);

	if (bel_conf_name_find(loader, route->target))
		return;
	for (unsigned i = 0; i < loader->names.count && i < NAMES_COMPARED_MAX; i++)
		bel_conf_guess_add(&guess, names[i].text);
	bel_conf_warn(loader->report, token, "no user %.*s in this configuration",
		      BEL_CONF_SHOW(route->target));
	if (!bel_conf_guess_remedy(loader->report, &guess))
		bel_conf_remedy(loader->report, "unless `belfry user add %.*s` made one",
				BEL_CONF_SHOW(route->target));
}

static void check_routes(struct bel_conf_loader *loader)
{
	const struct bel_conf_route *routes = loader->routes.items;

	for (unsigned i = 0; i < loader->routes.count && i < ROUTES_COMPARED_MAX; i++) {
		if (routes[i].step == BEL_STEP_USER)
			check_route_user(loader, i);
		check_covered(loader, i);
	}
}

/* Certificate and key can be read, and belong together. */
static void check_tls(struct bel_conf_loader *loader)
{
	bel_str cert, key, path;
	enum bel_err err;

	if (!loader->key_token)
		return;
	if (bel_conf_file_read(loader, loader->cert_token, loader->cert_token->text,
			       BEL_CONF_FILE_BYTES_MAX, &loader->scratch, &cert, &path) ||
	    bel_conf_file_read(loader, loader->key_token, loader->key_token->text,
			       BEL_CONF_FILE_BYTES_MAX, &loader->scratch, &key, &path))
		return;
	if (loader->reader.check_pair) {
		err = loader->reader.check_pair(loader->reader.user, cert, key);
		if (err == BEL_ERR_MISMATCH) {
			bel_conf_complain(loader->report, loader->key_token,
					  "the key is not that of the certificate");
			bel_conf_remedy(loader->report, "name the key it was made with");
		} else if (err) {
			bel_conf_complain(loader->report, loader->cert_token,
					  "certificate and key cannot be used: %s",
					  bel_err_text(err));
			bel_conf_remedy(loader->report, "both are PEM files, the "
							"certificate first");
		}
	}
	bel_wipe((void *)(uintptr_t)key.ptr, key.len);
}

void bel_conf_check(struct bel_conf_loader *loader)
{
	check_listens(loader);
	check_routes(loader);
	check_tls(loader);
	bel_conf_registrar_check(loader);
}
