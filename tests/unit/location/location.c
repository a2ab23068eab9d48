/* SPDX-License-Identifier: Apache-2.0
 * location: what RFC 3261 section 10.3 does to the bindings of an address. */
#include <errno.h>

#include "support/support.h"
#include "location/location.h"

enum { ARENA_BYTES = 64 << 10 };

struct world {
	struct bel_location *location;
	struct bel_arena arena;
	char first[ARENA_BYTES];
	uint64_t wall_ms;
	/* the last answer */
	struct bel_binding *bindings;
	unsigned count;
	/* what was told */
	unsigned changes, gone;
	bel_str last_gone;
};

/* A REGISTER of one contact, with what a test does not care about left out. */
struct ask {
	const char *aor, *contact, *call_id, *instance, *path, *agent;
	uint32_t cseq, expires_s, reg_id;
	uint16_t q;
	bool is_tcp;
	uint32_t generation;
	uint8_t host;
	unsigned max;
};

static void on_change(void *user, bel_str aor, const struct bel_binding *binding,
		      bool is_gone)
{
	struct world *world = user;

	(void)aor;
	world->changes++;
	world->gone += is_gone;
	if (is_gone)
		world->last_gone = bel_arena_copy(&world->arena, binding->contact);
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	world->wall_ms = 1000000;
	bel_arena_init(&world->arena, world->first, sizeof world->first, 1 << 20);
	*state = world;
	return bel_location_open(&world->location,
				 &(struct bel_location_opts){ .seed = 7,
							      .wall_ms = world->wall_ms,
							      .on_change = on_change,
							      .user = world });
}

static int end(void **state)
{
	struct world *world = *state;

	bel_location_close(world->location);
	bel_arena_fini(&world->arena);
	free(world);
	return 0;
}

static bel_str text(const char *given, const char *otherwise)
{
	return bel_str_from(given ? given : otherwise);
}

static struct bel_flow flow_of(const struct ask *ask)
{
	uint8_t host = ask->host ? ask->host : 1;

	return (struct bel_flow){
		.transport = ask->is_tcp ? BEL_SIP_TCP : BEL_SIP_UDP,
		.worker = 1,
		.index = ask->is_tcp ? 5 : 0,
		.generation = ask->generation,
		.peer = bel_addr_v4(192, 0, 2, host, 5060),
		.local = bel_addr_v4(192, 0, 2, 100, 5060),
	};
}

static enum bel_err register_with(struct world *world, struct ask ask)
{
	struct bel_contact_change contact = {
		.uri_text = text(ask.contact, "sip:alice@192.0.2.1"),
		.instance = text(ask.instance, ""),
		.reg_id = ask.reg_id,
		.expires_s = ask.expires_s,
		.q = ask.q ? ask.q : 1000,
		.uses_flow = ask.is_tcp,
	};
	struct bel_bind bind = {
		.aor = text(ask.aor, "alice@example.com"),
		.call_id = text(ask.call_id, "call-1"),
		.cseq = ask.cseq,
		.contacts = &contact,
		.contacts_count = 1,
		.path = text(ask.path, ""),
		.user_agent = text(ask.agent, ""),
		.flow = flow_of(&ask),
		.contacts_max = ask.max ? ask.max : 10,
		.wall_ms = world->wall_ms,
	};
	struct bel_uri uri;

	assert_int_equal(bel_uri_parse(&uri, contact.uri_text), BEL_OK);
	contact.uri = &uri;
	return bel_location_bind(world->location, &bind, &world->arena, &world->bindings,
				 &world->count, NULL);
}

#define REGISTER(world, ...) register_with((world), (struct ask){ __VA_ARGS__ })

static unsigned look_up(struct world *world, const char *aor)
{
	assert_int_equal(bel_location_lookup(world->location, bel_str_from(aor),
					     world->wall_ms, &world->arena,
					     &world->bindings, &world->count),
			 BEL_OK);
	return world->count;
}

static void a_binding_is_there_until_it_is_over(void **state)
{
	struct world *world = *state;

	assert_int_equal(REGISTER(world, .cseq = 1, .expires_s = 60), BEL_OK);
	assert_int_equal(world->count, 1);
	assert_str(world->bindings[0].contact, "sip:alice@192.0.2.1");
	assert_int_equal(world->bindings[0].expires_ms, world->wall_ms + 60000);
	world->wall_ms += 59999;
	assert_int_equal(look_up(world, "alice@example.com"), 1);
	world->wall_ms += 1;
	assert_int_equal(look_up(world, "alice@example.com"), 0);
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 1);
	assert_int_equal(world->gone, 1);
	assert_str(world->last_gone, "sip:alice@192.0.2.1");
}

