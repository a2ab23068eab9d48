/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts: who we are at a provider or a server, and the registration there (RFC 3261
 * section 10, RFC 5626). A registration is refreshed, moved to the next proxy when one
 * fails, and begun anew after every loss, until the account is removed. */
#ifndef BELFRY_ACCOUNT_H
#define BELFRY_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_account;
struct belfry_agent;

/* All but address are optional. */
struct belfry_account_options {
	const char *address;   /* "sip:alice@example.com" */
	const char *name;      /* shown to whom we call: "Alice" */
	const char *password;  /* NULL: challenges are not answered */
	const char *user;      /* of the password; NULL: that of the address */
	const char *realm;     /* the only one that gets it; NULL: any */
	const char *registrar; /* URI; NULL: the host of the address */
	/* URIs of outbound proxies, best first, ended by NULL:
	 * "sip:10.0.0.1;transport=tcp". At most 8. NULL: the registrar itself. */
	const char *const *proxies;
	bool has_no_registration; /* only calls and messages, as this address */
	uint32_t expires_s;       /* asked for; 0: 3,600 */
	const char *instance;     /* "urn:uuid:...", kept by the program (RFC 5626) */
	uint32_t reg_id;          /* with it: one of several ways here; 0: none */
	void *user_data;
};

/* Registers at once, and says how that goes. Errors: SYNTAX for texts that are not what
 * they should be, LIMIT, MEMORY. On success *out belongs to the agent until
 * BELFRY_EVENT_REMOVED. */
enum belfry_error belfry_account_add(struct belfry_account **out,
				     struct belfry_agent *agent,
				     const struct belfry_account_options *options);
/* Takes the registration back. BELFRY_EVENT_REMOVED comes when that is answered, at the
 * latest after 4 s; calls of the account go on. Calling it again changes nothing. */
void belfry_account_remove(struct belfry_account *account);
/* The network changed: registers again at once over a new connection. */
void belfry_account_renew(struct belfry_account *account);

bool belfry_account_is_registered(const struct belfry_account *account);
/* As it was added; valid as long as the account. */
const char *belfry_account_address(const struct belfry_account *account);
void *belfry_account_user_data(const struct belfry_account *account);

#ifdef __cplusplus
}
#endif

#endif
