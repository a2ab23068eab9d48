/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/lib_int.h"

enum { TEXT_BYTES = 1024 };

/* ---- its life ---- */

struct belfry_account *bel_account_ref(struct belfry_account *account)
{
	if (account)
		account->references++;
	return account;
}

void bel_account_unref(struct belfry_account *account)
{
	if (!account || --account->references)
		return;
	bel_wipe((char *)account->auth.password.ptr, account->auth.password.len);
	bel_arena_fini(&account->arena);
	free(account);
}

static void release(struct belfry_account *account)
{
	bel_timer_stop(account->agent->loop, &account->soon);
	bel_registration_drop(account->registration);
	account->registration = NULL;
	account->is_removed = true;
	bel_list_remove(&account->node);
	bel_account_unref(account);
}

void bel_accounts_close(struct belfry_agent *agent)
{
	BEL_LIST_EACH(node, &agent->accounts)
	release(BEL_CONTAINER_OF(node, struct belfry_account, node));
}

static void tell_removed(void *user)
{
	struct belfry_account *account = user;

	bel_news_tell(account->agent,
		      &(struct bel_news){ .event = { .type = BELFRY_EVENT_REMOVED,
						     .account = account } });
	release(account);
}

/* ---- its registration ---- */

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	struct belfry_account *account = user;

	(void)registration;
	bel_news_tell(account->agent,
		      &(struct bel_news){ .event = { .type = BELFRY_EVENT_REGISTERED,
						     .account = account,
						     .status = 200,
						     .seconds = grant->expires_s } });
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	struct belfry_account *account = user;
	bool is_refused = failure->status;
	const struct bel_news news = {
		.event = { .type = is_refused ? BELFRY_EVENT_REGISTER_REFUSED
					      : BELFRY_EVENT_REGISTER_LOST,
			   .account = account,
			   .status = failure->status,
			   .error = bel_error_from(failure->err),
			   .seconds = failure->retry_in_s },
		.text = is_refused ? bel_sip_status_phrase(failure->status)
				   : bel_str_from(bel_err_text(failure->err)),
	};

	(void)registration;
	bel_news_tell(account->agent, &news);
}

static void on_gone(void *user)
{
	struct belfry_account *account = user;

	account->registration = NULL;
	tell_removed(account);
}

static const struct bel_registration_port port = { .on_registered = on_registered,
						   .on_failed = on_failed,
						   .on_gone = on_gone };

static enum bel_err begin_registration(struct belfry_account *account,
				       const struct belfry_account_options *options)
{
	bel_str proxies[BEL_REGISTRATION_PROXIES_MAX];
	unsigned count = 0;
	char buf[TEXT_BYTES];
	struct bel_writer registrar = bel_writer_init(buf, sizeof buf);

	for (const char *const *each = options->proxies; each && *each; each++) {
		if (count == BEL_REGISTRATION_PROXIES_MAX)
			return BEL_ERR_LIMIT;
		proxies[count++] = bel_str_from(*each);
	}
	if (options->registrar) {
		bel_write_text(&registrar, options->registrar);
	} else {
		bel_write_text(&registrar, account->scheme);
		bel_write_str(&registrar, account->place);
	}
	if (registrar.is_full)
		return BEL_ERR_LIMIT;
	return bel_registration_start(
		&account->registration,
		&(struct bel_registration_opts){
			.ua = bel_lib_ua(account->agent->lib),
			.aor = account->from,
			.registrar = bel_writer_str(&registrar),
			.proxies = proxies,
			.proxies_count = count,
			.account = account->has_auth ? &account->auth : NULL,
			.contact_user = account->user,
			.expires_s = options->expires_s,
			.instance = bel_str_from(options->instance),
			.reg_id = options->reg_id,
			.follows_nat = true,
			.port = &port,
			.user = account,
		});
}

/* ---- adding ---- */

