/* SPDX-License-Identifier: Apache-2.0
 * location against a list: 100,000 random operations, and after each the address it
 * touched holds what the list says. */
#include "support/support.h"
#include "location/location.h"

enum {
	OPERATIONS = 100000,
	ADDRESSES = 40,
	HOSTS = 5,
	USERS = 2,
	CALLS = 3,
	ROWS_MAX = 32,
	CONTACTS_MAX = 4,
};

struct row {
	unsigned host, user, call; /* sip:uUSER@192.0.2.HOST */
	uint32_t cseq;
	uint64_t expires_ms, changed_ms;
	uint64_t id;
};

struct address {
	struct row rows[ROWS_MAX];
	unsigned count;
};

struct world {
	struct bel_location *location;
	struct address addresses[ADDRESSES];
	uint64_t random;
	uint64_t wall_ms;
	uint64_t highest_ids[ADDRESSES];
};

/* One contact of a request. */
struct wish {
	unsigned host, user;
	uint32_t expires_s;
};

static unsigned draw(struct world *world, unsigned limit)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(world->random >> 33) % limit;
}

/* ---- the list ---- */

static void drop(struct address *address, unsigned index)
{
	memmove(&address->rows[index], &address->rows[index + 1],
		(address->count - index - 1) * sizeof address->rows[0]);
	address->count--;
}

static void drop_over(struct address *address, uint64_t wall_ms)
{
	for (unsigned i = address->count; i-- > 0;)
		if (address->rows[i].expires_ms <= wall_ms)
			drop(address, i);
}

static bool is_wished(const struct row *row, const struct wish *wishes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (wishes[i].host == row->host && wishes[i].user == row->user)
			return true;
	return false;
}

static struct row *find_row(struct address *address, const struct wish *wish,
			    const struct wish *wishes, unsigned count, unsigned call)
{
	for (unsigned i = 0; i < address->count; i++)
		if (address->rows[i].host == wish->host &&
		    address->rows[i].user == wish->user)
			return &address->rows[i];
	for (unsigned i = 0; wish->expires_s && i < address->count; i++)
		if (address->rows[i].call == call &&
		    address->rows[i].user == wish->user &&
		    !is_wished(&address->rows[i], wishes, count))
			return &address->rows[i];
	return NULL;
}

/* Works on a copy, so that a refusal leaves nothing behind. */
static enum bel_err apply(struct address *address, const struct wish *wishes,
			  unsigned count, unsigned call, uint32_t cseq, uint64_t wall_ms)
{
	struct address copy = *address;
	unsigned before;

	drop_over(&copy, wall_ms);
	before = copy.count;
	for (unsigned i = 0; i < count; i++) {
		struct row *row = find_row(&copy, &wishes[i], wishes, count, call);
		uint64_t expires_ms = wall_ms + wishes[i].expires_s * 1000;
		if (!row && !wishes[i].expires_s)
			continue;
		if (row && row->call == call && cseq <= row->cseq) {
			if (cseq == row->cseq && row->host == wishes[i].host &&
			    row->user == wishes[i].user && wishes[i].expires_s &&
			    row->expires_ms - row->changed_ms ==
				    wishes[i].expires_s * 1000)
				continue;
			return BEL_ERR_MISMATCH;
		}
		if (!wishes[i].expires_s) {
			drop(&copy, (unsigned)(row - copy.rows));
			continue;
		}
		if (!row) {
			row = &copy.rows[copy.count++];
			*row = (struct row){ .id = 0 };
		}
		row->host = wishes[i].host;
		row->user = wishes[i].user;
		row->call = call;
		row->cseq = cseq;
		row->expires_ms = expires_ms;
		row->changed_ms = wall_ms;
	}
	if (copy.count > CONTACTS_MAX && copy.count > before)
		return BEL_ERR_LIMIT;
	*address = copy;
	return BEL_OK;
}

/* ---- the same for location ---- */

