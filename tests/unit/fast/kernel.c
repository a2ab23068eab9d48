/* SPDX-License-Identifier: Apache-2.0
 * Packets that the kernel carries, in a network namespace of this test's own: what is
 * taken, what goes on to the socket, and what is counted. */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

#include "fast/fast.h"

enum {
	CLOCK_HZ = 8000,
	PAYLOAD = 20,
	PACKET_BYTES = 12 + PAYLOAD,
	LEFT_LEN = 40, /* processes that did not clear up; more than fit */
};

static struct bel_fast_opts opts; /* all tests run with links, then with filters */

/* Two phones and the two ports of the relay between them. */
enum { PHONE, OURS, OTHER, PEER, SOCKETS };
struct call {
	int fds[SOCKETS];
	bel_addr addrs[SOCKETS];
	struct bel_fast *fast;
};

static void open_socket(struct call *call, unsigned which, int family)
{
	struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
	socklen_t len = sizeof any;
	int fd = socket(family, SOCK_DGRAM, 0);

	if (family == AF_INET)
		((struct sockaddr_in *)&any)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&any)->sin6_addr = in6addr_loopback;
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
	call->fds[which] = fd;
	call->addrs[which] = bel_addr_from_sockaddr(&any);
}

static void begin(struct call *call, int family)
{
	for (unsigned i = 0; i < SOCKETS; i++)
		open_socket(call, i, family);
	assert_int_equal(bel_fast_open(&call->fast, &opts), BEL_OK);
}

static void end(struct call *call)
{
	bel_fast_close(call->fast);
	for (unsigned i = 0; i < SOCKETS; i++)
		close(call->fds[i]);
}

static struct bel_fast_way way_of(const struct call *call)
{
	return (struct bel_fast_way){
		.local = call->addrs[OURS],
		.from = call->addrs[PHONE],
		.outer = call->addrs[OTHER],
		.to = call->addrs[PEER],
		.clock_hz = CLOCK_HZ,
		.payloads = { 1 }, /* 0, PCMU */
	};
}

static void lay(struct call *call)
{
	struct bel_fast_way way = way_of(call);

	assert_int_equal(bel_fast_lay(call->fast, &way, NULL), BEL_OK);
}

struct bytes {
	uint8_t at[2048];
	size_t len;
};

static struct bytes rtp(uint16_t seq, uint32_t timestamp, uint32_t ssrc)
{
	struct bytes packet = { .at = { 0x80, 0, (uint8_t)(seq >> 8), (uint8_t)seq },
				.len = PACKET_BYTES };

	timestamp = htonl(timestamp);
	ssrc = htonl(ssrc);
	memcpy(packet.at + 4, &timestamp, 4);
	memcpy(packet.at + 8, &ssrc, 4);
	memset(packet.at + 12, 0x55, PAYLOAD);
	return packet;
}

static void send_from(const struct call *call, unsigned which, const struct bytes *packet)
{
	struct sockaddr_storage to;
	socklen_t len = bel_addr_to_sockaddr(&to, &call->addrs[OURS]);

	assert_int_equal(sendto(call->fds[which], packet->at, packet->len, 0,
				(struct sockaddr *)&to, len),
			 packet->len);
}

static bool has_come(const struct call *call, unsigned which, struct bytes *out,
		     bel_addr *from)
{
	struct sockaddr_storage source;
	socklen_t len = sizeof source;
	ssize_t got = recvfrom(call->fds[which], out->at, sizeof out->at, MSG_DONTWAIT,
			       (struct sockaddr *)&source, &len);

	if (got < 0)
		return false;
	out->len = (size_t)got;
	*from = bel_addr_from_sockaddr(&source);
	return true;
}

/* What is sent over the loopback interface has arrived when it was sent. */
static void expect(const struct call *call, const struct bytes *packet, unsigned at,
		   unsigned as)
{
	struct bytes got;
	bel_addr from;

	for (unsigned i = OURS; i < SOCKETS; i++) {
		if (i != at) {
			assert_false(has_come(call, i, &got, &from));
			continue;
		}
		assert_true(has_come(call, i, &got, &from));
		assert_int_equal(got.len, packet->len);
		assert_memory_equal(got.at, packet->at, packet->len);
		assert_true(bel_addr_is_equal(&from, &call->addrs[as]));
	}
}