/* The parts of its address, all in its arena. */
static enum bel_err read_address(struct belfry_account *account,
				 const struct belfry_account_options *options)
{
	bel_str text = bel_arena_copy(&account->arena, bel_str_from(options->address));
	char buf[TEXT_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri uri;

	if (!text.ptr || bel_uri_parse(&uri, text))
		return BEL_ERR_SYNTAX;
	if ((uri.scheme != BEL_URI_SIP && uri.scheme != BEL_URI_SIPS) || !uri.user.len)
		return BEL_ERR_SYNTAX;
	account->address = bel_text_copy(&account->arena, text);
	account->scheme = uri.scheme == BEL_URI_SIPS ? "sips:" : "sip:";
	account->user = uri.user;
	bel_write_str(&writer, uri.host);
	if (uri.port)
		bel_write_format(&writer, ":%u", uri.port);
	if (uri.params.len) {
		bel_write_char(&writer, ';');
		bel_write_str(&writer, uri.params);
	}
	account->place = bel_arena_copy(&account->arena, bel_writer_str(&writer));
	uri.params = uri.headers = uri.password = BEL_STR_NONE;
	writer.len = 0;
	bel_uri_write(&writer, &uri);
	account->uri = bel_arena_copy(&account->arena, bel_writer_str(&writer));
	writer.len = 0;
	bel_sip_write_addr(&writer, bel_str_from(options->name), account->uri,
			   BEL_STR_NONE);
	account->from = bel_arena_copy(&account->arena, bel_writer_str(&writer));
	return writer.is_full || !account->from.ptr ? BEL_ERR_SPACE : BEL_OK;
}

static enum bel_err keep(struct belfry_account *account,
			 const struct belfry_account_options *options)
{
	struct bel_arena *arena = &account->arena;
	enum bel_err err = read_address(account, options);

	if (err)
		return err;
	account->has_auth = options->password;
	account->auth = (struct bel_auth_account){
		.username = options->user
				    ? bel_arena_copy(arena, bel_str_from(options->user))
				    : account->user,
		.password = bel_arena_copy(arena, bel_str_from(options->password)),
		.realm = bel_arena_copy(arena, bel_str_from(options->realm)),
	};
	if (options->proxies && options->proxies[0])
		account->proxy = bel_arena_copy(arena, bel_str_from(options->proxies[0]));
	account->user_data = options->user_data;
	return BEL_OK;
}

enum belfry_error belfry_account_add(struct belfry_account **out,
				     struct belfry_agent *agent,
				     const struct belfry_account_options *options)
{
	struct belfry_account *account = calloc(1, sizeof *account);
	enum bel_err err;

	if (!account)
		return bel_fail_as(agent, BELFRY_ERROR_MEMORY, "no memory");
	bel_agent_enter(agent);
	account->agent = agent;
	account->references = 1;
	bel_arena_init(&account->arena, NULL, 0, TEXTS_BYTES_MAX);
	bel_timer_init(&account->soon, tell_removed, account);
	bel_list_put(&agent->accounts, &account->node);
	err = keep(account, options);
	if (!err && !options->has_no_registration)
		err = begin_registration(account, options);
	if (err) {
		release(account);
		return bel_fail(agent, err, "cannot add the account %s",
				options->address ? options->address : "without address");
	}
	*out = account;
	return BELFRY_OK;
}

void belfry_account_remove(struct belfry_account *account)
{
	if (account->is_removed)
		return;
	bel_agent_enter(account->agent);
	account->is_removed = true;
	if (account->registration)
		bel_registration_stop(account->registration);
	else
		bel_agent_soon(account->agent, &account->soon);
}

void belfry_account_renew(struct belfry_account *account)
{
	bel_agent_enter(account->agent);
	if (account->registration && !account->is_removed)
		bel_registration_renew(account->registration);
}

/* ---- what is known of it ---- */

bool belfry_account_is_registered(const struct belfry_account *account)
{
	enum bel_registration_state state =
		account->registration ? bel_registration_state(account->registration)
				      : BEL_REGISTRATION_IDLE;

	return state == BEL_REGISTRATION_REGISTERED ||
	       state == BEL_REGISTRATION_REFRESHING;
}

const char *belfry_account_address(const struct belfry_account *account)
{
	return account->address;
}

void *belfry_account_user_data(const struct belfry_account *account)
{
	return account->user_data;
}

/* Two accounts may have the same user part at different servers: the server tells. */
struct belfry_account *bel_account_find(const struct belfry_agent *agent,
					struct bel_sip_msg *request,
					const struct bel_flow *came_by)
{
	struct belfry_account *found = NULL;
	bel_str user = bel_sip_uri(request)->user;

	for (struct bel_list *node = agent->accounts.next; node != &agent->accounts;
	     node = node->next) {
		struct belfry_account *account = BEL_CONTAINER_OF(
			node, struct belfry_account, node);
		struct bel_registration_way way;
		if (!bel_str_is_equal(account->user, user) || !account->registration ||
		    !bel_registration_route(&way, account->registration) || !way.flow)
			continue;
		if (bel_addr_is_equal(&way.flow->peer, &came_by->peer))
			return account;
		if (bel_addr_is_same_host(&way.flow->peer, &came_by->peer))
			found = account;
	}
	return found;
}
