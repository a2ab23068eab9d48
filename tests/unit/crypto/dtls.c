/* SPDX-License-Identifier: Apache-2.0
 * Two ends of DTLS over a network that loses, repeats and cuts up, and the keys that they
 * agree on. OpenSSL reads the time with gettimeofday, which stands still here but for
 * what the test moves it on. */
#include <sys/time.h>

#include "support/support.h"

#include "crypto/crypto.h"
#include "rtp/rtp.h"

enum { DATAGRAMS_MAX = 256, DATAGRAM_BYTES_MAX = 2048, PEM_BYTES = 4096 };
enum { RECORD_HEADER_BYTES = 13, MESSAGE_HEADER_BYTES = 12, NEVER = -1 };

static uint64_t now_us = 1700000000000000;

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	(void)zone;
	time->tv_sec = (time_t)(now_us / 1000000);
	time->tv_usec = (suseconds_t)(now_us % 1000000);
	return 0;
}

struct end {
	struct bel_dtls_context *context;
	struct bel_dtls *dtls;
	struct talk *talk;
	unsigned number;
	enum bel_err err; /* of the last step */
};

struct datagram {
	unsigned to;
	size_t len;
	char bytes[DATAGRAM_BYTES_MAX];
};

struct talk {
	struct end ends[2]; /* client, server */
	struct datagram queue[DATAGRAMS_MAX];
	unsigned first, count; /* of the queue; sent in all */
	int lost;              /* the number of the datagram that is lost */
	bool is_doubled;       /* each comes twice */
};

static void note_sent(void *user, bel_str bytes)
{
	struct end *end = user;
	struct talk *talk = end->talk;

	assert_true(talk->count < DATAGRAMS_MAX && bytes.len <= DATAGRAM_BYTES_MAX);
	struct datagram *datagram = &talk->queue[talk->count++];
	datagram->to = !end->number;
	datagram->len = bytes.len;
	memcpy(datagram->bytes, bytes.ptr, bytes.len);
}

static void open_end(struct talk *talk, unsigned number)
{
	const bel_str name = BEL_STR("belfry");
	char cert[PEM_BYTES], key[PEM_BYTES];
	struct bel_writer cert_writer = bel_writer_init(cert, sizeof cert);
	struct bel_writer key_writer = bel_writer_init(key, sizeof key);
	struct end *end = &talk->ends[number];

	assert_int_equal(bel_tls_self_signed(&cert_writer, &key_writer, &name, 1),
			 BEL_OK);
	end->talk = talk;
	end->number = number;
	end->err = BEL_ERR_AGAIN;
	assert_int_equal(bel_dtls_context_new(&end->context, bel_writer_str(&cert_writer),
					      bel_writer_str(&key_writer)),
			 BEL_OK);
	assert_int_equal(
		bel_dtls_open(&end->dtls, end->context, number == 0, note_sent, end),
		BEL_OK);
}

static void open_talk(struct talk *talk)
{
	memset(talk, 0, sizeof *talk);
	talk->lost = NEVER;
	open_end(talk, 0);
	open_end(talk, 1);
}

static void close_talk(struct talk *talk)
{
	for (unsigned i = 0; i < 2; i++) {
		bel_dtls_close(talk->ends[i].dtls);
		bel_dtls_context_unref(talk->ends[i].context);
	}
}

static void deliver(struct talk *talk)
{
	while (talk->first < talk->count) {
		unsigned number = talk->first++;
		const struct datagram *datagram = &talk->queue[number];
		struct end *to = &talk->ends[datagram->to];
		if ((int)number == talk->lost)
			continue;
		for (int turn = 0; turn <= talk->is_doubled; turn++) {
			bel_str exact = bel_test_exact(
				(bel_str){ datagram->bytes, datagram->len });
			to->err = bel_dtls_on_datagram(to->dtls, exact);
			free((void *)(uintptr_t)exact.ptr);
		}
	}
}

/* Until both are done, moving the clock to the next timer when all is quiet. The number
 * of timers that it took. */
