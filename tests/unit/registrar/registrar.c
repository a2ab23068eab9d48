/* SPDX-License-Identifier: Apache-2.0
 * registrar: RFC 3261 section 10.3 from the message to the answer. */
#include <errno.h>

#include "support/support.h"
#include "registrar/registrar.h"

enum { ARENA_BYTES = 256 << 10, TEXT_BYTES = 8192 };

struct world {
	struct bel_location *location;
	struct bel_conf conf;
	struct bel_conf_domain domain;
	bel_addr own[1];
	struct bel_crypto *crypto;
	struct bel_gruu_key gruu_key;
	struct bel_registrar registrar;
	struct bel_flow flow;
	struct bel_arena arena;
	struct bel_sip_msg msg;
	char text[TEXT_BYTES];
	uint64_t wall_ms;
	uint64_t draw;
	uint32_t cseq;
	const char *call_id;
	const char *vias;
	const char *from, *to;
	struct bel_registrar_answer answer;
};

static enum bel_err init(struct world *world)
{
	*world = (struct world){
		.domain.name = BEL_STR("example.com"),
		.own = { bel_addr_v4(192, 0, 2, 100, 5060) },
		.flow = { .transport = BEL_SIP_UDP,
			  .peer = bel_addr_v4(192, 0, 2, 1, 5060),
			  .local = bel_addr_v4(192, 0, 2, 100, 5060) },
		.wall_ms = 1700000000000,
		.call_id = "call-1",
		.vias = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n",
		.gruu_key = { .cipher = "sixteen bytes it" },
		.from = "sip:alice@example.com",
		.to = "sip:alice@example.com",
	};
	world->conf.domains = &world->domain;
	world->conf.domains_count = 1;
	world->conf.registrar.expires_s = 3600;
	world->conf.registrar.min_s = 60;
	world->conf.registrar.max_s = 7200;
	world->conf.registrar.contacts_max = 10;
	world->conf.registrar.has_outbound = true;
	bel_arena_init(&world->arena, NULL, 0, ARENA_BYTES);
	enum bel_err err = bel_location_open(
		&world->location,
		&(struct bel_location_opts){ .wall_ms = world->wall_ms });
	world->registrar = (struct bel_registrar){ .location = world->location,
						   .conf = &world->conf,
						   .gruu_key = &world->gruu_key,
						   .own = world->own,
						   .own_count = 1,
						   .flow_timer_s = 120 };
	if (!err)
		err = bel_crypto_open(&world->crypto);
	if (err)
		bel_location_close(world->location);
	world->registrar.crypto = world->crypto;
	return err;
}

static void fini(struct world *world)
{
	bel_crypto_close(world->crypto);
	bel_location_close(world->location);
	bel_arena_fini(&world->arena);
}

static int begin(void **state)
{
	*state = malloc(sizeof(struct world));
	return *state ? (int)init(*state) : -1;
}

static int end(void **state)
{
	fini(*state);
	free(*state);
	return 0;
}

/* Sends a REGISTER with these header lines; its status. */
static uint16_t ask(struct world *world, const char *lines)
{
	struct bel_writer writer = bel_writer_init(world->text, sizeof world->text);
	struct bel_sip_refusal why;

	bel_arena_reset(&world->arena);
	bel_write_lit(&writer, "REGISTER sip:example.com SIP/2.0\r\n");
	bel_write_text(&writer, world->vias);
	bel_write_format(&writer,
			 "Max-Forwards: 70\r\nFrom: <%s>;tag=1\r\n"
			 "To: <%s>\r\nCall-ID: %s\r\n"
			 "CSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
			 world->from, world->to, world->call_id, ++world->cseq, lines);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	assert_int_equal(
		bel_sip_parse(&world->msg, &world->arena, bel_writer_str(&writer), &why),
		BEL_OK);
	assert_int_equal(bel_sip_validate(&world->msg, &why), BEL_OK);
	bel_registrar_on_request(
		&world->registrar,
		&(struct bel_registrar_request){ .msg = &world->msg,
						 .came_by = &world->flow,
						 .aor = BEL_STR("alice@example.com"),
						 .wall_ms = world->wall_ms,
						 .draw = ++world->draw,
						 .arena = &world->arena },
		&world->answer);
	return world->answer.status;
}

