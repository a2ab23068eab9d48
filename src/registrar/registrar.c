/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar/registrar_int.h"

enum {
	EXPIRES_MALFORMED_S = 3600,
	PATH_BYTES_MAX = 2048,
	USER_AGENT_BYTES_MAX = 128,
	RETRY_S = 60, /* after a 500 that is ours: disks are seldom emptied faster */
	NUMBER_LINE_BYTES = 32,
};

static void refuse(struct bel_registrar_answer *answer, uint16_t status,
		   const char *reason)
{
	*answer = (struct bel_registrar_answer){ .status = status,
						 .reason = bel_str_from(reason) };
}

/* With a line of one number. */
static void refuse_with(struct bel_registrar_answer *answer, struct bel_arena *arena,
			uint16_t status, enum bel_sip_header header, uint32_t number)
{
	char *buf = bel_arena_bytes(arena, NUMBER_LINE_BYTES);
	struct bel_writer writer = bel_writer_init(buf, buf ? NUMBER_LINE_BYTES : 0);

	refuse(answer, status, NULL);
	bel_sip_write_number(&writer, header, number);
	if (!writer.is_full)
		answer->lines = bel_writer_str(&writer);
}

/* RFC 3261 section 10.3 step 7: what a contact without a parameter asks for. */
static uint32_t default_expires(const struct bel_registrar *registrar,
				const struct bel_sip_msg *msg)
{
	bel_str value = bel_sip_value(msg, BEL_SIP_H_EXPIRES);
	uint32_t seconds;

	if (!value.ptr)
		return registrar->conf->registrar.expires_s;
	return bel_sip_seconds_parse(&seconds, value) ? EXPIRES_MALFORMED_S : seconds;
}

void bel_registrar_write_unfolded(struct bel_writer *writer, bel_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bel_write_char(writer, c == '\r' || c == '\n' ? ' ' : c);
	}
}

/* All Path values on one line. *out stays empty when there are none. */
static enum bel_err join_path(bel_str *out, struct bel_arena *arena,
			      const struct bel_sip_msg *msg)
{
	struct bel_sip_values values;
	struct bel_sip_addr path;
	bel_str value;
	char *buf;

	if (!bel_sip_has(msg, BEL_SIP_H_PATH))
		return BEL_OK;
	buf = bel_arena_bytes(arena, PATH_BYTES_MAX);
	if (!buf)
		return BEL_ERR_SPACE;
	struct bel_writer writer = bel_writer_init(buf, PATH_BYTES_MAX);
	bel_sip_values_init(&values, msg, BEL_SIP_H_PATH);
	while (bel_sip_values_next(&value, &values)) {
		if (bel_sip_addr_parse(&path, value) || !path.has_brackets)
			return BEL_ERR_SYNTAX;
		if (writer.len)
			bel_write_lit(&writer, ", ");
		bel_registrar_write_unfolded(&writer, value);
	}
	*out = bel_writer_str(&writer);
	return writer.is_full ? BEL_ERR_LIMIT : BEL_OK;
}

static enum bel_err bind_contacts(const struct bel_registration *registration,
				  struct bel_binding **bindings, unsigned *count,
				  uint64_t *ticket)
{
	const struct bel_registrar *registrar = registration->registrar;
	const struct bel_registrar_request *request = registration->request;
	struct bel_sip_msg *msg = request->msg;
	struct bel_bind bind = {
		.aor = request->aor,
		.call_id = bel_sip_call_id(msg),
		.cseq = bel_sip_cseq(msg)->number,
		.contacts = registration->contacts,
		.contacts_count = registration->contacts_count,
		.removes_all = registration->removes_all,
		.path = registration->path,
		.user_agent = bel_str_slice(bel_sip_value(msg, BEL_SIP_H_USER_AGENT), 0,
					    USER_AGENT_BYTES_MAX),
		.flow = *request->came_by,
		.contacts_max = registrar->conf->registrar.contacts_max,
		.wall_ms = request->wall_ms,
		.worker = registrar->worker,
	};

	return bel_location_bind(registrar->location, &bind, request->arena, bindings,
				 count, ticket);
}

/* A cap is answered with 403: a phone that gets a 5xx tries again at once, or goes to
 * the next server, which has the same bindings; 403 it shows to its user. */
static void refuse_bind(struct bel_registrar_answer *answer, struct bel_arena *arena,
			enum bel_err err)
{
	if (err == BEL_ERR_LIMIT)
		refuse(answer, 403, "Too Many Contacts");
	else if (err == BEL_ERR_MISMATCH)
		refuse(answer, 500, "Out of Order");
	else
		refuse_with(answer, arena, 500, BEL_SIP_H_RETRY_AFTER, RETRY_S);
}

static bool is_kept(const struct bel_registration *registration)
{
	for (unsigned i = 0; i < registration->contacts_count; i++)
		if (registration->contacts[i].uses_flow &&
		    registration->contacts[i].expires_s)
			return true;
	return false;
}

/* Steps 6 to 8. */
static void take(struct bel_registration *registration,
		 struct bel_registrar_answer *answer)
{
	struct bel_arena *arena = registration->request->arena;
	struct bel_binding *bindings = NULL;
	unsigned count = 0;
	uint64_t ticket = 0;
	bel_str lines;
	enum bel_err err = bind_contacts(registration, &bindings, &count, &ticket);

	if (err) {
		refuse_bind(answer, arena, err);
		return;
	}
	/* The change stands even when its answer finds no memory: the phone asks again.
	 */
	err = bel_registrar_answer_write(&lines, registration, bindings, count);
	if (err) {
		refuse(answer, 500, NULL);
		return;
	}
	*answer = (struct bel_registrar_answer){ .status = 200,
						 .lines = lines,
						 .keeps_flow = is_kept(registration),
						 .ticket = ticket };
}

void bel_registrar_on_request(const struct bel_registrar *registrar,
			      const struct bel_registrar_request *request,
			      struct bel_registrar_answer *answer)
{
	struct bel_registration registration;
	const char *reason = NULL;
	uint16_t status;
	enum bel_err err;

	/* Everything but the arrays, which are filled as far as they are used. */
	registration.registrar = registrar;
	registration.request = request;
	registration.is_direct = bel_sip_vias_count(request->msg) == 1;
	registration.has_outbound = registration.supports_outbound = false;
	registration.lacks_first_hop = registration.has_reg_id = false;
	registration.gives_gruus = false;
	registration.expires_s = default_expires(registrar, request->msg);
	registration.path = BEL_STR_NONE;
	registration.contacts_count = 0;
	registration.removes_all = registration.uses_outbound = false;

	err = join_path(&registration.path, request->arena, request->msg);
	if (err) {
		refuse(answer, err == BEL_ERR_SPACE ? 500 : 400,
		       err == BEL_ERR_SPACE ? NULL : "Bad Path");
		return;
	}
	bel_registrar_outbound_look(&registration);
	bel_registrar_gruu_look(&registration);
	status = bel_registrar_contacts_read(&registration, &reason);
	if (status == 423)
		refuse_with(answer, request->arena, 423, BEL_SIP_H_MIN_EXPIRES,
			    registrar->conf->registrar.min_s);
	else if (status)
		refuse(answer, status, reason);
	else
		take(&registration, answer);
}

void bel_registrar_answer_lost(struct bel_registrar_answer *answer)
{
	refuse(answer, 500, NULL);
}
