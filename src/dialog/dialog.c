/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog/dialog.h"

enum { ROUTES_BYTES_MAX = 16 * 1024 };

/* ---- keeping ---- */

static enum bel_err keep(bel_str *out, struct bel_arena *arena, bel_str text)
{
	bel_str copy = bel_arena_copy(arena, text);

	if (text.len && !copy.ptr)
		return BEL_ERR_SPACE;
	*out = copy;
	return BEL_OK;
}

/* A target that changes with every request must not use the arena up: its place is used
 * again as long as it is large enough. */
static enum bel_err keep_target(struct bel_dialog *dialog, bel_str uri)
{
	if (bel_str_is_equal(dialog->target, uri))
		return BEL_OK;
	if (uri.len > dialog->target_size) {
		char *room = bel_arena_bytes(dialog->arena, uri.len);
		if (!room)
			return BEL_ERR_SPACE;
		dialog->target.ptr = room;
		dialog->target_size = uri.len;
	}
	memmove((char *)(uintptr_t)dialog->target.ptr, uri.ptr, uri.len);
	dialog->target.len = uri.len;
	return BEL_OK;
}

static bool is_usable(const struct bel_sip_addr *contact)
{
	return contact && !contact->is_star &&
	       (contact->uri.scheme == BEL_URI_SIP ||
		contact->uri.scheme == BEL_URI_SIPS);
}

/* What cannot be read cannot be written into a Route either. */
static bool is_route(bel_str value)
{
	struct bel_sip_addr route;

	return bel_sip_addr_parse(&route, value) == BEL_OK && is_usable(&route);
}

/* The values of Record-Route as a comma list, the last one first for the caller's side
 * (RFC 3261 section 12.1.2). */
static enum bel_err keep_routes(struct bel_dialog *dialog, struct bel_sip_msg *msg,
				bool is_reversed)
{
	bel_str values[BEL_SIP_VIAS_MAX], more;
	unsigned count = 0;
	size_t size = 0;
	struct bel_sip_values each;
	struct bel_writer writer;
	char *room;

	bel_sip_values_init(&each, msg, BEL_SIP_H_RECORD_ROUTE);
	while (count < BEL_COUNT_OF(values) &&
	       bel_sip_values_next(&values[count], &each)) {
		values[count] = bel_str_trim(values[count]);
		if (!is_route(values[count]))
			return BEL_ERR_SYNTAX;
		size += values[count++].len + 2;
	}
	if (size > ROUTES_BYTES_MAX || bel_sip_values_next(&more, &each))
		return BEL_ERR_LIMIT;
	room = bel_arena_bytes(dialog->arena, size);
	if (!room)
		return BEL_ERR_SPACE;
	writer = bel_writer_init(room, size);
	for (unsigned i = 0; i < count; i++) {
		bel_write_str(&writer, i ? BEL_STR(", ") : BEL_STR_NONE);
		bel_write_str(&writer, values[is_reversed ? count - 1 - i : i]);
	}
	dialog->routes = bel_writer_str(&writer);
	return BEL_OK;
}

/* ---- making ---- */

static enum bel_err keep_all(struct bel_dialog *dialog,
			     const struct bel_dialog_opts *opts)
{
	const struct {
		bel_str *out, text;
	} rows[] = {
		{ &dialog->call_id, opts->call_id },
		{ &dialog->local, opts->local },
		{ &dialog->local_tag, opts->local_tag },
		{ &dialog->remote, opts->remote },
		{ &dialog->routes, opts->routes },
	};

	dialog->arena = opts->arena;
	dialog->local_cseq = opts->cseq;
	dialog->is_secure = bel_str_has_prefix_nocase(opts->target, BEL_STR("sips:"));
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (keep(rows[i].out, opts->arena, rows[i].text))
			return BEL_ERR_SPACE;
	return keep_target(dialog, opts->target);
}

enum bel_err bel_dialog_init(struct bel_dialog *dialog,
			     const struct bel_dialog_opts *opts)
{
	struct bel_dialog made = { .state = BEL_DIALOG_TRYING, .is_uac = true };
	enum bel_err err = keep_all(&made, opts);

	if (!err)
		*dialog = made;
	return err;
}