static unsigned run(struct talk *talk)
{
	unsigned timers = 0;

	deliver(talk);
	while (talk->ends[0].err == BEL_ERR_AGAIN || talk->ends[1].err == BEL_ERR_AGAIN) {
		uint64_t least_us = UINT64_MAX, left_us;
		for (unsigned i = 0; i < 2; i++)
			if (!bel_dtls_timeout_us(&left_us, talk->ends[i].dtls) &&
			    left_us < least_us)
				least_us = left_us;
		assert_true(least_us < UINT64_MAX && timers < 20);
		now_us += least_us;
		timers++;
		for (unsigned i = 0; i < 2; i++)
			assert_true(bel_dtls_on_timer(talk->ends[i].dtls) != BEL_ERR_TLS);
		deliver(talk);
	}
	return timers;
}

static void verify(struct talk *talk)
{
	for (unsigned i = 0; i < 2; i++) {
		struct bel_dtls_fingerprint fingerprint;
		assert_int_equal(bel_dtls_fingerprint(&fingerprint,
						      talk->ends[!i].context,
						      BEL_STR("sha-256")),
				 BEL_OK);
		assert_int_equal(fingerprint.len, 32);
		assert_int_equal(bel_dtls_verify(talk->ends[i].dtls, BEL_STR("SHA-256"),
						 &fingerprint),
				 BEL_OK);
	}
}

static void assert_same_keys(struct talk *talk)
{
	struct bel_dtls_keys client, server;

	verify(talk);
	assert_int_equal(bel_dtls_keys(&client, talk->ends[0].dtls), BEL_OK);
	assert_int_equal(bel_dtls_keys(&server, talk->ends[1].dtls), BEL_OK);
	assert_int_equal(client.profile, BEL_DTLS_AEAD_AES_256_GCM);
	assert_int_equal(client.len, 44);
	assert_memory_equal(client.local, server.remote, client.len);
	assert_memory_equal(client.remote, server.local, client.len);
	assert_memory_not_equal(client.local, client.remote, client.len);
}

/* bel_test_story; user: a certificate and its key. */
static enum bel_err open_and_close(void *user)
{
	const bel_str *pair = user;
	struct bel_dtls_context *context = NULL;
	struct bel_dtls *dtls = NULL;
	enum bel_err err = bel_dtls_context_new(&context, pair[0], pair[1]);

	if (!err)
		err = bel_dtls_open(&dtls, context, true, note_sent, NULL);
	bel_dtls_close(dtls);
	bel_dtls_context_unref(context);
	return err;
}

static void opening_without_memory_leaves_nothing_behind(void **state)
{
	const bel_str name = BEL_STR("belfry");
	char cert[PEM_BYTES], key[PEM_BYTES];
	struct bel_writer cert_writer = bel_writer_init(cert, sizeof cert);
	struct bel_writer key_writer = bel_writer_init(key, sizeof key);

	(void)state;
	assert_int_equal(bel_tls_self_signed(&cert_writer, &key_writer, &name, 1),
			 BEL_OK);
	bel_str pair[] = { bel_writer_str(&cert_writer), bel_writer_str(&key_writer) };
	bel_test_each_allocation_fails(open_and_close, pair);
}

static void a_certificate_and_key_that_are_no_pair_are_refused(void **state)
{
	const bel_str name = BEL_STR("belfry");
	char certs[2][PEM_BYTES], keys[2][PEM_BYTES];
	struct bel_dtls_context *context = NULL;
	bel_str cert[2], key[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bel_writer cert_writer = bel_writer_init(certs[i], PEM_BYTES);
		struct bel_writer key_writer = bel_writer_init(keys[i], PEM_BYTES);
		assert_int_equal(bel_tls_self_signed(&cert_writer, &key_writer, &name, 1),
				 BEL_OK);
		cert[i] = bel_writer_str(&cert_writer);
		key[i] = bel_writer_str(&key_writer);
	}
	assert_int_equal(bel_dtls_context_new(&context, cert[0], key[1]),
			 BEL_ERR_MISMATCH);
	assert_int_equal(bel_dtls_context_new(&context, key[0], key[0]), BEL_ERR_SYNTAX);
	assert_null(context);
}

static void both_ends_have_the_same_keys(void **state)
{
	static struct talk talk;

	(void)state;
	open_talk(&talk);
	assert_int_equal(bel_dtls_start(talk.ends[0].dtls), BEL_ERR_AGAIN);
	assert_int_equal(run(&talk), 0);
	for (unsigned i = 0; i < talk.count; i++)
		assert_true(talk.queue[i].len <= 1200);
	assert_same_keys(&talk);
	close_talk(&talk);
}