static bool has_line(const struct world *world, const char *line)
{
	return world->answer.lines.len &&
	       memmem(world->answer.lines.ptr, world->answer.lines.len, line,
		      strlen(line)) != NULL;
}

#define assert_line(world, line)                                                         \
	do {                                                                             \
		if (!has_line((world), (line)))                                          \
			print_error("in: %.*s\n", BEL_STR_ARG((world)->answer.lines));   \
		assert_true(has_line((world), (line)));                                  \
	} while (0)

/* How the one binding is reached. */
static struct bel_binding binding_of(struct world *world)
{
	struct bel_binding *bindings;
	unsigned count;

	assert_int_equal(bel_location_lookup(world->location,
					     BEL_STR("alice@example.com"), world->wall_ms,
					     &world->arena, &bindings, &count),
			 BEL_OK);
	assert_int_equal(count, 1);
	return bindings[0];
}

static void a_contact_is_bound_for_the_default_time(void **state)
{
	struct world *world = *state;

	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>\r\n"), 200);
	assert_line(world, "Contact: <sip:alice@192.0.2.1>;expires=3600\r\n");
	assert_line(world, "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
	assert_line(world, "Supported: path, outbound\r\n");
	assert_false(has_line(world, "Require"));
}

static void the_parameter_wins_over_the_header(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:alice@192.0.2.1>;expires=100\r\nExpires: 200\r\n");
	assert_line(world, ";expires=100\r\n");
	ask(world, "Contact: <sip:alice@192.0.2.1>\r\nExpires: 200\r\n");
	assert_line(world, ";expires=200\r\n");
	ask(world, "Contact: <sip:alice@192.0.2.1>;expires=soon\r\nExpires: 200\r\n");
	assert_line(world, ";expires=3600\r\n");
	ask(world, "Contact: <sip:alice@192.0.2.1>;expires=99999999999999\r\n");
	assert_line(world, ";expires=7200\r\n");
}

static void too_brief_is_423_and_says_what_is_not(void **state)
{
	struct world *world = *state;

	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;expires=59\r\n"),
			 423);
	assert_str(world->answer.lines, "Min-Expires: 60\r\n");
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;expires=60\r\n"),
			 200);
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;expires=0\r\n"), 200);
	assert_false(has_line(world, "Contact"));
}

static void without_contact_it_is_a_question(void **state)
{
	struct world *world = *state;

	assert_int_equal(ask(world, ""), 200);
	assert_false(has_line(world, "Contact"));
	ask(world,
	    "Contact: <sip:alice@192.0.2.1>;q=0.7, <sip:cell@192.0.2.1>;q=0.25\r\n");
	world->wall_ms += 1500;
	assert_int_equal(ask(world, ""), 200);
	assert_line(world, "Contact: <sip:alice@192.0.2.1>;expires=3599;q=0.7\r\n"
			   "Contact: <sip:cell@192.0.2.1>;expires=3599;q=0.25\r\n");
	assert_int_equal(world->answer.ticket, 0);
}

static void a_star_needs_expires_0_and_stands_alone(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:alice@192.0.2.1>\r\n");
	assert_int_equal(ask(world, "Contact: *\r\n"), 400);
	assert_int_equal(ask(world, "Contact: *\r\nExpires: 10\r\n"), 400);
	assert_int_equal(ask(world, "Contact: *, <sip:a@192.0.2.1>\r\nExpires: 0\r\n"),
			 400);
	assert_int_equal(ask(world, ""), 200);
	assert_line(world, "Contact: <sip:alice@192.0.2.1>");
	assert_int_equal(ask(world, "Contact: *\r\nExpires: 0\r\n"), 200);
	assert_false(has_line(world, "Contact"));
}

static void an_older_cseq_is_500_and_changes_nothing(void **state)
{
	struct world *world = *state;

	world->cseq = 10;
	ask(world, "Contact: <sip:alice@192.0.2.1>;expires=100\r\n");
	world->cseq = 4;
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;expires=300\r\n"),
			 500);
	world->cseq = 10;
	/* The same request again. */
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;expires=100\r\n"),
			 200);
	assert_line(world, ";expires=100\r\n");
}

