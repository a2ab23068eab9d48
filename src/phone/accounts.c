/* SPDX-License-Identifier: Apache-2.0
 * Who we are: one account or several; one of them calls. */
#include "crypto/crypto.h"
#include "phone/phone_int.h"

struct bel_phone_account *bel_phone_account_of(struct bel_phone *phone,
					       const struct belfry_account *account)
{
	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX && account; i++)
		if (phone->accounts[i].account == account)
			return &phone->accounts[i];
	return NULL;
}

unsigned bel_phone_accounts_count(const struct bel_phone *phone)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++)
		count += phone->accounts[i].account != NULL;
	return count;
}

void bel_phone_account_gone(struct bel_phone_account *account, struct bel_phone *phone)
{
	*account = (struct bel_phone_account){ .account = NULL };
	if (phone->account != account)
		return;
	phone->account = NULL;
	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX && !phone->account; i++)
		if (phone->accounts[i].account && !phone->accounts[i].is_leaving)
			phone->account = &phone->accounts[i];
}

enum belfry_error bel_phone_add_account(struct bel_phone *phone,
					const struct belfry_account_options *options)
{
	struct bel_phone_account *free_one = NULL;
	struct belfry_account *account;
	enum belfry_error error;

	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX && !free_one; i++)
		if (!phone->accounts[i].account)
			free_one = &phone->accounts[i];
	if (!free_one)
		return BELFRY_ERROR_LIMIT;
	error = belfry_account_add(&account, phone->agent, options);
	if (error)
		return error;
	*free_one = (struct bel_phone_account){ .account = account };
	bel_phone_name(free_one->name, phone, BEL_STR_NONE,
		       bel_str_from(options->address));
	if (!phone->account)
		phone->account = free_one;
	return BELFRY_OK;
}

/* ---- words ---- */

static void tell_account(struct bel_phone *phone, const struct bel_phone_account *account)
{
	const char *address = belfry_account_address(account->account);
	bool is_registered = belfry_account_is_registered(account->account);

	bel_phone_tell(
		phone, BEL_PHONE_ANSWER,
		&(struct bel_phone_facts){
			.event = is_registered ? "account" : "account_unregistered",
			.address = address },
		"%c %-12s %s  %s", account == phone->account ? '*' : ' ', account->name,
		address, is_registered ? "registered" : "not registered");
}

void bel_phone_do_accounts(struct bel_phone *phone, const struct bel_phone_words *words)
{
	(void)words;
	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++)
		if (phone->accounts[i].account)
			tell_account(phone, &phone->accounts[i]);
	if (!bel_phone_accounts_count(phone))
		bel_phone_tell(phone, BEL_PHONE_ANSWER,
			       &(struct bel_phone_facts){ .event = "no_account" },
			       "nobody; \"register alice\" makes you somebody");
}

static bool find_options(struct bel_phone *phone, struct belfry_account_options *out,
			 const struct bel_phone_words *words, struct bel_arena *arena)
{
	bel_str who = bel_phone_word(words, 0), password = bel_phone_word(words, 1);
	char *copy;

	if (phone->port->find_account)
		return phone->port->find_account(phone->user, out, who, password, arena);
	copy = bel_arena_bytes(arena, who.len + password.len + 2);
	if (!copy || !bel_phone_copy(copy, who.len + 1, who) ||
	    !bel_phone_copy(copy + who.len + 1, password.len + 1, password))
		return false;
	out->address = copy;
	out->password = password.len ? copy + who.len + 1 : NULL;
	return true;
}

void bel_phone_do_register(struct bel_phone *phone, const struct bel_phone_words *words)
{
	struct belfry_account_options options = { .address = NULL };
	struct bel_arena arena;
	enum belfry_error error;

	if (bel_phone_accounts_count(phone) == PHONE_ACCOUNTS_MAX) {
		bel_phone_fail(phone, "you are %u already: unregister one",
			       PHONE_ACCOUNTS_MAX);
		return;
	}
	bel_arena_init(&arena, NULL, 0, 64 * 1024);
	if (!find_options(phone, &options, words, &arena)) {
		bel_phone_fail(phone, "%.*s cannot be registered",
			       BEL_STR_ARG(bel_phone_word(words, 0)));
	} else {
		error = bel_phone_add_account(phone, &options);
		if (error)
			bel_phone_fail_by(phone, error);
	}
	if (options.password)
		bel_wipe((void *)options.password, bel_str_from(options.password).len);
	bel_arena_fini(&arena);
}

/* By name, "alice", or by address. */
static struct bel_phone_account *find_named(struct bel_phone *phone, bel_str name)
{
	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++) {
		struct bel_phone_account *account = &phone->accounts[i];
		bel_str address;
		if (!account->account)
			continue;
		address = bel_str_from(belfry_account_address(account->account));
		if (bel_str_is_equal(bel_str_from(account->name), name) ||
		    bel_str_is_equal(address, name))
			return account;
	}
	bel_phone_fail(phone, "you are no \"%.*s\"; \"accounts\" lists who you are",
		       BEL_STR_ARG(name));
	return NULL;
}

void bel_phone_do_unregister(struct bel_phone *phone, const struct bel_phone_words *words)
{
	struct bel_phone_account *account = phone->account;

	if (words->count > 1)
		account = find_named(phone, bel_phone_word(words, 0));
	else if (!account)
		bel_phone_fail(phone, "you are nobody already");
	if (!account)
		return;
	account->is_leaving = true;
	belfry_account_remove(account->account);
}

void bel_phone_do_use(struct bel_phone *phone, const struct bel_phone_words *words)
{
	struct bel_phone_account *account = find_named(phone, bel_phone_word(words, 0));

	if (!account)
		return;
	phone->account = account;
	bel_phone_tell(phone, BEL_PHONE_ANSWER,
		       &(struct bel_phone_facts){
			       .event = "using",
			       .address = belfry_account_address(account->account) },
		       "you call as %s", account->name);
}