static void keys_wait_for_the_fingerprint(void **state)
{
	static struct talk talk;
	struct bel_dtls_fingerprint wrong = { .len = 32 };
	struct bel_dtls_keys keys;

	(void)state;
	open_talk(&talk);
	assert_int_equal(bel_dtls_keys(&keys, talk.ends[0].dtls), BEL_ERR_AGAIN);
	assert_int_equal(bel_dtls_verify(talk.ends[0].dtls, BEL_STR("sha-256"), &wrong),
			 BEL_ERR_AGAIN);
	bel_dtls_start(talk.ends[0].dtls);
	run(&talk);
	assert_int_equal(bel_dtls_keys(&keys, talk.ends[0].dtls), BEL_ERR_DENIED);
	assert_int_equal(bel_dtls_verify(talk.ends[0].dtls, BEL_STR("sha-256"), &wrong),
			 BEL_ERR_MISMATCH);
	assert_int_equal(bel_dtls_verify(talk.ends[0].dtls, BEL_STR("md5"), &wrong),
			 BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_dtls_keys(&keys, talk.ends[0].dtls), BEL_ERR_DENIED);
	verify(&talk);
	assert_int_equal(bel_dtls_keys(&keys, talk.ends[0].dtls), BEL_OK);
	close_talk(&talk);
}

static void any_lost_datagram_is_made_up_for(void **state)
{
	static struct talk talk;
	unsigned sent = 1;

	(void)state;
	for (int lost = 0; lost < (int)sent; lost++) {
		open_talk(&talk);
		talk.lost = lost;
		bel_dtls_start(talk.ends[0].dtls);
		assert_true(run(&talk) >= 1);
		assert_same_keys(&talk);
		close_talk(&talk);
		if (lost == 0) {
			/* How many there are when none is lost. */
			open_talk(&talk);
			bel_dtls_start(talk.ends[0].dtls);
			run(&talk);
			sent = talk.count;
			close_talk(&talk);
		}
	}
	assert_true(sent >= 4);
}

static void what_comes_twice_does_no_harm(void **state)
{
	static struct talk talk;

	(void)state;
	open_talk(&talk);
	talk.is_doubled = true;
	bel_dtls_start(talk.ends[0].dtls);
	run(&talk);
	assert_same_keys(&talk);
	close_talk(&talk);
}

static void put_24(char *at, size_t value)
{
	at[0] = (char)(value >> 16);
	at[1] = (char)(value >> 8);
	at[2] = (char)value;
}

/* A piece of a message of one record, in a record of its own (RFC 6347 section 4.2.3). */
static bel_str cut(char *buf, const struct datagram *whole, size_t from, size_t to,
		   unsigned number)
{
	const char *body = whole->bytes + RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES;
	size_t len = MESSAGE_HEADER_BYTES + (to - from);

	memcpy(buf, whole->bytes, RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES);
	buf[10] = (char)(0x40 + number); /* the record's own sequence number */
	buf[11] = (char)(len >> 8);
	buf[12] = (char)len;
	put_24(buf + RECORD_HEADER_BYTES + 6, from);
	put_24(buf + RECORD_HEADER_BYTES + 9, to - from);
	memcpy(buf + RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES, body + from, to - from);
	return (bel_str){ buf, RECORD_HEADER_BYTES + len };
}

static void a_first_flight_in_pieces_of_any_order_is_understood(void **state)
{
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static struct talk talk;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(orders); i++) {
		open_talk(&talk);
		bel_dtls_start(talk.ends[0].dtls);
		assert_int_equal(talk.count, 1);
		const struct datagram *hello = &talk.queue[talk.first++];
		size_t len = hello->len - RECORD_HEADER_BYTES - MESSAGE_HEADER_BYTES;
		for (unsigned n = 0; n < 3; n++) {
			char buf[DATAGRAM_BYTES_MAX];
			unsigned piece = orders[i][n];
			bel_str bytes = cut(buf, hello, len * piece / 3,
					    len * (piece + 1) / 3, n);
			assert_int_equal(talk.count, 1);
			bel_dtls_on_datagram(talk.ends[1].dtls, bytes);
		}
		assert_true(talk.count > 1);
		run(&talk);
		assert_same_keys(&talk);
		close_talk(&talk);
	}
}