static enum bel_err bind_wishes(struct world *world, unsigned index,
				const struct wish *wishes, unsigned count, unsigned call,
				uint32_t cseq)
{
	char aor[32], call_id[16], texts[2][64];
	struct bel_uri uris[2];
	struct bel_contact_change changes[2];

	snprintf(aor, sizeof aor, "user%u@example.com", index);
	snprintf(call_id, sizeof call_id, "call-%u", call);
	for (unsigned i = 0; i < count; i++) {
		snprintf(texts[i], sizeof texts[i], "sip:u%u@192.0.2.%u", wishes[i].user,
			 wishes[i].host);
		assert_int_equal(bel_uri_parse(&uris[i], bel_str_from(texts[i])), BEL_OK);
		changes[i] = (struct bel_contact_change){
			.uri = &uris[i],
			.uri_text = bel_str_from(texts[i]),
			.expires_s = wishes[i].expires_s,
			.q = 1000,
		};
	}
	return bel_location_bind(world->location,
				 &(struct bel_bind){
					 .aor = bel_str_from(aor),
					 .call_id = bel_str_from(call_id),
					 .cseq = cseq,
					 .contacts = changes,
					 .contacts_count = count,
					 .contacts_max = CONTACTS_MAX,
					 .wall_ms = world->wall_ms,
				 },
				 NULL, NULL, NULL, NULL);
}

/* A binding keeps its number for as long as the list keeps its row, and a new one has one
 * that was never seen before. */
static void compare_row(struct world *world, unsigned index,
			const struct bel_binding *binding)
{
	struct address *address = &world->addresses[index];
	char text[64];

	for (unsigned i = 0; i < address->count; i++) {
		struct row *row = &address->rows[i];
		snprintf(text, sizeof text, "sip:u%u@192.0.2.%u", row->user, row->host);
		if (!bel_str_is_equal(binding->contact, bel_str_from(text)))
			continue;
		assert_int_equal(binding->cseq, row->cseq);
		assert_int_equal(binding->expires_ms, row->expires_ms);
		if (row->id) {
			assert_int_equal(binding->id, row->id);
		} else {
			assert_true(binding->id > world->highest_ids[index]);
			row->id = binding->id;
		}
		return;
	}
	fail();
}

static void compare(struct world *world, unsigned index)
{
	struct address *address = &world->addresses[index];
	struct bel_binding *bindings;
	struct bel_arena arena;
	char first[16384], aor[32];
	unsigned count;

	bel_arena_init(&arena, first, sizeof first, 0);
	snprintf(aor, sizeof aor, "user%u@example.com", index);
	assert_int_equal(bel_location_lookup(world->location, bel_str_from(aor),
					     world->wall_ms, &arena, &bindings, &count),
			 BEL_OK);
	drop_over(address, world->wall_ms);
	assert_int_equal(count, address->count);
	for (unsigned i = 0; i < count; i++)
		compare_row(world, index, &bindings[i]);
	for (unsigned i = 0; i < count; i++)
		if (bindings[i].id > world->highest_ids[index])
			world->highest_ids[index] = bindings[i].id;
}

static void operate(struct world *world)
{
	unsigned index = draw(world, ADDRESSES), count = 1 + draw(world, 2);
	unsigned call = draw(world, CALLS);
	uint32_t cseq = 1 + draw(world, 50);
	struct wish wishes[2];
	enum bel_err expected;

	for (unsigned i = 0; i < count; i++)
		wishes[i] = (struct wish){ draw(world, HOSTS), draw(world, USERS),
					   draw(world, 4) ? 60 + draw(world, 300) : 0 };
	/* The same contact twice is a case of its own. */
	if (count == 2 && wishes[0].host == wishes[1].host &&
	    wishes[0].user == wishes[1].user)
		count = 1;
	expected = apply(&world->addresses[index], wishes, count, call, cseq,
			 world->wall_ms);
	assert_int_equal(bind_wishes(world, index, wishes, count, call, cseq), expected);
	compare(world, index);
}

static void location_does_what_a_list_does(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct bel_location_counters counters;

	(void)state;
	world->random = 42;
	world->wall_ms = 1700000000000;
	assert_int_equal(bel_location_open(&world->location,
					   &(struct bel_location_opts){
						   .wall_ms = world->wall_ms }),
			 BEL_OK);
	for (unsigned i = 0; i < OPERATIONS; i++) {
		operate(world);
		world->wall_ms += draw(world, 300);
		if (draw(world, 10) == 0)
			bel_location_expire(world->location, world->wall_ms);
	}
	world->wall_ms += 400000;
	bel_location_expire(world->location, world->wall_ms);
	bel_location_counters(world->location, &counters);
	assert_int_equal(counters.addresses, 0);
	assert_int_equal(counters.added, counters.removed + counters.expired);
	assert_true(counters.added > 1000 && counters.refreshed > 1000);
	bel_location_close(world->location);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(location_does_what_a_list_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