enum bel_err bel_dialog_fork(struct bel_dialog *dialog, struct bel_arena *arena,
			     const struct bel_dialog *trying)
{
	return bel_dialog_init(dialog, &(struct bel_dialog_opts){
					       .arena = arena,
					       .call_id = trying->call_id,
					       .local = trying->local,
					       .local_tag = trying->local_tag,
					       .remote = trying->remote,
					       .target = trying->target,
					       .routes = trying->routes,
					       .cseq = trying->local_cseq,
				       });
}

/* The first answer with this tag: who the other side is. */
static enum bel_err meet(struct bel_dialog *dialog, struct bel_sip_msg *response)
{
	bel_str remote, tag;
	enum bel_err err = keep(&remote, dialog->arena,
				bel_sip_value(response, BEL_SIP_H_TO));

	if (!err)
		err = keep(&tag, dialog->arena, bel_sip_to(response)->tag);
	if (err)
		return err;
	dialog->remote = remote;
	dialog->remote_tag = tag;
	return BEL_OK;
}

enum bel_err bel_dialog_on_response(struct bel_dialog *dialog,
				    struct bel_sip_msg *response)
{
	bool is_final = response->status >= 200;
	bool is_first = dialog->state == BEL_DIALOG_TRYING;
	const struct bel_sip_addr *contact = bel_sip_contact(response);
	enum bel_err err = BEL_OK;

	if (!is_first && !bel_dialog_is_match(dialog, response))
		return BEL_ERR_MISMATCH;
	/* What rings need not say where it is, as long as nothing must be sent there. */
	if (!is_usable(contact) && is_final && is_first)
		return BEL_ERR_SYNTAX;
	if (is_first)
		err = meet(dialog, response);
	if (!err && (is_first || (is_final && dialog->state == BEL_DIALOG_EARLY)))
		err = keep_routes(dialog, response, true);
	if (!err && is_usable(contact))
		err = keep_target(dialog, bel_uri_without_headers(&contact->uri));
	if (!err)
		bel_dialog_move(dialog,
				is_final ? BEL_DIALOG_SUCCESS : BEL_DIALOG_PROVISIONAL);
	return err;
}

/* The To of the request with our tag. */
static enum bel_err write_local(struct bel_dialog *dialog, struct bel_sip_msg *request)
{
	bel_str to = bel_sip_value(request, BEL_SIP_H_TO);
	size_t size = to.len + sizeof ";tag=" + dialog->local_tag.len;
	char *room = bel_arena_bytes(dialog->arena, size);
	struct bel_writer writer = bel_writer_init(room, room ? size : 0);

	bel_write_str(&writer, to);
	bel_write_lit(&writer, ";tag=");
	bel_write_str(&writer, dialog->local_tag);
	dialog->local = bel_writer_str(&writer);
	return bel_writer_check(&writer);
}

enum bel_err bel_dialog_accept(struct bel_dialog *dialog, struct bel_arena *arena,
			       struct bel_sip_msg *request, bel_str local_tag)
{
	struct bel_dialog made = { .state = BEL_DIALOG_TRYING, .arena = arena };
	const struct bel_sip_addr *contact = bel_sip_contact(request);
	enum bel_err err;

	if (!is_usable(contact))
		return BEL_ERR_SYNTAX;
	made.has_remote_cseq = true;
	made.remote_cseq = bel_sip_cseq(request)->number;
	made.is_secure = bel_sip_uri(request)->scheme == BEL_URI_SIPS;
	err = keep(&made.call_id, arena, bel_sip_call_id(request));
	if (!err)
		err = keep(&made.local_tag, arena, local_tag);
	if (!err)
		err = keep(&made.remote, arena, bel_sip_value(request, BEL_SIP_H_FROM));
	if (!err)
		err = keep(&made.remote_tag, arena, bel_sip_from(request)->tag);
	if (!err)
		err = write_local(&made, request);
	if (!err)
		err = keep_routes(&made, request, false);
	if (!err)
		err = keep_target(&made, bel_uri_without_headers(&contact->uri));
	if (!err)
		*dialog = made;
	return err;
}

