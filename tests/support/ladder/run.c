/* SPDX-License-Identifier: Apache-2.0 */
#include "support/data.h"
#include "support/ladder/ladder_int.h"

enum { LADDER_BUDGET = 64 << 20, WENT_BYTES = 32 << 10 };

/* ---- statements ---- */

static void on_server(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *server = bel_ladder_actor_new(ladder, line->words[1]);

	if (!server)
		return;
	if (bel_addr_parse(&server->own, line->words[2], LADDER_PORT))
		bel_ladder_fail(ladder, "that is no address");
	else if (!bel_ladder_server_open(server, line->inner))
		bel_ladder_fail(ladder, "the server did not start");
}

static void on_phone(struct ladder *ladder, const struct ladder_line *line)
{
	bel_ladder_phone_new(ladder, line, line->words[1]);
}

static void on_agent(struct ladder *ladder, const struct ladder_line *line)
{
	bel_ladder_agent_new(ladder, line);
}

static void on_register(struct ladder *ladder, const struct ladder_line *line)
{
	for (unsigned i = 1; i < line->words_count && !ladder->has_failed; i++) {
		struct ladder_actor *phone = bel_ladder_actor(ladder, line->words[i]);
		if (phone && phone->agent)
			bel_ladder_agent_register(phone->agent);
		else if (phone)
			bel_ladder_register(phone);
	}
}

static bool parse_time(uint64_t *ms, bel_str text)
{
	bel_str digits = bel_str_slice(text, 0, text.len - (text.len > 0));

	if (bel_str_has_suffix(text, BEL_STR("ms")))
		return !bel_str_to_u64(ms, bel_str_slice(text, 0, text.len - 2), 1 << 30);
	if (bel_str_to_u64(ms, digits, 1 << 20))
		return false;
	*ms *= bel_str_has_suffix(text, BEL_STR("m")) ? 60000 : 1000;
	return true;
}

static void on_after(struct ladder *ladder, const struct ladder_line *line)
{
	uint64_t ms;

	bel_ladder_check_quiet(ladder);
	if (!parse_time(&ms, line->words[1]))
		bel_ladder_fail(ladder, "that is no time");
	else
		bel_ground_run(ladder->ground, ms);
}

static bool find_figure(uint64_t *out, struct ladder_actor *actor, bel_str name)
{
	if (actor && actor->agent)
		return bel_ladder_agent_figure(out, actor->agent, name);
	return actor && actor->is_server && bel_ladder_server_figure(out, actor, name);
}

static void on_expect(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *actor = bel_ladder_actor(ladder, line->words[1]);
	uint64_t value, wanted;

	if (bel_str_to_u64(&wanted, line->words[3], UINT32_MAX) ||
	    !find_figure(&value, actor, line->words[2]))
		bel_ladder_fail(ladder, "there is no such figure");
	else if (value != wanted)
		bel_ladder_fail(ladder, "it is %llu", (unsigned long long)value);
}

static void on_call(struct ladder *ladder, const struct ladder_line *line)
{
	ladder->call = line->words[1];
}

static void on_drain(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *server = bel_ladder_actor(ladder, line->words[1]);

	if (server && server->is_server)
		bel_node_drain(server->node);
}

static void on_cancel(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *server = bel_ladder_actor(ladder, line->words[1]);

	if (server && server->is_server)
		bel_node_cancel_pending(server->node);
}

static void on_close(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *phone = bel_ladder_actor(ladder, line->words[1]);

	if (phone)
		bel_ladder_phone_hang_links(phone);
}

static void part(struct ladder *ladder, const struct ladder_line *line, bool is_cut)
{
	struct ladder_actor *a = bel_ladder_actor(ladder, line->words[1]);
	struct ladder_actor *b = bel_ladder_actor(ladder, line->words[2]);

	enum bel_err err = a && b ? bel_ground_cut(ladder->ground, a->host, b->host,
						   is_cut)
				  : BEL_ERR_NOT_FOUND;

	if (err == BEL_ERR_UNSUPPORTED)
		bel_ladder_leave_out(ladder, "a network that is cut with streams in it");
	else if (err)
		bel_ladder_fail(ladder, "these two cannot be parted");
}

static void on_cut(struct ladder *ladder, const struct ladder_line *line)
{
	part(ladder, line, true);
}

static void on_heal(struct ladder *ladder, const struct ladder_line *line)
{
	part(ladder, line, false);
}