static void a_contact_too_many_is_403(void **state)
{
	struct world *world = *state;

	world->conf.registrar.contacts_max = 1;
	assert_int_equal(ask(world, "Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.1>\r\n"),
			 403);
	assert_str(world->answer.reason, "Too Many Contacts");
}

static void path_is_kept_and_told_to_who_knows_it(void **state)
{
	struct world *world = *state;

	world->vias = "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2, SIP/2.0/UDP "
		      "10.0.0.1;branch=z9hG4bK1\r\n";
	ask(world, "Contact: <sip:alice@10.0.0.1>\r\nSupported: path\r\n"
		   "Path: <sip:b.example.net;lr>\r\nPath: <sip:a.example.net;lr>\r\n");
	assert_line(world, "Path: <sip:b.example.net;lr>, <sip:a.example.net;lr>\r\n");
	assert_str(binding_of(world).path,
		   "<sip:b.example.net;lr>, <sip:a.example.net;lr>");
	assert_false(binding_of(world).uses_flow);
	ask(world, "Contact: <sip:alice@10.0.0.1>\r\nPath: <sip:b.example.net;lr>\r\n");
	assert_false(has_line(world, "Path"));
	assert_int_equal(ask(world, "Contact: <sip:alice@10.0.0.1>\r\nPath: what\r\n"),
			 400);
}

static void a_service_route_is_told(void **state)
{
	struct world *world = *state;

	world->registrar.service_route = BEL_STR("<sip:192.0.2.100;lr>");
	ask(world, "Contact: <sip:alice@192.0.2.1>\r\n");
	assert_line(world, "Service-Route: <sip:192.0.2.100;lr>\r\n");
}

#define UUID "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

static void outbound_is_required_of_who_asked_for_it(void **state)
{
	struct world *world = *state;
	const char *contact = "Contact: <sip:alice@192.0.2.1;ob>;+sip.instance=\"<" UUID
			      ">\";reg-id=1\r\nSupported: path, outbound\r\n";

	assert_int_equal(ask(world, contact), 200);
	assert_line(
		world,
		"Contact: <sip:alice@192.0.2.1;ob>;expires=3600;+sip.instance=\"<" UUID
		">\";reg-id=1\r\n");
	assert_line(world, "Require: outbound\r\nFlow-Timer: 120\r\n");
	assert_true(binding_of(world).uses_flow);
	assert_false(binding_of(world).needs_ping);
	/* Behind a proxy that does not mark its Path the flow is not the phone's. */
	world->vias = "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2, SIP/2.0/UDP "
		      "10.0.0.1;branch=z9hG4bK1\r\n";
	assert_int_equal(ask(world, contact), 439);
	assert_int_equal(ask(world,
			     "Contact: <sip:alice@192.0.2.1>;+sip.instance=\"<" UUID
			     ">\";reg-id=1\r\nSupported: path, outbound\r\n"
			     "Path: <sip:edge.example.net;lr;ob>\r\n"),
			 200);
	assert_line(world, "Require: outbound\r\n");
	assert_false(has_line(world, "Flow-Timer"));
}

static void a_reg_id_without_an_instance_is_ignored(void **state)
{
	struct world *world = *state;

	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.1>;reg-id=1\r\n"
				    "Supported: outbound\r\n"),
			 200);
	assert_false(has_line(world, "reg-id"));
	assert_false(has_line(world, "Require"));
	assert_int_equal(
		ask(world, "Contact: <sip:a@192.0.2.1>;+sip.instance=\"<" UUID
			   ">\";reg-id=1, <sip:b@192.0.2.1>\r\nSupported: outbound\r\n"),
		400);
}

/* ---- GRUUs (RFC 5627) ---- */

#define INSTANCE  ";+sip.instance=\"<" UUID ">\""
#define WITH_GRUU "Contact: <sip:alice@192.0.2.1>" INSTANCE "\r\nSupported: gruu\r\n"

/* The user part of the first temporary GRUU of the answer; empty without one. */
static bel_str temporary_of(const struct world *world)
{
	static const char mark[] = ";temp-gruu=\"sip:";
	bel_str lines = world->answer.lines;
	const char *at = lines.len ? memmem(lines.ptr, lines.len, mark, sizeof mark - 1)
				   : NULL;

	if (!at)
		return BEL_STR_NONE;
	lines = bel_str_slice(lines, (size_t)(at - lines.ptr) + sizeof mark - 1,
			      lines.len);
	return bel_str_slice(lines, 0, bel_str_find(lines, '@'));
}