bool bel_dialog_move(struct bel_dialog *dialog, enum bel_dialog_event event)
{
	enum bel_dialog_state next = bel_dialog_step(dialog->state, event);

	if (next == BEL_DIALOG_NONE)
		return false;
	dialog->state = next;
	return true;
}

/* ---- matching ---- */

bool bel_dialog_is_match(const struct bel_dialog *dialog, struct bel_sip_msg *msg)
{
	const struct bel_sip_addr *from = bel_sip_from(msg), *to = bel_sip_to(msg);
	bel_str local = msg->is_request ? to->tag : from->tag;
	bel_str remote = msg->is_request ? from->tag : to->tag;

	return bel_str_is_equal(dialog->call_id, bel_sip_call_id(msg)) &&
	       bel_str_is_equal(dialog->local_tag, local) &&
	       bel_str_is_equal(dialog->remote_tag, remote);
}

uint16_t bel_dialog_take(struct bel_dialog *dialog, struct bel_sip_msg *request)
{
	uint32_t number = bel_sip_cseq(request)->number;

	if (request->method == BEL_SIP_ACK || request->method == BEL_SIP_CANCEL)
		return 0;
	if (dialog->has_remote_cseq && number <= dialog->remote_cseq)
		return 500;
	dialog->has_remote_cseq = true;
	dialog->remote_cseq = number;
	return 0;
}

void bel_dialog_refresh(struct bel_dialog *dialog, struct bel_sip_msg *msg)
{
	const struct bel_sip_addr *contact = bel_sip_contact(msg);

	/* Without memory the old target stands: it may still be right. */
	if (is_usable(contact))
		keep_target(dialog, bel_uri_without_headers(&contact->uri));
}

/* ---- requests of ours ---- */

uint32_t bel_dialog_next_cseq(struct bel_dialog *dialog)
{
	return ++dialog->local_cseq;
}

/* A strict router wants itself in the Request-URI and the target last in Route. */
static void write_strict(struct bel_writer *lines, bel_str rest, bel_str target)
{
	bel_sip_write_name(lines, BEL_SIP_H_ROUTE);
	bel_sip_write_text(lines, rest);
	if (rest.len)
		bel_write_lit(lines, ", ");
	bel_write_char(lines, '<');
	bel_sip_write_text(lines, target);
	bel_write_char(lines, '>');
	bel_sip_write_crlf(lines);
}

void bel_dialog_write(struct bel_writer *lines, struct bel_dialog_way *way,
		      const struct bel_dialog *dialog)
{
	bel_str rest = dialog->routes, value;
	struct bel_sip_addr first;

	way->uri = way->next_hop = dialog->target;
	if (rest.len && bel_sip_list_next(&value, &rest) &&
	    bel_sip_addr_parse(&first, value) == BEL_OK) {
		way->next_hop = first.uri.text;
		if (bel_uri_is_loose(&first.uri)) {
			bel_sip_write_header(lines, BEL_SIP_H_ROUTE, dialog->routes);
		} else {
			way->uri = bel_uri_without_headers(&first.uri);
			write_strict(lines, bel_str_trim(rest), dialog->target);
		}
	}
	bel_sip_write_header(lines, BEL_SIP_H_FROM, dialog->local);
	bel_sip_write_header(lines, BEL_SIP_H_TO, dialog->remote);
	bel_sip_write_header(lines, BEL_SIP_H_CALL_ID, dialog->call_id);
}

void bel_dialog_write_replaces(struct bel_writer *writer, const struct bel_dialog *dialog)
{
	bel_sip_write_text(writer, dialog->call_id);
	bel_write_lit(writer, ";to-tag=");
	bel_sip_write_text(writer,
			   dialog->remote_tag.len ? dialog->remote_tag : BEL_STR("0"));
	bel_write_lit(writer, ";from-tag=");
	bel_sip_write_text(writer,
			   dialog->local_tag.len ? dialog->local_tag : BEL_STR("0"));
}