static void a_refresh_keeps_the_number_of_the_binding(void **state)
{
	struct world *world = *state;
	uint64_t id;

	REGISTER(world, .cseq = 1, .expires_s = 60);
	id = world->bindings[0].id;
	world->wall_ms += 30000;
	assert_int_equal(REGISTER(world, .cseq = 2, .expires_s = 60), BEL_OK);
	assert_int_equal(world->count, 1);
	assert_int_equal(world->bindings[0].id, id);
	assert_int_equal(world->bindings[0].cseq, 2);
	assert_int_equal(world->bindings[0].expires_ms, world->wall_ms + 60000);
	world->wall_ms += 59000;
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 0);
	world->wall_ms += 1000;
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 1);
}

static void a_binding_that_comes_again_has_another_number(void **state)
{
	struct world *world = *state;
	uint64_t id;

	REGISTER(world, .cseq = 1, .expires_s = 60);
	id = world->bindings[0].id;
	assert_int_equal(REGISTER(world, .cseq = 2, .expires_s = 0), BEL_OK);
	assert_int_equal(world->count, 0);
	REGISTER(world, .cseq = 3, .expires_s = 60);
	assert_int_not_equal(world->bindings[0].id, id);
}

static void an_older_cseq_of_the_same_call_is_refused(void **state)
{
	struct world *world = *state;

	REGISTER(world, .cseq = 5, .expires_s = 60);
	assert_int_equal(REGISTER(world, .cseq = 4, .expires_s = 60), BEL_ERR_MISMATCH);
	assert_int_equal(REGISTER(world, .cseq = 4, .expires_s = 0), BEL_ERR_MISMATCH);
	assert_int_equal(look_up(world, "alice@example.com"), 1);
	assert_int_equal(world->bindings[0].cseq, 5);
	assert_int_equal(REGISTER(world, .call_id = "other", .cseq = 1, .expires_s = 60),
			 BEL_OK);
	assert_int_equal(world->count, 1);
}

static void the_same_request_again_is_answered_again(void **state)
{
	struct world *world = *state;

	REGISTER(world, .cseq = 5, .expires_s = 60);
	world->changes = 0;
	world->wall_ms += 700;
	assert_int_equal(REGISTER(world, .cseq = 5, .expires_s = 60), BEL_OK);
	assert_int_equal(world->count, 1);
	assert_int_equal(world->bindings[0].expires_ms, world->wall_ms - 700 + 60000);
	assert_int_equal(world->changes, 0);
	assert_int_equal(REGISTER(world, .cseq = 5, .expires_s = 90), BEL_ERR_MISMATCH);
}

static void contacts_are_compared_as_uris(void **state)
{
	struct world *world = *state;

	REGISTER(world, .contact = "sip:%61lice@Host.example.com:5060", .cseq = 1,
		 .expires_s = 60);
	REGISTER(world, .contact = "sip:alice@host.EXAMPLE.com:5060", .call_id = "b",
		 .cseq = 1, .expires_s = 60);
	assert_int_equal(world->count, 1);
	REGISTER(world, .contact = "sip:alice@host.example.com:5070", .call_id = "c",
		 .cseq = 1, .expires_s = 60, .q = 500);
	assert_int_equal(world->count, 2);
}

static void the_best_q_comes_first_and_then_the_newest(void **state)
{
	struct world *world = *state;

	REGISTER(world, .contact = "sip:a@192.0.2.1", .call_id = "a", .cseq = 1,
		 .expires_s = 60, .q = 500);
	world->wall_ms++;
	REGISTER(world, .contact = "sip:b@192.0.2.2", .call_id = "b", .cseq = 1,
		 .expires_s = 60, .q = 900);
	world->wall_ms++;
	REGISTER(world, .contact = "sip:c@192.0.2.3", .call_id = "c", .cseq = 1,
		 .expires_s = 60, .q = 900);
	assert_int_equal(look_up(world, "alice@example.com"), 3);
	assert_str(world->bindings[0].contact, "sip:c@192.0.2.3");
	assert_str(world->bindings[1].contact, "sip:b@192.0.2.2");
	assert_str(world->bindings[2].contact, "sip:a@192.0.2.1");
}