/* A word that nobody reads would be a check that nobody makes. */
static bool is_known_word(const struct ladder_line *line, unsigned index)
{
	static const char *const flags[] = { "lost", "again", "sdp", "raw", "from" };
	bel_str word = line->words[index];
	uint64_t number;

	for (size_t i = 0; i < BEL_COUNT_OF(flags); i++)
		if (bel_str_is_equal(word, bel_str_from(flags[i])))
			return true;
	if (bel_str_is_equal(line->words[index - 1], BEL_STR("from")))
		return !bel_str_to_u64(&number, word, UINT16_MAX);
	/* The URI of a request, the method that a response answers. */
	return index == 4 && (bel_str_find(word, ':') < word.len ||
			      bel_str_has_prefix(word, BEL_STR("{")) ||
			      bel_sip_method_find(word) != BEL_SIP_METHOD_OTHER);
}

static void on_arrow(struct ladder *ladder, const struct ladder_line *line)
{
	for (unsigned i = 4; i < line->words_count; i++)
		if (!is_known_word(line, i)) {
			bel_ladder_fail(ladder, "what is \"%.*s\"?",
					BEL_STR_ARG(line->words[i]));
			return;
		}
	struct ladder_actor *from = bel_ladder_actor(ladder, line->words[0]);
	struct ladder_actor *to = bel_ladder_actor(ladder, line->words[2]);

	if (!from || !to)
		return;
	if (from->is_server || from->agent) {
		bel_ladder_listen(to, from);
		return;
	}
	bel_ladder_speak(from, to);
	/* What is said first arrives first, over sockets too. */
	bel_ground_run(ladder->ground, 0);
}

/* "NAME ADDRESS" or "NAME srv PORT TARGET [PRIORITY]". */
static void on_name(struct ladder *ladder, const struct ladder_line *line)
{
	struct bel_dns_record record = { .type = BEL_DNS_A, .ttl_s = 60 };
	bel_str name = bel_ladder_format(ladder, "%.*s%c", BEL_STR_ARG(line->words[1]),
					 '\0');
	uint64_t port = 0, priority = 0;
	bool is_right;

	if (line->words_count > 4 && bel_ladder_line_has(line, 2, "srv")) {
		record.type = BEL_DNS_SRV;
		is_right = !bel_str_to_u64(&port, line->words[3], UINT16_MAX) &&
			   (line->words_count < 6 ||
			    !bel_str_to_u64(&priority, line->words[5], UINT16_MAX));
		record.priority = (uint16_t)priority;
		record.port = (uint16_t)port;
		record.target = line->words[4];
	} else {
		is_right = !bel_addr_parse_host(&record.addr, line->words[2]);
		record.type = record.addr.family == 6 ? BEL_DNS_AAAA : BEL_DNS_A;
	}
	if (!is_right || bel_ground_name(ladder->ground, name.ptr, &record))
		bel_ladder_fail(ladder, "that is no record");
}

static const struct {
	const char *word;
	unsigned words_min;
	void (*run)(struct ladder *ladder, const struct ladder_line *line);
} statements[] = {
	{ "server", 3, on_server }, { "phone", 2, on_phone },
	{ "agent", 2, on_agent },   { "register", 2, on_register },
	{ "after", 2, on_after },   { "expect", 4, on_expect },
	{ "call", 2, on_call },     { "drain", 2, on_drain },
	{ "cancel", 2, on_cancel }, { "close", 2, on_close },
	{ "cut", 3, on_cut },       { "heal", 3, on_heal },
	{ "name", 3, on_name },
};

static void run_line(struct ladder *ladder, const struct ladder_line *line)
{
	struct ladder_actor *actor;

	ladder->line = line;
	if (line->words_count > 3 && bel_str_is_equal(line->words[1], BEL_STR("->"))) {
		on_arrow(ladder, line);
		return;
	}
	for (size_t i = 0; i < BEL_COUNT_OF(statements); i++)
		if (line->words_count >= statements[i].words_min &&
		    bel_str_is_equal(line->words[0], bel_str_from(statements[i].word))) {
			statements[i].run(ladder, line);
			return;
		}
	actor = bel_ladder_actor_find(ladder, line->words[0]);
	if (!actor || !actor->agent || !bel_ladder_step(actor, line))
		bel_ladder_fail(ladder, "what does this mean?");
}

/* ---- a run ---- */

static struct ladder_actor *actor_at(struct ladder *ladder, const bel_addr *addr)
{
	for (unsigned i = 0; i < ladder->actors_count; i++)
		if (bel_ladder_is_at(&ladder->actors[i], addr))
			return &ladder->actors[i];
	return NULL;
}

