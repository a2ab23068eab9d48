/* SPDX-License-Identifier: Apache-2.0
 * A plan told as text, JSON and Mermaid, also when the names in it are hostile. */
#include <jansson.h>

#include "unit/route/route_support.h"

static void told_to_a_person(void **state)
{
	struct world *world = open_world();
	char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	prove(world, "alice");
	bel_plan_write(&writer, plan_all(world, 0));
	assert_str(bel_writer_str(&writer),
		   "  destination    domain example.com is ours   [belfry.conf:1]\n"
		   "  identity       proved to be alice\n"
		   "  user           bob is user bob   [belfry.conf:6]\n"
		   "  bindings       to sip:bob@203.0.113.9:5070 (q 1.000)\n"
		   "  so it is       forwarded\n"
		   "  to             sip:bob@203.0.113.9:5070\n");
	close_world(world);
}

static void told_to_a_program(void **state)
{
	struct world *world = open_world();
	char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	world->facts.target = uri("sip:600@example.com");
	prove(world, "alice");
	bel_plan_write_json(&writer, plan_all(world, 0));
	assert_str(bel_writer_str(&writer),
		   "{\"outcome\":\"refused\",\"status\":404,"
		   "\"reason\":\"No such user\",\"steps\":["
		   "{\"rule\":\"destination\",\"text\":\"domain example.com is ours\","
		   "\"file\":\"belfry.conf\",\"line\":1},"
		   "{\"rule\":\"identity\",\"text\":\"proved to be alice\"},"
		   "{\"rule\":\"user\",\"text\":\"no user 600\"}],\"targets\":[]}\n");
	close_world(world);
}

static void told_as_a_figure(void **state)
{
	struct world *world = open_world();
	char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	world->facts.identity = BEL_IDENTITY_NONE;
	bel_plan_write_mermaid(&writer, plan_all(world, 0));
	assert_str(bel_writer_str(&writer),
		   "flowchart TD\n"
		   "  s0[\"destination: domain example.com is ours\"]\n"
		   "  s1[\"identity: no credentials for our realm\"]\n"
		   "  s0 --> s1\n"
		   "  end1([\"challenged 407\"])\n"
		   "  s1 --> end1\n");
	close_world(world);
}

/* Escaped as a user part, so that it gets as far as the plan. */
static const char *const hostile[] = {
	"%0d%0aInjected:%20yes",
	"%00",
	"a%22%3b%7d%7b%22x%22:1",
	"%5c%22",
	"%3cscript%3ealert(1)%3c/script%3e",
	"%25s%25n%25x",
	"%1b%5b31m",
	"%ff%fe",
	"%e2%80%ae",
	"';drop%20table%20users;--",
	"%22%5d%0a%20%20click%20s0%20href%20%22javascript:x",
};

static void plan_hostile(struct world *world, const char *user)
{
	static char target[256];
	struct bel_writer writer = bel_writer_init(target, sizeof target - 1);

	bel_write_format(&writer, "sip:%s@example.com", user);
	target[writer.len] = '\0';
	prove(world, "alice");
	world->facts.target = uri(target);
	plan_all(world, 0);
}

static void assert_no_controls(bel_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.ptr[i] < ' ' && text.ptr[i] != '\n')
			fail_msg("byte %u in %.*s", (uint8_t)text.ptr[i],
				 BEL_STR_ARG(text));
}

static unsigned lines_of(bel_str text)
{
	unsigned count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	return count;
}

static void hostile_names_stay_on_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(hostile); i++) {
		struct world *world = open_world();
		char text[4096];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		plan_hostile(world, hostile[i]);
		bel_plan_write(&writer, &world->plan);
		assert_no_controls(bel_writer_str(&writer));
		assert_int_equal(lines_of(bel_writer_str(&writer)), 4);
		writer.len = 0;
		bel_plan_write_mermaid(&writer, &world->plan);
		assert_no_controls(bel_writer_str(&writer));
		assert_int_equal(lines_of(bel_writer_str(&writer)), 8);
		assert_null(memchr(text, '<', writer.len));
		close_world(world);
	}
}

static void hostile_names_stay_strings_of_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(hostile); i++) {
		struct world *world = open_world();
		char text[4096];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		json_error_t error;
		plan_hostile(world, hostile[i]);
		bel_plan_write_json(&writer, &world->plan);
		assert_int_equal(lines_of(bel_writer_str(&writer)), 1);
		json_t *json = json_loadb(text, writer.len, JSON_ALLOW_NUL, &error);
		if (!json)
			fail_msg("%s: %s", error.text, text);
		assert_int_equal(json_array_size(json_object_get(json, "steps")), 3);
		assert_int_equal(json_object_size(json), 5);
		json_decref(json);
		close_world(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_to_a_person),
		cmocka_unit_test(told_to_a_program),
		cmocka_unit_test(told_as_a_figure),
		cmocka_unit_test(hostile_names_stay_on_their_line),
		cmocka_unit_test(hostile_names_stay_strings_of_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