struct token {
	char text[BEL_GRUU_USER_BYTES];
};

/* REGISTER of the instance; its temporary GRUU, kept. */
static struct token take_token(struct world *world, const char *lines)
{
	struct token token;
	bel_str user;

	assert_int_equal(ask(world, lines), 200);
	user = temporary_of(world);
	assert_int_equal(user.len, sizeof token.text);
	memcpy(token.text, user.ptr, user.len);
	return token;
}

static enum bel_err find_token(struct world *world, const struct token *token)
{
	bel_str aor, instance;
	enum bel_err err = bel_gruu_find(world->location, world->crypto, &world->gruu_key,
					 (bel_str){ token->text, sizeof token->text },
					 world->wall_ms, &world->arena, &aor, &instance);

	if (!err) {
		assert_str(aor, "alice@example.com");
		assert_str(instance, UUID);
	}
	return err;
}

static void both_gruus_are_given_when_wanted_and_allowed(void **state)
{
	struct world *world = *state;

	ask(world, WITH_GRUU);
	assert_false(has_line(world, "gruu="));
	world->conf.registrar.has_gruu = true;
	ask(world, "Contact: <sip:alice@192.0.2.1>" INSTANCE "\r\n");
	assert_false(has_line(world, "gruu="));
	ask(world, "Contact: <sip:alice@192.0.2.1>\r\nSupported: gruu\r\n");
	assert_false(has_line(world, "gruu="));
	ask(world, "Contact: <sip:alice@192.0.2.1>;+sip.instance=\"<mine>\"\r\n"
		   "Supported: gruu\r\n");
	assert_false(has_line(world, "gruu="));
	ask(world, WITH_GRUU);
	assert_line(world, ";pub-gruu=\"sip:alice@example.com;gr=" UUID "\"");
	assert_line(world, ";temp-gruu=\"sip:tgruu.");
	assert_line(world, "@example.com;gr\"");
	/* Section 5.2: the option tag does not come back. */
	assert_line(world, "Supported: path, outbound\r\n");
}

static void who_registers_for_somebody_else_gets_none(void **state)
{
	struct world *world = *state;

	world->conf.registrar.has_gruu = true;
	world->from = "sip:secretary@example.com";
	ask(world, WITH_GRUU);
	assert_false(has_line(world, "gruu="));
}

static void a_gruu_has_the_host_that_the_phone_calls_us_by(void **state)
{
	struct world *world = *state;

	world->conf.registrar.has_gruu = true;
	world->from = world->to = "sip:alice@192.0.2.100:5070";
	ask(world, WITH_GRUU);
	assert_line(world, ";pub-gruu=\"sip:alice@192.0.2.100:5070;gr=" UUID "\"");
	assert_line(world, "@192.0.2.100:5070;gr\"");
}

/* RFC 5630 section 5.2.1. */
static void a_contact_with_sips_has_gruus_with_sips(void **state)
{
	struct world *world = *state;

	world->conf.registrar.has_gruu = true;
	world->flow.transport = BEL_SIP_TLS;
	ask(world, "Contact: <sips:alice@192.0.2.1>" INSTANCE "\r\nSupported: gruu\r\n");
	assert_line(world, ";pub-gruu=\"sips:alice@example.com;gr=");
	assert_line(world, ";temp-gruu=\"sips:tgruu.");
}

static void what_a_phone_says_its_gruus_are_is_ignored(void **state)
{
	struct world *world = *state;

	world->conf.registrar.has_gruu = true;
	ask(world, "Contact: <sip:alice@192.0.2.1>" INSTANCE
		   ";pub-gruu=\"sip:bob@example.com;gr=x\";temp-gruu=\"sip:b@c;gr\"\r\n"
		   "Supported: gruu\r\n");
	assert_false(has_line(world, "bob@"));
	assert_false(has_line(world, "sip:b@c"));
}