static void write_end(struct bel_writer *writer, const struct ladder_actor *actor,
		      const bel_addr *addr)
{
	if (actor)
		bel_write_text(writer, actor->name);
	else
		bel_addr_write(writer, addr);
}

/* One line of the ladder as it went. */
static void write_rung(struct bel_writer *writer, struct ladder *ladder,
		       const struct bel_sim_packet *packet)
{
	bel_write_format(writer, "%8llu ms  ", (unsigned long long)packet->at_ms);
	write_end(writer, actor_at(ladder, &packet->from), &packet->from);
	bel_write_lit(writer, " -> ");
	write_end(writer, actor_at(ladder, &packet->to), &packet->to);
	bel_write_lit(writer, "  ");
	bel_write_escaped(writer, bel_str_slice(packet->bytes, 0,
						bel_str_find(packet->bytes, '\r')));
	bel_write_char(writer, '\n');
}

static bool is_port_of(const struct ladder_actor *actor, const bel_addr *addr)
{
	return addr->port == (actor ? actor->own.port : LADDER_PORT);
}

static bool has_stack(const struct ladder_actor *actor)
{
	return actor->is_server || actor->agent;
}

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct ladder *ladder = user;
	struct ladder_actor *from = actor_at(ladder, &packet->from);
	struct ladder_actor *to = actor_at(ladder, &packet->to);
	struct ladder_message *message;

	/* A ping, or sound. */
	if (!bel_str_trim(packet->bytes).len ||
	    (!packet->is_stream && !is_port_of(from, &packet->from) &&
	     !is_port_of(to, &packet->to)))
		return;
	write_rung(&ladder->went, ladder, packet);
	/* Phones tell by themselves what they hear and say. */
	if (!from || !to || from == to || !has_stack(from) || !has_stack(to))
		return;
	message = bel_ladder_keep(to, &to->inbox, packet->bytes);
	if (!message)
		return;
	message->peer = packet->from;
	message->is_due = from->agent || to->agent;
}

static void end(struct ladder *ladder)
{
	for (unsigned i = 0; i < ladder->actors_count; i++)
		if (ladder->actors[i].is_server)
			bel_ladder_server_close(&ladder->actors[i]);
	for (unsigned i = 0; i < ladder->actors_count; i++) {
		bel_ladder_agent_close(ladder->actors[i].agent);
		bel_ladder_phone_close(&ladder->actors[i]);
	}
	bel_ground_close(ladder->ground);
}

static bool is_over(const struct ladder *ladder)
{
	return ladder->has_failed || ladder->is_left_out;
}

static void run_script(struct ladder *ladder, bel_str text)
{
	struct ladder_script *script = calloc(1, sizeof *script);

	if (!script)
		abort();
	ladder->script = script;
	if (!bel_ladder_script_parse(script, bel_ladder_place(ladder, text)))
		bel_ladder_fail(ladder, "the file is too long, or one of its lines");
	for (unsigned i = 0; i < script->count && !is_over(ladder); i++)
		run_line(ladder, &script->lines[i]);
	if (!is_over(ladder))
		bel_ladder_check_quiet(ladder);
	end(ladder);
	free(script);
}

enum bel_ladder_end bel_ladder_run(const char *path, enum bel_ladder_ground kind,
				   struct bel_writer *tale)
{
	struct ladder *ladder = calloc(1, sizeof *ladder);
	bel_str text = bel_test_read_file(path);
	enum bel_ladder_end how;

	if (!ladder || bel_crypto_open(&ladder->crypto))
		abort();
	bel_arena_init(&ladder->arena, NULL, 0, LADDER_BUDGET);
	ladder->tale = tale;
	ladder->call = BEL_STR("call");
	ladder->went = bel_writer_init(bel_arena_bytes(&ladder->arena, WENT_BYTES),
				       WENT_BYTES);
	if (bel_ground_open(&ladder->ground, kind, on_packet, ladder))
		bel_ladder_leave_out(ladder, "no addresses are free");
	else
		run_script(ladder, text);
	how = ladder->has_failed    ? BEL_LADDER_WRONG
	      : ladder->is_left_out ? BEL_LADDER_LEFT_OUT
				    : BEL_LADDER_RIGHT;
	bel_crypto_close(ladder->crypto);
	bel_arena_fini(&ladder->arena);
	free(ladder);
	free((void *)(uintptr_t)text.ptr);
	return how;
}