static void a_phone_that_moved_leaves_no_ghost(void **state)
{
	struct world *world = *state;
	uint64_t id;

	REGISTER(world, .contact = "sip:alice@192.0.2.1:5060", .cseq = 1,
		 .expires_s = 60);
	id = world->bindings[0].id;
	assert_int_equal(REGISTER(world, .contact = "sip:alice@192.0.2.77:5062",
				  .cseq = 2, .expires_s = 60),
			 BEL_OK);
	assert_int_equal(world->count, 1);
	assert_str(world->bindings[0].contact, "sip:alice@192.0.2.77:5062");
	assert_int_equal(world->bindings[0].id, id);
	/* Another user part, transport or call is another phone. */
	REGISTER(world, .contact = "sip:desk@192.0.2.77:5062", .cseq = 3,
		 .expires_s = 60);
	REGISTER(world, .contact = "sip:alice@192.0.2.78;transport=tcp", .cseq = 4,
		 .expires_s = 60);
	REGISTER(world, .contact = "sip:alice@192.0.2.79", .call_id = "b", .cseq = 5,
		 .expires_s = 60);
	assert_int_equal(world->count, 4);
}

static void outbound_binds_instance_and_reg_id(void **state)
{
	struct world *world = *state;
	const char *uuid = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";

	REGISTER(world, .contact = "sip:alice@192.0.2.1:1000", .instance = uuid,
		 .reg_id = 1, .cseq = 1, .expires_s = 60);
	REGISTER(world, .contact = "sip:alice@192.0.2.1:1000", .instance = uuid,
		 .reg_id = 2, .cseq = 2, .expires_s = 60);
	assert_int_equal(world->count, 2);
	assert_int_equal(REGISTER(world, .contact = "sip:alice@192.0.2.9:3000",
				  .instance = uuid, .reg_id = 1, .call_id = "b",
				  .cseq = 1, .expires_s = 60),
			 BEL_OK);
	assert_int_equal(world->count, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_str(world->bindings[i].instance, uuid);
}

static void an_instance_comes_back_as_it_was_written(void **state)
{
	struct world *world = *state;
	const char *written[] = {
		"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
		"urn:uuid:f81d4fae7dec-11d0-a765-00a0c91e6bf6-",
		"urn:gsma:imei:90420156-025763-0",
		"",
	};

	for (size_t i = 0; i < BEL_COUNT_OF(written); i++) {
		REGISTER(world, .instance = written[i], .cseq = (uint32_t)i + 1,
			 .expires_s = 60);
		assert_int_equal(world->count, 1);
		assert_str(world->bindings[0].instance, written[i]);
	}
}

static void a_cap_refuses_the_contact_too_many(void **state)
{
	struct world *world = *state;

	REGISTER(world, .contact = "sip:a@192.0.2.1", .call_id = "a", .cseq = 1,
		 .expires_s = 60, .max = 2);
	REGISTER(world, .contact = "sip:b@192.0.2.1", .call_id = "b", .cseq = 1,
		 .expires_s = 60, .max = 2);
	assert_int_equal(REGISTER(world, .contact = "sip:c@192.0.2.1", .call_id = "c",
				  .cseq = 1, .expires_s = 60, .max = 2),
			 BEL_ERR_LIMIT);
	assert_int_equal(look_up(world, "alice@example.com"), 2);
	/* A cap that was lowered lets the phones that are there refresh. */
	assert_int_equal(REGISTER(world, .contact = "sip:b@192.0.2.1", .call_id = "b",
				  .cseq = 2, .expires_s = 60, .max = 1),
			 BEL_OK);
}

static enum bel_err remove_all(struct world *world, const char *call_id, uint32_t cseq)
{
	struct bel_bind bind = { .aor = BEL_STR("alice@example.com"),
				 .call_id = bel_str_from(call_id),
				 .cseq = cseq,
				 .removes_all = true,
				 .wall_ms = world->wall_ms };

	return bel_location_bind(world->location, &bind, &world->arena, &world->bindings,
				 &world->count, NULL);
}

static void a_star_removes_all_or_nothing(void **state)
{
	struct world *world = *state;

	REGISTER(world, .contact = "sip:a@192.0.2.1", .call_id = "a", .cseq = 7,
		 .expires_s = 60);
	REGISTER(world, .contact = "sip:b@192.0.2.1", .call_id = "b", .cseq = 1,
		 .expires_s = 60);
	assert_int_equal(remove_all(world, "a", 7), BEL_ERR_MISMATCH);
	assert_int_equal(look_up(world, "alice@example.com"), 2);
	assert_int_equal(remove_all(world, "a", 8), BEL_OK);
	assert_int_equal(world->count, 0);
	assert_int_equal(look_up(world, "alice@example.com"), 0);
	assert_int_equal(remove_all(world, "a", 8), BEL_OK);
}

static void one_bad_contact_changes_nothing(void **state)
{
	struct world *world = *state;
	struct bel_uri uris[2];
	struct bel_contact_change contacts[2] = {
		{ .uri_text = BEL_STR("sip:new@192.0.2.5"), .expires_s = 60, .q = 1000 },
		{ .uri_text = BEL_STR("sip:a@192.0.2.1"), .expires_s = 90, .q = 1000 },
	};
	struct bel_bind bind = { .aor = BEL_STR("alice@example.com"),
				 .call_id = BEL_STR("a"),
				 .cseq = 7,
				 .contacts = contacts,
				 .contacts_count = 2,
				 .contacts_max = 10,
				 .wall_ms = world->wall_ms };

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(bel_uri_parse(&uris[i], contacts[i].uri_text), BEL_OK);
		contacts[i].uri = &uris[i];
	}
	REGISTER(world, .contact = "sip:a@192.0.2.1", .call_id = "a", .cseq = 7,
		 .expires_s = 60);
	assert_int_equal(
		bel_location_bind(world->location, &bind, NULL, NULL, NULL, NULL),
		BEL_ERR_MISMATCH);
	assert_int_equal(look_up(world, "alice@example.com"), 1);
	bind.cseq = 8;
	assert_int_equal(
		bel_location_bind(world->location, &bind, NULL, NULL, NULL, NULL),
		BEL_OK);
	assert_int_equal(look_up(world, "alice@example.com"), 2);
}