/* Section 5.1: it would call in circles. */
static void a_contact_that_is_the_address_or_its_gruu_is_403(void **state)
{
	struct world *world = *state;
	char lines[256];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines - 1);
	struct token token;

	world->conf.registrar.has_gruu = true;
	world->flow.transport = BEL_SIP_TCP;
	token = take_token(world, WITH_GRUU);
	assert_int_equal(ask(world, "Contact: <sip:alice@example.com>" INSTANCE "\r\n"),
			 403);
	assert_int_equal(
		ask(world, "Contact: <sip:alice@example.com;gr=x>" INSTANCE "\r\n"), 403);
	bel_write_lit(&writer, "Contact: <sip:");
	bel_write_str(&writer, (bel_str){ token.text, sizeof token.text });
	bel_write_lit(&writer, "@example.com;gr>" INSTANCE "\r\n");
	lines[writer.len] = '\0';
	assert_int_equal(ask(world, lines), 403);
	assert_int_equal(
		ask(world, "Contact: <mailto:alice@example.net>" INSTANCE "\r\n"), 403);
	/* What is removed calls nobody. */
	assert_int_equal(
		ask(world, "Contact: <sip:alice@example.com>" INSTANCE ";expires=0\r\n"),
		200);
}

static void every_refresh_brings_a_new_temporary_gruu_and_ends_none(void **state)
{
	struct world *world = *state;
	struct token first, second;

	world->conf.registrar.has_gruu = true;
	first = take_token(world, WITH_GRUU);
	world->wall_ms += 60000;
	second = take_token(world, WITH_GRUU);
	assert_memory_not_equal(first.text, second.text, sizeof first.text);
	assert_int_equal(find_token(world, &first), BEL_OK);
	assert_int_equal(find_token(world, &second), BEL_OK);
}

static void another_call_id_ends_the_temporary_gruus_of_before(void **state)
{
	struct world *world = *state;
	struct token first, second;

	world->conf.registrar.has_gruu = true;
	first = take_token(world, WITH_GRUU);
	world->call_id = "call-2";
	second = take_token(world, WITH_GRUU);
	assert_int_equal(find_token(world, &first), BEL_ERR_NOT_FOUND);
	assert_int_equal(find_token(world, &second), BEL_OK);
}

static void the_end_of_the_registration_ends_its_temporary_gruus(void **state)
{
	struct world *world = *state;
	struct token first, second;

	world->conf.registrar.has_gruu = true;
	first = take_token(world, WITH_GRUU);
	ask(world, "Contact: <sip:alice@192.0.2.1>" INSTANCE ";expires=0\r\n");
	assert_int_equal(find_token(world, &first), BEL_ERR_NOT_FOUND);
	/* The same Call-ID in the same second: it is another registration all the same.
	 */
	second = take_token(world, WITH_GRUU);
	assert_int_equal(find_token(world, &first), BEL_ERR_NOT_FOUND);
	assert_int_equal(find_token(world, &second), BEL_OK);
	world->wall_ms += 3600 * 1000;
	assert_int_equal(find_token(world, &second), BEL_ERR_NOT_FOUND);
}

static void other_parameters_come_back_as_they_were(void **state)
{
	struct world *world = *state;

	ask(world,
	    "Contact: <sip:alice@192.0.2.1>;methods=\"INVITE,\r\n ACK\";q=1.0;audio\r\n");
	assert_line(world,
		    "Contact: <sip:alice@192.0.2.1>;expires=3600;methods=\"INVITE,   "
		    "ACK\";audio\r\n");
}

/* ---- how a contact is reached ---- */

static void a_contact_at_its_source_is_reached_at_its_uri(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:alice@192.0.2.1:6000>\r\n");
	assert_false(binding_of(world).uses_flow);
	assert_false(world->answer.keeps_flow);
}

static void a_contact_behind_nat_is_reached_down_its_flow(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:alice@192.168.1.7:5060>\r\n");
	assert_true(binding_of(world).uses_flow);
	assert_true(binding_of(world).needs_ping);
	assert_true(world->answer.keeps_flow);
}

static void a_contact_of_no_host_is_reached_down_its_flow(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:x@df7jal23ls0d.invalid;transport=ws>\r\n");
	assert_true(binding_of(world).uses_flow);
}

static void a_contact_with_a_name_is_looked_up(void **state)
{
	struct world *world = *state;

	ask(world, "Contact: <sip:alice@phone.example.net>\r\n");
	assert_false(binding_of(world).uses_flow);
}

