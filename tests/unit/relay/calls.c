/* SPDX-License-Identifier: Apache-2.0
 * Calls by name and by number, ports, descriptions; and every allocation failing. */
#include "support/support.h"

#include "io/sim.h"
#include "relay/relay.h"

enum { PORT_MIN = 40000, PORT_MAX = 40019, SDP_BYTES = 4096 };

static const char offer[] = "v=0\r\n"
			    "o=- 1 1 IN IP4 198.51.100.1\r\n"
			    "s=-\r\n"
			    "c=IN IP4 198.51.100.1\r\n"
			    "t=0 0\r\n"
			    "a=group:BUNDLE a v\r\n"
			    "m=audio 4000 RTP/AVP 0 101\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=candidate:1 1 UDP 1 198.51.100.1 4000 typ host\r\n"
			    "a=ice-ufrag:abcd\r\n"
			    "a=mid:a\r\n"
			    "a=sendrecv\r\n"
			    "m=application 9 TCP/MSRP *\r\n"
			    "a=path:msrp://198.51.100.1:9/x;tcp\r\n"
			    "m=video 0 RTP/AVP 96\r\n"
			    "a=rtpmap:96 VP8/90000\r\n"
			    "m=image 4010 udptl t38\r\n";
static const char answer[] = "v=0\r\n"
			     "o=- 2 2 IN IP4 198.51.100.2\r\n"
			     "s=-\r\n"
			     "c=IN IP4 198.51.100.2\r\n"
			     "t=0 0\r\n"
			     "m=audio 5000 RTP/AVP 0\r\n"
			     "m=application 0 TCP/MSRP *\r\n"
			     "m=video 0 RTP/AVP 96\r\n"
			     "m=image 0 udptl t38\r\n";

struct scene {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_ports ports;
	struct bel_relay *relay;
	struct bel_relay_place places[BEL_RELAY_SIDES];
};

static enum bel_err open_scene(struct scene *scene)
{
	const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	bel_addr ip = bel_addr_v4(203, 0, 113, 9, 0);
	struct bel_relay_opts opts = { .port_min = PORT_MIN,
				       .port_max = PORT_MAX,
				       .silent_ms = 3000,
				       .timeout_ms = 60000 };
	enum bel_err err;

	memset(scene, 0, sizeof *scene);
	scene->sim = bel_sim_new(1, &net);
	scene->node = scene->sim ? bel_sim_node_new(scene->sim, "relay", &ip) : NULL;
	if (!scene->node)
		return BEL_ERR_SPACE;
	err = bel_sim_loop(&scene->loop, scene->node);
	if (err)
		return err;
	opts.loop = scene->loop;
	opts.ports = &scene->ports;
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++)
		scene->places[i] = (struct bel_relay_place){
			ip, ip, bel_addr_v4(198, 51, 100, (uint8_t)(i + 1), 5060)
		};
	return bel_relay_open(&scene->relay, &opts);
}

static void close_scene(struct scene *scene)
{
	bel_relay_close(scene->relay);
	for (unsigned i = 0; i < BEL_COUNT_OF(scene->ports.bits); i++)
		assert_int_equal(scene->ports.bits[i], 0);
	if (scene->loop)
		bel_loop_close(scene->loop);
	if (scene->sim)
		bel_sim_free(scene->sim);
}

static enum bel_err begin(bel_relay_call *call, struct scene *scene, const char *call_id,
			  const char *caller, const char *callee)
{
	return bel_relay_new(call, scene->relay,
			     &(struct bel_relay_names){ bel_str_from(call_id),
							bel_str_from(caller),
							bel_str_from(callee) },
			     scene->places);
}

static bel_relay_call must_begin(struct scene *scene, const char *call_id,
				 const char *caller, const char *callee)
{
	bel_relay_call call = 0;

	assert_int_equal(begin(&call, scene, call_id, caller, callee), BEL_OK);
	return call;
}

static bel_relay_call find(const struct scene *scene, enum bel_relay_side *side,
			   const char *call_id, const char *tag, const char *other)
{
	return bel_relay_find(scene->relay, side, bel_str_from(call_id),
			      bel_str_from(tag), bel_str_from(other));
}