static void a_binding_is_found_by_its_number(void **state)
{
	struct world *world = *state;
	struct bel_binding found;
	bel_str aor;
	uint64_t id;

	REGISTER(world, .contact = "sip:a@192.0.2.1", .call_id = "a", .cseq = 1,
		 .expires_s = 60, .agent = "Phone/1.0", .path = "<sip:edge;lr>");
	id = world->bindings[0].id;
	assert_int_equal(bel_location_find(world->location, id, world->wall_ms,
					   &world->arena, &found, &aor),
			 BEL_OK);
	assert_str(aor, "alice@example.com");
	assert_str(found.user_agent, "Phone/1.0");
	assert_str(found.path, "<sip:edge;lr>");
	assert_int_equal(bel_location_find(world->location, id + 1, world->wall_ms,
					   &world->arena, &found, &aor),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_location_find(world->location, id, world->wall_ms + 60000,
					   &world->arena, &found, &aor),
			 BEL_ERR_NOT_FOUND);
}

static void bindings_on_a_closed_stream_sleep(void **state)
{
	struct world *world = *state;
	struct bel_flow flow = flow_of(&(struct ask){ .is_tcp = true, .generation = 3 });

	REGISTER(world, .cseq = 1, .expires_s = 60, .is_tcp = true, .generation = 3);
	REGISTER(world, .aor = "bob@example.com", .cseq = 1, .expires_s = 60,
		 .is_tcp = true, .generation = 4);
	bel_location_on_flow_closed(world->location, &flow);
	look_up(world, "alice@example.com");
	assert_true(world->bindings[0].flow_is_gone);
	look_up(world, "bob@example.com");
	assert_false(world->bindings[0].flow_is_gone);
	REGISTER(world, .cseq = 2, .expires_s = 60, .is_tcp = true, .generation = 5);
	assert_int_equal(world->count, 1);
	assert_false(world->bindings[0].flow_is_gone);
}

static void a_source_counts_while_it_has_a_binding(void **state)
{
	struct world *world = *state;
	bel_addr source = bel_addr_v4(192, 0, 2, 9, 41000);

	assert_false(bel_location_has_source(world->location, &source));
	REGISTER(world, .cseq = 1, .expires_s = 60, .host = 9);
	assert_true(bel_location_has_source(world->location, &source));
	REGISTER(world, .cseq = 2, .expires_s = 60, .host = 8);
	assert_false(bel_location_has_source(world->location, &source));
	REGISTER(world, .cseq = 3, .expires_s = 60, .host = 9);
	world->wall_ms += 60000;
	bel_location_expire(world->location, world->wall_ms);
	assert_false(bel_location_has_source(world->location, &source));
}