static void a_contact_over_a_stream_is_reached_down_it(void **state)
{
	struct world *world = *state;

	world->flow.transport = BEL_SIP_TLS;
	ask(world, "Contact: <sip:alice@192.0.2.1:5061;transport=tls>\r\n");
	assert_true(binding_of(world).uses_flow);
	assert_false(binding_of(world).needs_ping);
	assert_true(world->answer.keeps_flow);
}

static void a_contact_that_is_this_server_is_refused(void **state)
{
	struct world *world = *state;

	world->flow.peer = bel_addr_v4(192, 0, 2, 100, 7000);
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.100>\r\n"), 403);
	assert_int_equal(ask(world, "Contact: <sip:alice@example.COM>\r\n"), 403);
	/* Another program on this machine. */
	assert_int_equal(ask(world, "Contact: <sip:alice@192.0.2.100:7000>\r\n"), 200);
}

static void a_contact_inside_this_machine_is_refused_from_outside(void **state)
{
	struct world *world = *state;

	world->vias = "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2, SIP/2.0/UDP "
		      "10.0.0.1;branch=z9hG4bK1\r\n";
	assert_int_equal(ask(world, "Contact: <sip:alice@127.0.0.1:5070>\r\n"), 403);
	assert_int_equal(ask(world, "Contact: <sip:alice@[::1]:5070>\r\n"), 403);
	assert_int_equal(ask(world, "Contact: <sip:alice@localhost:5070>\r\n"), 403);
	assert_int_equal(ask(world, "Contact: <sip:alice@[::ffff:127.0.0.1]:5070>\r\n"),
			 403);
	world->flow.peer = bel_addr_v4(127, 0, 0, 1, 5080);
	assert_int_equal(ask(world, "Contact: <sip:alice@127.0.0.1:5070>\r\n"), 200);
}

static enum bel_err register_without_memory(void *user)
{
	struct world *world = malloc(sizeof *world);
	enum bel_err err = BEL_OK;
	uint16_t status;

	(void)user;
	if (!world)
		return -ENOMEM;
	err = init(world);
	if (!err) {
		world->conf.registrar.has_gruu = true;
		status = ask(world, "Contact: <sip:alice@192.0.2.1>" INSTANCE "\r\n"
				    "Supported: gruu\r\n"
				    "Path: <sip:edge.example.net;lr>\r\n");
		err = status == 200 ? BEL_OK : -ENOMEM;
		fini(world);
	}
	free(world);
	return err;
}

static void without_memory_it_is_500(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(register_without_memory, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_bound_for_the_default_time),
		TEST(the_parameter_wins_over_the_header),
		TEST(too_brief_is_423_and_says_what_is_not),
		TEST(without_contact_it_is_a_question),
		TEST(a_star_needs_expires_0_and_stands_alone),
		TEST(an_older_cseq_is_500_and_changes_nothing),
		TEST(a_contact_too_many_is_403),
		TEST(path_is_kept_and_told_to_who_knows_it),
		TEST(a_service_route_is_told),
		TEST(outbound_is_required_of_who_asked_for_it),
		TEST(a_reg_id_without_an_instance_is_ignored),
		TEST(both_gruus_are_given_when_wanted_and_allowed),
		TEST(who_registers_for_somebody_else_gets_none),
		TEST(a_gruu_has_the_host_that_the_phone_calls_us_by),
		TEST(a_contact_with_sips_has_gruus_with_sips),
		TEST(what_a_phone_says_its_gruus_are_is_ignored),
		TEST(a_contact_that_is_the_address_or_its_gruu_is_403),
		TEST(every_refresh_brings_a_new_temporary_gruu_and_ends_none),
		TEST(another_call_id_ends_the_temporary_gruus_of_before),
		TEST(the_end_of_the_registration_ends_its_temporary_gruus),
		TEST(other_parameters_come_back_as_they_were),
		TEST(a_contact_at_its_source_is_reached_at_its_uri),
		TEST(a_contact_behind_nat_is_reached_down_its_flow),
		TEST(a_contact_of_no_host_is_reached_down_its_flow),
		TEST(a_contact_with_a_name_is_looked_up),
		TEST(a_contact_over_a_stream_is_reached_down_it),
		TEST(a_contact_that_is_this_server_is_refused),
		TEST(a_contact_inside_this_machine_is_refused_from_outside),
		cmocka_unit_test(without_memory_it_is_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