static void calls_are_found_by_their_names(void **state)
{
	struct scene scene;
	enum bel_relay_side side;
	bel_relay_call early, other;

	(void)state;
	assert_int_equal(open_scene(&scene), BEL_OK);
	early = must_begin(&scene, "x", "a", "");
	other = must_begin(&scene, "y", "a", "b");
	assert_int_equal(find(&scene, &side, "x", "a", ""), early);
	assert_int_equal(side, BEL_RELAY_CALLER);
	/* Whoever answers is the callee, as long as it has no tag. */
	assert_int_equal(find(&scene, &side, "x", "q", "a"), early);
	assert_int_equal(side, BEL_RELAY_CALLEE);
	bel_relay_set_callee_tag(scene.relay, early, BEL_STR("c"));
	assert_int_equal(find(&scene, &side, "x", "q", "a"), 0);
	assert_int_equal(find(&scene, &side, "x", "c", "a"), early);
	assert_int_equal(side, BEL_RELAY_CALLEE);
	assert_int_equal(find(&scene, &side, "y", "a", "b"), other);
	assert_int_equal(find(&scene, &side, "y", "a", "c"), 0);
	assert_int_equal(find(&scene, &side, "z", "a", "b"), 0);
	bel_relay_end(scene.relay, other);
	assert_int_equal(find(&scene, &side, "y", "a", "b"), 0);
	assert_false(bel_relay_has(scene.relay, other));
	/* Its place is another's now, its number is not. */
	assert_true(must_begin(&scene, "w", "a", "b") != other);
	bel_relay_end(scene.relay, other);
	assert_int_equal(bel_relay_counters(scene.relay)->calls, 2);
	close_scene(&scene);
}

static void thousands_of_calls_are_found_and_ended(void **state)
{
	enum { CALLS = 3000 };
	static bel_relay_call calls[CALLS];
	struct scene scene;
	char name[16];

	(void)state;
	assert_int_equal(open_scene(&scene), BEL_OK);
	for (unsigned i = 0; i < CALLS; i++) {
		snprintf(name, sizeof name, "call-%u", i);
		calls[i] = must_begin(&scene, name, "a", "b");
	}
	for (unsigned i = 0; i < CALLS; i++) {
		snprintf(name, sizeof name, "call-%u", i);
		assert_int_equal(find(&scene, NULL, name, "a", "b"), calls[i]);
		if (i % 2)
			bel_relay_end(scene.relay, calls[i]);
	}
	assert_int_equal(bel_relay_counters(scene.relay)->calls, CALLS / 2);
	close_scene(&scene);
}

static enum bel_err put_offer(struct bel_writer *writer, struct scene *scene,
			      bel_relay_call call)
{
	return bel_relay_offer(writer, scene->relay, call, BEL_RELAY_CALLER,
			       bel_str_from(offer), NULL);
}