static void a_clock_that_jumps_a_day_still_finds_what_is_over(void **state)
{
	struct world *world = *state;

	REGISTER(world, .cseq = 1, .expires_s = 7200);
	REGISTER(world, .aor = "bob@example.com", .cseq = 1, .expires_s = 200000);
	world->wall_ms += 86400000;
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 1);
	assert_int_equal(look_up(world, "bob@example.com"), 1);
	world->wall_ms += 200000000;
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 1);
}

static bool count_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		      unsigned count)
{
	unsigned *seen = user;

	(void)aor;
	(void)bindings;
	*seen += count;
	return true;
}

static void every_address_is_walked_and_counted(void **state)
{
	struct world *world = *state;
	struct bel_location_counters counters;
	unsigned seen = 0;
	char aor[32];

	for (unsigned i = 0; i < 5000; i++) {
		snprintf(aor, sizeof aor, "user%u@example.com", i);
		assert_int_equal(REGISTER(world, .aor = aor, .cseq = 1, .expires_s = 60),
				 BEL_OK);
		bel_arena_reset(&world->arena);
	}
	assert_int_equal(
		bel_location_each(world->location, world->wall_ms, count_aor, &seen),
		BEL_OK);
	assert_int_equal(seen, 5000);
	bel_location_counters(world->location, &counters);
	assert_int_equal(counters.addresses, 5000);
	assert_int_equal(counters.bindings, 5000);
	assert_int_equal(counters.added, 5000);
	world->wall_ms += 60000;
	assert_int_equal(bel_location_expire(world->location, world->wall_ms), 5000);
	bel_location_counters(world->location, &counters);
	assert_int_equal(counters.addresses, 0);
	assert_int_equal(counters.bindings, 0);
	assert_int_equal(counters.expired, 5000);
}

/* ---- without memory ---- */

static enum bel_err register_without_memory(void *user)
{
	struct world world = { .wall_ms = 1000000 };
	enum bel_err err;

	(void)user;
	bel_arena_init(&world.arena, NULL, 0, 1 << 20);
	err = bel_location_open(
		&world.location,
		&(struct bel_location_opts){ .on_change = on_change, .user = &world });
	if (err)
		return err;
	for (unsigned i = 0; i < 3 && !err; i++)
		err = register_with(&world, (struct ask){ .cseq = i + 1,
							  .expires_s = 60 + i,
							  .is_tcp = true,
							  .generation = i,
							  .agent = "Phone",
							  .path = "<sip:edge;lr>" });
	world.wall_ms += 100000;
	if (!err && bel_location_expire(world.location, world.wall_ms) != 1)
		err = -ENOMEM;
	bel_location_close(world.location);
	bel_arena_fini(&world.arena);
	return err;
}

static void without_memory_nothing_changes_and_nothing_leaks(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(register_without_memory, NULL);
}

/* ---- series of temporary GRUUs (RFC 5627 section 5.1) ---- */

#define PHONE       "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
#define PHONE_UPPER "URN:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"

static enum bel_err find_series(struct world *world, uint64_t series)
{
	bel_str aor, instance;
	enum bel_err err = bel_location_find_series(
		world->location, series, world->wall_ms, &world->arena, &aor, &instance);

	if (!err) {
		assert_str(aor, "alice@example.com");
		assert_true(bel_str_is_equal_nocase(instance, BEL_STR(PHONE)));
	}
	return err;
}

static void an_instance_has_a_series_and_a_refresh_keeps_it(void **state)
{
	struct world *world = *state;
	uint64_t series;

	REGISTER(world, .cseq = 1, .expires_s = 60);
	assert_int_equal(world->bindings[0].series, 0);
	assert_int_equal(find_series(world, 0), BEL_ERR_NOT_FOUND);
	REGISTER(world, .cseq = 2, .expires_s = 60, .instance = PHONE);
	series = world->bindings[0].series;
	assert_int_not_equal(series, 0);
	assert_int_not_equal(series, world->bindings[0].id);
	REGISTER(world, .cseq = 3, .expires_s = 60, .instance = PHONE);
	assert_int_equal(world->bindings[0].series, series);
	/* Not in place: the contact is another. */
	REGISTER(world, .cseq = 4, .expires_s = 60, .instance = PHONE_UPPER, .host = 7,
		 .contact = "sip:alice@192.0.2.7");
	assert_int_equal(world->bindings[0].series, series);
	assert_int_equal(find_series(world, series), BEL_OK);
}