static void what_is_no_dtls_is_passed_over(void **state)
{
	static struct talk talk;
	char noise[100];

	(void)state;
	open_talk(&talk);
	bel_dtls_start(talk.ends[0].dtls);
	for (unsigned i = 0; i < 256; i++) {
		memset(noise, (int)i, sizeof noise);
		for (unsigned end = 0; end < 2; end++)
			assert_int_equal(
				bel_dtls_on_datagram(talk.ends[end].dtls,
						     (bel_str){ noise, sizeof noise }),
				BEL_ERR_AGAIN);
	}
	run(&talk);
	assert_same_keys(&talk);
	close_talk(&talk);
}

static void nobody_there_is_told_after_a_dozen_tries(void **state)
{
	static struct talk talk;
	enum bel_err err;
	unsigned tries = 0;
	uint64_t left_us = 0;

	(void)state;
	open_talk(&talk);
	err = bel_dtls_start(talk.ends[0].dtls);
	while (err == BEL_ERR_AGAIN && tries < 50) {
		assert_int_equal(bel_dtls_timeout_us(&left_us, talk.ends[0].dtls),
				 BEL_OK);
		if (!tries)
			assert_int_equal(left_us, 250000);
		now_us += left_us;
		err = bel_dtls_on_timer(talk.ends[0].dtls);
		tries++;
	}
	assert_int_equal(err, BEL_ERR_TLS);
	assert_in_range(tries, 10, 14);
	assert_int_equal(bel_dtls_timeout_us(&left_us, talk.ends[0].dtls),
			 BEL_ERR_NOT_FOUND);
	close_talk(&talk);
}

static void the_keys_are_those_of_srtp(void **state)
{
	static struct talk talk;
	struct bel_srtp *srtp[2];
	char packet[64] = "\x80\0\0\1\0\0\0\0\0\0\0\7hello";
	size_t len = 17;

	(void)state;
	open_talk(&talk);
	bel_dtls_start(talk.ends[0].dtls);
	run(&talk);
	verify(&talk);
	for (unsigned i = 0; i < 2; i++) {
		struct bel_dtls_keys keys;
		struct bel_srtp_opts opts = { 0 };
		assert_int_equal(bel_dtls_keys(&keys, talk.ends[i].dtls), BEL_OK);
		assert_int_equal(bel_srtp_suite_of_profile(&opts.suite, keys.profile),
				 BEL_OK);
		opts.key = (bel_str){ (const char *)(i ? keys.remote : keys.local),
				      keys.len };
		assert_int_equal(bel_srtp_open(&srtp[i], &opts), BEL_OK);
	}
	assert_int_equal(bel_srtp_protect(srtp[0], packet, &len, sizeof packet), BEL_OK);
	assert_int_equal(bel_srtp_unprotect(srtp[1], packet, &len), BEL_OK);
	assert_memory_equal(packet + 12, "hello", 5);
	bel_srtp_close(srtp[0]);
	bel_srtp_close(srtp[1]);
	close_talk(&talk);
}

static void a_context_can_make_its_own_certificate(void **state)
{
	struct bel_dtls_fingerprint digests[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bel_dtls_context *context;
		assert_int_equal(bel_dtls_context_self_signed(&context), BEL_OK);
		assert_int_equal(
			bel_dtls_fingerprint(&digests[i], context, BEL_STR("sha-256")),
			BEL_OK);
		bel_dtls_context_unref(context);
	}
	/* No two are alike. */
	assert_memory_not_equal(digests[0].bytes, digests[1].bytes, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_context_can_make_its_own_certificate),
		cmocka_unit_test(opening_without_memory_leaves_nothing_behind),
		cmocka_unit_test(a_certificate_and_key_that_are_no_pair_are_refused),
		cmocka_unit_test(both_ends_have_the_same_keys),
		cmocka_unit_test(keys_wait_for_the_fingerprint),
		cmocka_unit_test(any_lost_datagram_is_made_up_for),
		cmocka_unit_test(what_comes_twice_does_no_harm),
		cmocka_unit_test(a_first_flight_in_pieces_of_any_order_is_understood),
		cmocka_unit_test(what_is_no_dtls_is_passed_over),
		cmocka_unit_test(nobody_there_is_told_after_a_dozen_tries),
		cmocka_unit_test(the_keys_are_those_of_srtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
