/* SPDX-License-Identifier: Apache-2.0
 * A phone that has too little memory says what it does not do, and loses nothing. */
#include <errno.h>

#include "unit/phone/phone.h"

static bool open_both(struct office *office)
{
	for (unsigned i = 0; i < 2; i++) {
		struct desk *desk = &office->desks[i];
		const bel_addr ip = bel_addr_v4(192, 0, 2, (uint8_t)(i + 1), 0);
		desk->sim = office->sim;
		desk->said = bel_writer_init(desk->text, sizeof desk->text);
		struct bel_sim_node *node = bel_sim_node_new(office->sim, "desk", &ip);
		if (!node || bel_sim_loop(&desk->loop, node))
			return false;
		if (desk_open_on(desk, i + 1, false, "null", NULL))
			return false;
	}
	return true;
}

static void talk(struct office *office)
{
	struct desk *alice = &office->desks[0], *bob = &office->desks[1];

	desk_type(alice, "register sip:alice@192.0.2.77 secret");
	desk_type(alice, "call sip:bob@192.0.2.2");
	office_run(office, 300);
	desk_type(bob, "answer");
	office_run(office, 300);
	desk_type(alice, "call sip:192.0.2.2");
	office_run(office, 300);
	desk_type(bob, "answer");
	office_run(office, 300);
	desk_type(alice, "join");
	desk_type(alice, "message sip:bob@192.0.2.2 hello");
	office_run(office, 300);
	desk_type(alice, "split 1");
	desk_type(alice, "transfer 1 to call 2");
	office_run(office, 300);
	desk_type(alice, "quit");
	office_run(office, 6000);
}

static enum bel_err story(void *user)
{
	struct office *office = user;
	enum bel_err err = -ENOMEM;

	*office = (struct office){ .sim = bel_sim_new(1, NULL) };
	if (!office->sim)
		return -ENOMEM;
	if (open_both(office)) {
		talk(office);
		err = bel_phone_is_over(office->desks[0].phone) &&
				      desk_has_said(&office->desks[0],
						    "a conference of 2")
			      ? BEL_OK
			      : -ENOMEM;
	}
	office_close(office);
	return err;
}

static void without_memory_it_says_so_and_loses_nothing(void **state)
{
	static struct office office;

	(void)state;
	bel_test_each_allocation_fails(story, &office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_it_says_so_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