static void another_call_id_ends_the_series(void **state)
{
	struct world *world = *state;
	uint64_t series;

	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE);
	series = world->bindings[0].series;
	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE,
		 .call_id = "call-2");
	assert_int_not_equal(world->bindings[0].series, series);
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	assert_int_equal(find_series(world, world->bindings[0].series), BEL_OK);
}

static void a_phone_that_rebooted_elsewhere_ends_the_series(void **state)
{
	struct world *world = *state;
	uint64_t series;

	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE);
	series = world->bindings[0].series;
	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE,
		 .call_id = "call-2", .contact = "sip:alice@192.0.2.7");
	assert_int_equal(world->count, 2);
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	assert_int_equal(world->bindings[0].series, world->bindings[1].series);
}

static void the_end_of_the_registration_ends_the_series(void **state)
{
	struct world *world = *state;
	uint64_t series;

	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE);
	series = world->bindings[0].series;
	REGISTER(world, .cseq = 2, .expires_s = 0, .instance = PHONE);
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	REGISTER(world, .cseq = 3, .expires_s = 60, .instance = PHONE);
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	/* Over without a word, and not yet swept. */
	series = world->bindings[0].series;
	world->wall_ms += 60000;
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	REGISTER(world, .cseq = 4, .expires_s = 60, .instance = PHONE);
	assert_int_not_equal(world->bindings[0].series, series);
}

/* The flows of a phone have Call-IDs of their own (RFC 5626 section 9.2); the series goes
 * on while one of them is there, and ends for all of them with one that changes. */
static void flows_of_a_phone_share_the_series(void **state)
{
	struct world *world = *state;
	uint64_t series;

	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE, .reg_id = 1);
	series = world->bindings[0].series;
	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE, .reg_id = 2,
		 .call_id = "call-2", .contact = "sip:alice@192.0.2.7");
	assert_int_equal(world->count, 2);
	assert_int_equal(world->bindings[0].series, series);
	assert_int_equal(world->bindings[1].series, series);
	REGISTER(world, .cseq = 2, .expires_s = 0, .instance = PHONE, .reg_id = 1);
	assert_int_equal(find_series(world, series), BEL_OK);
	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE, .reg_id = 1,
		 .call_id = "call-3");
	assert_int_equal(find_series(world, series), BEL_OK);
	REGISTER(world, .cseq = 1, .expires_s = 60, .instance = PHONE, .reg_id = 2,
		 .call_id = "call-4", .contact = "sip:alice@192.0.2.7");
	assert_int_equal(find_series(world, series), BEL_ERR_NOT_FOUND);
	assert_int_equal(world->bindings[0].series, world->bindings[1].series);
	assert_int_equal(find_series(world, world->bindings[0].series), BEL_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_binding_is_there_until_it_is_over),
		TEST(a_refresh_keeps_the_number_of_the_binding),
		TEST(a_binding_that_comes_again_has_another_number),
		TEST(an_older_cseq_of_the_same_call_is_refused),
		TEST(the_same_request_again_is_answered_again),
		TEST(contacts_are_compared_as_uris),
		TEST(the_best_q_comes_first_and_then_the_newest),
		TEST(a_phone_that_moved_leaves_no_ghost),
		TEST(outbound_binds_instance_and_reg_id),
		TEST(an_instance_comes_back_as_it_was_written),
		TEST(a_cap_refuses_the_contact_too_many),
		TEST(a_star_removes_all_or_nothing),
		TEST(one_bad_contact_changes_nothing),
		TEST(a_binding_is_found_by_its_number),
		TEST(bindings_on_a_closed_stream_sleep),
		TEST(a_source_counts_while_it_has_a_binding),
		TEST(a_clock_that_jumps_a_day_still_finds_what_is_over),
		TEST(every_address_is_walked_and_counted),
		TEST(an_instance_has_a_series_and_a_refresh_keeps_it),
		TEST(another_call_id_ends_the_series),
		TEST(a_phone_that_rebooted_elsewhere_ends_the_series),
		TEST(the_end_of_the_registration_ends_the_series),
		TEST(flows_of_a_phone_share_the_series),
		cmocka_unit_test(without_memory_nothing_changes_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