/* Ten ports of a stream with its reports are to be had, and no more. */
static void without_a_port_there_is_no_offer_and_nothing_is_lost(void **state)
{
	static const char plain[] = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\n"
				    "c=IN IP4 198.51.100.1\r\nt=0 0\r\n"
				    "m=audio 4000 RTP/AVP 0\r\n";
	struct scene scene;
	bel_relay_call call = 0;
	char name[8];

	(void)state;
	assert_int_equal(open_scene(&scene), BEL_OK);
	for (unsigned i = 0; i < 11; i++) {
		char buf[SDP_BYTES];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		enum bel_err err;
		snprintf(name, sizeof name, "c%u", i);
		call = must_begin(&scene, name, "a", "b");
		err = bel_relay_offer(&writer, scene.relay, call, BEL_RELAY_CALLER,
				      bel_str_from(plain), NULL);
		assert_int_equal(err, i < 10 ? BEL_OK : BEL_ERR_BUSY);
	}
	assert_int_equal(bel_relay_counters(scene.relay)->ports_out, 1);
	bel_relay_end(scene.relay, find(&scene, NULL, "c0", "a", "b"));
	char buf[SDP_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	assert_int_equal(bel_relay_offer(&writer, scene.relay, call, BEL_RELAY_CALLER,
					 bel_str_from(plain), NULL),
			 BEL_OK);
	close_scene(&scene);
}

static bool has_line(bel_str text, const char *line)
{
	bel_str wanted = bel_str_from(line);

	for (size_t i = 0; i + wanted.len <= text.len; i++)
		if (!memcmp(text.ptr + i, wanted.ptr, wanted.len))
			return true;
	return false;
}

static void only_the_way_is_written_anew(void **state)
{
	static const char *const kept[] = {
		"a=rtpmap:101 telephone-event/8000\r\n",
		"a=mid:a\r\n",
		"a=sendrecv\r\n",
		"m=application 9 TCP/MSRP *\r\nc=IN IP4 198.51.100.1\r\n",
		"a=path:msrp://198.51.100.1:9/x;tcp\r\n",
		"m=video 0 RTP/AVP 96\r\n",
		"c=IN IP4 203.0.113.9\r\n",
		"udptl t38\r\n",
	};
	static const char *const gone[] = { "BUNDLE", "candidate", "ice-ufrag",
					    "m=audio 4000", "m=image 4010" };
	struct scene scene;
	bel_relay_call call;
	char buf[SDP_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(open_scene(&scene), BEL_OK);
	call = must_begin(&scene, "x", "a", "b");
	assert_int_equal(put_offer(&writer, &scene, call), BEL_OK);
	for (unsigned i = 0; i < BEL_COUNT_OF(kept); i++)
		if (!has_line(bel_writer_str(&writer), kept[i]))
			fail_msg("lacks: %s", kept[i]);
	for (unsigned i = 0; i < BEL_COUNT_OF(gone); i++)
		if (has_line(bel_writer_str(&writer), gone[i]))
			fail_msg("has: %s", gone[i]);
	close_scene(&scene);
}

static void answers_that_do_not_fit_are_refused(void **state)
{
	struct scene scene;
	bel_relay_call call;
	char buf[SDP_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(open_scene(&scene), BEL_OK);
	call = must_begin(&scene, "x", "a", "b");
	assert_int_equal(bel_relay_answer(&writer, scene.relay, call, BEL_RELAY_CALLEE,
					  bel_str_from(answer), NULL),
			 BEL_ERR_MISMATCH);
	assert_int_equal(put_offer(&writer, &scene, call), BEL_OK);
	assert_true(bel_relay_awaits(scene.relay, call, BEL_RELAY_CALLER));
	assert_int_equal(bel_relay_answer(&writer, scene.relay, call, BEL_RELAY_CALLER,
					  bel_str_from(answer), NULL),
			 BEL_ERR_MISMATCH);
	assert_int_equal(bel_relay_answer(&writer, scene.relay, call, BEL_RELAY_CALLEE,
					  BEL_STR("nonsense"), NULL),
			 BEL_ERR_SYNTAX);
	writer = bel_writer_init(buf, sizeof buf);
	assert_int_equal(bel_relay_answer(&writer, scene.relay, call, BEL_RELAY_CALLEE,
					  bel_str_from(answer), NULL),
			 BEL_OK);
	assert_false(bel_relay_awaits(scene.relay, call, BEL_RELAY_CALLER));
	/* What was refused holds no ports: those of the sound are two a side. */
	assert_int_equal(bel_relay_counters(scene.relay)->legs, 2);
	assert_int_equal(bel_relay_offer(&writer, scene.relay, call + 1, BEL_RELAY_CALLER,
					 bel_str_from(offer), NULL),
			 BEL_ERR_NOT_FOUND);
	close_scene(&scene);
}

static enum bel_err whole_call(void *user)
{
	struct scene *scene = user;
	char buf[SDP_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_relay_call call;
	enum bel_err err = open_scene(scene);

	if (!err)
		err = begin(&call, scene, "x", "a", "b");
	if (!err)
		bel_relay_ask(scene->relay, call, BEL_RELAY_CALLEE, BEL_RELAY_SDES);
	if (!err)
		err = put_offer(&writer, scene, call);
	bel_relay_call second;
	if (!err)
		err = begin(&second, scene, "y", "a", "b");
	if (!err) {
		writer = bel_writer_init(buf, sizeof buf);
		err = put_offer(&writer, scene, second);
	}
	if (!err) {
		writer = bel_writer_init(buf, sizeof buf);
		err = bel_relay_answer(&writer, scene->relay, second, BEL_RELAY_CALLEE,
				       bel_str_from(answer), NULL);
	}
	close_scene(scene);
	return err;
}

static void each_failing_allocation_is_an_error_and_leaves_nothing(void **state)
{
	struct scene *scene = malloc(sizeof *scene);

	(void)state;
	assert_non_null(scene);
	bel_test_each_allocation_fails(whole_call, scene);
	free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_found_by_their_names),
		cmocka_unit_test(thousands_of_calls_are_found_and_ended),
		cmocka_unit_test(without_a_port_there_is_no_offer_and_nothing_is_lost),
		cmocka_unit_test(only_the_way_is_written_anew),
		cmocka_unit_test(answers_that_do_not_fit_are_refused),
		cmocka_unit_test(each_failing_allocation_is_an_error_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
