/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of registrar/. */
#ifndef BEL_REGISTRAR_INT_H
#define BEL_REGISTRAR_INT_H

#include "registrar/registrar.h"

/* A REGISTER while it is worked on. */
struct bel_registration {
	const struct bel_registrar *registrar;
	const struct bel_registrar_request *request;
	bool is_direct;         /* no proxy stands between: came_by leads to the phone */
	bool has_outbound;      /* RFC 5626 section 6: reg-id counts */
	bool supports_outbound; /* the phone says so */
	bool gives_gruus;       /* RFC 5627: it knows them, and speaks for itself */
	bool lacks_first_hop;   /* and its first hop does not: 439 if it sends a reg-id */
	uint32_t expires_s;     /* for contacts that say nothing themselves */
	bel_str path;           /* the values of Path joined by commas */

	struct bel_contact_change contacts[BEL_SIP_CONTACTS_MAX];
	struct bel_uri uris[BEL_SIP_CONTACTS_MAX];
	unsigned contacts_count;
	bool removes_all;
	bool has_reg_id;    /* with an instance; whether it counts or not */
	bool uses_outbound; /* a contact with a reg-id that counts is among them */
};

/* Writes a text of the request on one line: its folds become blanks. */
void bel_registrar_write_unfolded(struct bel_writer *writer, bel_str text);
/* Whether a URI of a binding's instance is one that GRUUs are made of (RFC 5626 section
 * 4.1). */
bool bel_registrar_is_instance(bel_str instance);
/* Whether the phone gets GRUUs. */
void bel_registrar_gruu_look(struct bel_registration *registration);
/* The parameters pub-gruu and temp-gruu of a binding; draw is one of its own. */
enum bel_err bel_registrar_gruu_write(struct bel_writer *writer,
				      const struct bel_registration *registration,
				      const struct bel_binding *binding, uint64_t draw);
/* Whether a URI names this server: a domain, or one of its addresses with the port. */
bool bel_registrar_is_own(const struct bel_registrar *registrar,
			  const struct bel_uri *uri);
/* Whether the URI is the address that is registered, or a GRUU of it. */
bool bel_registrar_is_circle(const struct bel_registration *registration,
			     const struct bel_uri *uri);
/* Whether reg-id counts here. */
void bel_registrar_outbound_look(struct bel_registration *registration);
/* The Contact values. Status 0, or what the request is refused with and why. */
uint16_t bel_registrar_contacts_read(struct bel_registration *registration,
				     const char **reason);
/* The lines of the 200, into the request's arena. BEL_ERR_SPACE. */
enum bel_err bel_registrar_answer_write(bel_str *out,
					const struct bel_registration *registration,
					const struct bel_binding *bindings,
					unsigned count);

#endif