static void is_carried(const struct call *call, const struct bytes *packet)
{
	send_from(call, PHONE, packet);
	expect(call, packet, PEER, OTHER);
}

static void goes_to_the_socket(const struct call *call, const struct bytes *packet)
{
	send_from(call, PHONE, packet);
	expect(call, packet, OURS, PHONE);
}

/* By how many more routers what the phone sends may go. */
static void set_hops(const struct call *call, int family, int hops)
{
	bool is_v6 = family == AF_INET6;

	assert_int_equal(setsockopt(call->fds[PHONE], is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				    is_v6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops,
				    sizeof hops),
			 0);
}

/* ---- what is carried ---- */

static void a_packet_leaves_as_the_other_side_s(int family)
{
	struct bel_fast_figures figures;
	struct call call;
	struct bytes packet = rtp(7, 160, 1);

	begin(&call, family);
	goes_to_the_socket(&call, &packet);
	lay(&call);
	for (uint16_t seq = 8; seq < 12; seq++) {
		packet = rtp(seq, seq * 160u, 1);
		is_carried(&call, &packet);
	}
	assert_true(bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
	assert_int_equal(figures.packets, 4);
	assert_int_equal(figures.bytes, 4 * PACKET_BYTES);
	assert_true(figures.last_us > 0);
	assert_int_equal(figures.source.ssrc, 1);
	assert_true(bel_fast_take_back(&figures, call.fast, &call.addrs[OURS]));
	assert_int_equal(figures.packets, 4);
	goes_to_the_socket(&call, &packet);
	assert_false(bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
	assert_false(bel_fast_take_back(&figures, call.fast, &call.addrs[OURS]));
	end(&call);
}

static void by_ipv4(void **state)
{
	(void)state;
	a_packet_leaves_as_the_other_side_s(AF_INET);
}

static void by_ipv6(void **state)
{
	(void)state;
	a_packet_leaves_as_the_other_side_s(AF_INET6);
}

/* Each is the first bytes of a packet that is as long as it says. */
static const struct {
	uint8_t first, second;
	bool has_long_extension;
	size_t len; /* 0: as others */
} unusual[] = {
	{ .first = 0x80, .second = 200 },              /* a sender report */
	{ .first = 0x80, .second = 207 },              /* XR */
	{ .first = 0x00, .second = 1 },                /* STUN */
	{ .first = 22, .second = 254 },                /* DTLS */
	{ .first = 0x40 },                             /* a ChannelData message */
	{ .first = 0xa0 },                             /* padding */
	{ .first = 0x81 },                             /* a contributor */
	{ .first = 0x90, .has_long_extension = true }, /* past the packet's end */
	{ .first = 0x90, .len = 14 },                  /* cut off within it */
	{ .first = 0x80, .len = 11 },                  /* shorter than a header */
	{ .first = 0x80, .len = 1300 },                /* longer than fits anywhere */
};

static void what_is_unusual_goes_to_the_socket(void **state)
{
	struct bel_fast_figures figures;
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	lay(&call);
	for (size_t i = 0; i < BEL_COUNT_OF(unusual); i++) {
		struct bytes packet = rtp(1, 160, 1);
		packet.at[0] = unusual[i].first;
		packet.at[1] = unusual[i].second;
		packet.at[14] = 0;
		packet.at[15] = unusual[i].has_long_extension ? 5 : 4;
		if (unusual[i].len)
			packet.len = unusual[i].len;
		goes_to_the_socket(&call, &packet);
	}
	assert_true(bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
	assert_int_equal(figures.packets, 0);
	assert_false(figures.has_source);
	end(&call);
}

static void an_extension_that_fits_is_carried(void **state)
{
	struct bytes packet = rtp(1, 160, 1);
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	lay(&call);
	packet.at[0] = 0x90;
	packet.at[14] = 0;
	packet.at[15] = 4; /* words: all that is behind it */
	is_carried(&call, &packet);
	end(&call);
}

/* What goes in circles, from one relay to another and back, ends as it does in routers.
 */
static void each_time_is_a_hop(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(families); i++) {
		struct call call;
		struct bytes packet = rtp(1, 160, 1);

		begin(&call, families[i]);
		lay(&call);
		set_hops(&call, families[i], 2);
		is_carried(&call, &packet);
		set_hops(&call, families[i], 1);
		goes_to_the_socket(&call, &packet);
		end(&call);
	}
}

static void a_stranger_goes_to_the_socket(void **state)
{
	struct bytes packet = rtp(1, 160, 1), got;
	struct call call;
	bel_addr from;

	(void)state;
	begin(&call, AF_INET);
	lay(&call);
	send_from(&call, PEER, &packet);
	assert_false(has_come(&call, PEER, &got, &from));
	assert_true(has_come(&call, OURS, &got, &from));
	assert_true(bel_addr_is_equal(&from, &call.addrs[PEER]));
	end(&call);
}

/* Two seconds without a word of ours. */
static void a_process_that_hangs_is_not_waited_for(void **state)
{
	struct bytes packet = rtp(1, 160, 1);
	struct bel_fast_figures figures;
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	lay(&call);
	is_carried(&call, &packet);
	usleep(2100 * 1000);
	goes_to_the_socket(&call, &packet);
	assert_true(bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
	is_carried(&call, &packet);
	end(&call);
}

/* ---- what is counted ---- */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Lost ones, repeated ones, late ones, leaps, another source: as in source.c. */
static void it_is_counted_as_by_ourselves(void **state)
{
	struct bel_rtp_source source;
	struct bel_fast_figures figures;
	uint32_t seed = 4711, ssrc = 1, strange = 0;
	uint16_t seq = 65000;
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	lay(&call);
	for (unsigned i = 0; i < 3000; i++) {
		static const int16_t steps[16] = { 1, 1, 1, 1, 1, 1, 1,  1,
						   1, 1, 1, 2, 5, 0, -3, 1 };
		uint32_t chance = next(&seed);
		seq = (uint16_t)(seq + steps[chance & 15]);
		seq = (uint16_t)(seq + (chance % 500 == 7 ? 9000 : 0));
		ssrc += chance % 700 == 3;
		struct bytes packet = rtp(seq, seq * 160u, ssrc);
		struct bel_rtp_packet own = { .seq = seq,
					      .ssrc = ssrc,
					      .timestamp = seq * 160u };
		packet.at[1] = chance % 9 ? 0 : 101;
		strange += chance % 9 == 0;
		if (i % 100 == 0)
			assert_true(
				bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
		is_carried(&call, &packet);
		if (!i || source.ssrc != ssrc)
			bel_rtp_source_init(&source, ssrc, CLOCK_HZ, seq);
		bel_rtp_source_on_packet(&source, &own, 1);
	}
	assert_true(bel_fast_take_back(&figures, call.fast, &call.addrs[OURS]));
	assert_int_equal(figures.packets, 3000);
	assert_int_equal(figures.strange_payloads, strange);
	assert_int_equal(figures.source.ssrc, source.ssrc);
	assert_int_equal(figures.source.received, source.received);
	assert_int_equal(figures.source.cycles, source.cycles);
	assert_int_equal(figures.source.base_seq, source.base_seq);
	assert_int_equal(figures.source.highest_seq, source.highest_seq);
	assert_int_equal(figures.source.bad_seq, source.bad_seq);
	assert_int_equal(bel_rtp_source_lost(&figures.source),
			 bel_rtp_source_lost(&source));
	end(&call);
}

static void it_is_counted_on_from_what_was_known(void **state)
{
	struct bel_fast_figures figures;
	struct bel_rtp_source source;
	struct bel_fast_way way;
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	way = way_of(&call);
	bel_rtp_source_init(&source, 9, CLOCK_HZ, 10);
	for (uint16_t seq = 10; seq < 20; seq++) {
		struct bel_rtp_packet own = { .seq = seq, .ssrc = 9 };
		bel_rtp_source_on_packet(&source, &own, 1);
	}
	assert_int_equal(bel_fast_lay(call.fast, &way, &source), BEL_OK);
	for (uint16_t seq = 22; seq < 25; seq++) { /* two are lost */
		struct bytes packet = rtp(seq, seq * 160u, 9);
		is_carried(&call, &packet);
	}
	assert_true(bel_fast_read(&figures, call.fast, &call.addrs[OURS]));
	assert_int_equal(figures.packets, 3);
	assert_int_equal(figures.source.received, source.received + 3);
	assert_int_equal(bel_rtp_source_lost(&figures.source), 2);
	end(&call);
}

/* ---- several processes ---- */

static void two_share_an_interface(void **state)
{
	struct bytes packet = rtp(1, 160, 1);
	struct call one, two;

	(void)state;
	begin(&one, AF_INET);
	begin(&two, AF_INET);
	lay(&one);
	lay(&two);
	is_carried(&one, &packet);
	is_carried(&two, &packet);
	end(&one);
	is_carried(&two, &packet);
	end(&two);
}

static void what_others_left_is_cleared(void **state)
{
	struct bytes packet = rtp(1, 160, 1);
	struct call call;

	(void)state;
	for (unsigned i = 0; i < LEFT_LEN; i++) {
		struct bel_fast *left;
		int status;
		pid_t pid = fork();
		if (!pid)
			_exit(bel_fast_open(&left, &opts) ? 1 : 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	}
	begin(&call, AF_INET);
	lay(&call);
	is_carried(&call, &packet);
	end(&call);
}

static void who_may_not_is_told(void **state)
{
	struct bel_fast *fast;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(bel_fast_open(&fast, &opts) == BEL_ERR_DENIED ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_way_that_leads_nowhere_is_refused(void **state)
{
	struct bel_fast_way way;
	struct call call;

	(void)state;
	begin(&call, AF_INET);
	way = way_of(&call);
	way.to = bel_addr_v4(198, 51, 100, 7, 4000); /* no route here */
	assert_int_equal(bel_fast_lay(call.fast, &way, NULL), BEL_ERR_UNSUPPORTED);
	way.to.family = 6;
	assert_int_equal(bel_fast_lay(call.fast, &way, NULL), BEL_ERR_UNSUPPORTED);
	end(&call);
}

/* ---- a network of our own ---- */

static bool bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool is_up = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &request);

	if (fd >= 0)
		close(fd);
	return is_up;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_ipv4),
		cmocka_unit_test(by_ipv6),
		cmocka_unit_test(what_is_unusual_goes_to_the_socket),
		cmocka_unit_test(an_extension_that_fits_is_carried),
		cmocka_unit_test(each_time_is_a_hop),
		cmocka_unit_test(a_stranger_goes_to_the_socket),
		cmocka_unit_test(a_process_that_hangs_is_not_waited_for),
		cmocka_unit_test(it_is_counted_as_by_ourselves),
		cmocka_unit_test(it_is_counted_on_from_what_was_known),
		cmocka_unit_test(two_share_an_interface),
		cmocka_unit_test(what_others_left_is_cleared),
		cmocka_unit_test(who_may_not_is_told),
		cmocka_unit_test(a_way_that_leads_nowhere_is_refused),
	};
	struct bel_fast *fast;
	enum bel_err err;

	if (unshare(CLONE_NEWNET) || !bring_up_loopback()) {
		fprintf(stderr, "left out: no network namespace of our own\n");
		return 77;
	}
	err = bel_fast_open(&fast, &opts);
	if (err == BEL_ERR_UNSUPPORTED || err == BEL_ERR_DENIED) {
		fprintf(stderr, "left out: %s\n", bel_err_text(err));
		return 77;
	}
	if (!err)
		bel_fast_close(fast);
	if (cmocka_run_group_tests_name("links", tests, NULL, NULL))
		return 1;
	opts.is_filter = true;
	return cmocka_run_group_tests_name("filters", tests, NULL, NULL);
}
