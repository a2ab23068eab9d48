/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
/* Needs struct timespec. */
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/epoll_int.h"

enum {
	OUT_BYTES = 64 << 10,
	OUTBOXES_MAX = 64, /* of a loop: 4 MiB */
	ERRORS_PER_TURN = 32,
	AGE_US_MAX = 10000000,
};

/* One datagram that waits for the end of the turn. */
struct parcel {
	bel_addr peer, from;
	size_t offset, len;
};

struct bel_udp_outbox {
	struct bel_udp_outbox *next;
	unsigned count; /* parcels that wait */
	size_t used;
	struct parcel parcels[BEL_UDP_BATCH];
	char bytes[OUT_BYTES];
};

struct epoll_udp {
	struct bel_udp base;
	struct bel_poll poll;
	struct bel_unsent unsent;
	bool is_wildcard;
	uint32_t lost; /* datagrams that the kernel had no room for, at the last look */
	struct bel_udp_outbox *outbox; /* NULL: nothing waits */
};

static struct epoll_udp *udp_of(struct bel_udp *udp)
{
	return BEL_CONTAINER_OF(udp, struct epoll_udp, base);
}

static void prepare(struct bel_udp_intake *intake, bool is_wildcard)
{
	for (unsigned i = 0; i < BEL_UDP_BATCH; i++) {
		intake->vectors[i] = (struct iovec){ intake->buf[i],
						     sizeof intake->buf[i] };
		intake->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &intake->peers[i],
			.msg_namelen = sizeof intake->peers[i],
			.msg_iov = &intake->vectors[i],
			.msg_iovlen = 1,
			.msg_control = is_wildcard ? intake->controls[i] : NULL,
			.msg_controllen = is_wildcard ? CONTROL_BYTES : 0,
		};
	}
}

/* How long ago the datagram that was read last arrived. The first time it is asked makes
 * the kernel keep that; a clock that was set meanwhile is of no use. */
static uint64_t age_us(int fd)
{
	struct timespec stamp, now;
	int64_t age;

	if (ioctl(fd, SIOCGSTAMPNS, &stamp))
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	age = (now.tv_sec - stamp.tv_sec) * 1000000 +
	      (now.tv_nsec - stamp.tv_nsec) / 1000;
	return age < 0 || age > AGE_US_MAX ? 0 : (uint64_t)age;
}

static bool has_lost_more(struct epoll_udp *udp)
{
	uint32_t figures[SK_MEMINFO_VARS];
	socklen_t len = sizeof figures;
	uint32_t before = udp->lost;

	if (getsockopt(udp->poll.fd, SOL_SOCKET, SO_MEMINFO, figures, &len) ||
	    len <= SK_MEMINFO_DROPS * sizeof figures[0])
		return false;
	udp->lost = figures[SK_MEMINFO_DROPS];
	return udp->lost != before;
}

/* Asked only when more may wait than was read: else nothing is late. */
static void look_at_lag(struct epoll_udp *udp)
{
	struct bel_loop *loop = udp->base.loop;
	uint64_t lag_us = age_us(udp->poll.fd);

	if (has_lost_more(udp) && lag_us < BEL_LOOP_LAG_LOST_US)
		lag_us = BEL_LOOP_LAG_LOST_US;
	if (lag_us > loop->lag_us)
		loop->lag_us = lag_us;
}

/* Takes what is there, at most one batch a turn: other sockets have their turn too. */
static void receive(struct epoll_udp *udp)
{
	struct bel_udp_intake *intake = bel_epoll_of(udp->base.loop)->intake;
	unsigned count = 0;
	int got;

	prepare(intake, udp->is_wildcard);
	got = recvmmsg(udp->poll.fd, intake->headers, BEL_UDP_BATCH, 0, NULL);
	for (int i = 0; i < got; i++) {
		struct mmsghdr *header = &intake->headers[i];
		if (header->msg_len > BEL_DATAGRAM_BYTES)
			continue;
		intake->datagrams[count++] = (struct bel_datagram){
			.peer = bel_addr_from_sockaddr(&intake->peers[i]),
			.local = udp->is_wildcard
					 ? bel_socket_arrived_at(&udp->base.local,
								 &header->msg_hdr)
					 : udp->base.local,
			.buf = intake->buf[i],
			.len = header->msg_len,
		};
	}
	if (got == BEL_UDP_BATCH)
		look_at_lag(udp);
	if (count)
		udp->base.opts.on_datagrams(udp->base.opts.user, &udp->base,
					    intake->datagrams, count);
}

/* What ICMP said, or our own machine in its place: a datagram that is not to be cut up
 * may be too long for the first link already. */
static void tell_icmp(struct epoll_udp *udp, const bel_addr *peer,
		      const struct sock_extended_err *said)
{
	bool is_four = peer->family == 4;
	uint8_t type = said->ee_type, code = said->ee_code;

	if (said->ee_origin == SO_EE_ORIGIN_LOCAL && said->ee_errno == EMSGSIZE) {
		/* RFC 792: fragmentation needed; RFC 4443 section 3.2: packet too big. */
		type = is_four ? 3 : 2;
		code = is_four ? 4 : 0;
	} else if (said->ee_origin != SO_EE_ORIGIN_ICMP &&
		   said->ee_origin != SO_EE_ORIGIN_ICMP6) {
		return;
	}
	if (udp->base.opts.on_icmp)
		udp->base.opts.on_icmp(udp->base.opts.user, &udp->base, peer, type, code,
				       said->ee_errno == EMSGSIZE ? said->ee_info : 0);
}

static void take_error(struct epoll_udp *udp, const bel_addr *peer,
		       const struct sock_extended_err *said)
{
	if (said->ee_errno && said->ee_errno != EMSGSIZE && udp->base.opts.on_unreachable)
		udp->base.opts.on_unreachable(udp->base.opts.user, &udp->base, peer,
					      bel_err_from_errno((int)said->ee_errno));
	if (!udp->poll.is_dead)
		tell_icmp(udp, peer, said);
}

/* What the kernel kept about datagrams that came to nothing. */
static void receive_errors(struct epoll_udp *udp)
{
	for (unsigned i = 0; i < ERRORS_PER_TURN && !udp->poll.is_dead; i++) {
		struct sockaddr_storage name;
		_Alignas(8) char control[512];
		char byte;
		struct iovec vector = { &byte, 1 };
		struct msghdr header = { .msg_name = &name,
					 .msg_namelen = sizeof name,
					 .msg_iov = &vector,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof control };
		struct sock_extended_err said = { .ee_errno = 0 };
		if (recvmsg(udp->poll.fd, &header, MSG_ERRQUEUE) < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c;
		     c = CMSG_NXTHDR(&header, c))
			if (c->cmsg_type == IP_RECVERR || c->cmsg_type == IPV6_RECVERR)
				memcpy(&said, CMSG_DATA(c), sizeof said);
		bel_addr peer = bel_addr_from_sockaddr(&name);
		take_error(udp, &peer, &said);
	}
}

static void on_event(struct bel_poll *poll, uint32_t events)
{
	struct epoll_udp *udp = BEL_CONTAINER_OF(poll, struct epoll_udp, poll);

	if (events & EPOLLERR)
		receive_errors(udp);
	if (events & EPOLLIN && !poll->is_dead)
		receive(udp);
}

/* One that the loop has to spare; NULL when it has lent all that it may have. */
static struct bel_udp_outbox *take_outbox(struct bel_epoll_loop *loop)
{
	struct bel_udp_outbox *outbox = loop->outboxes;

	if (outbox) {
		loop->outboxes = outbox->next;
	} else if (loop->outboxes_count < OUTBOXES_MAX) {
		outbox = malloc(sizeof *outbox);
		if (!outbox)
			return NULL;
		loop->outboxes_count++;
	}
	if (outbox)
		outbox->count = 0, outbox->used = 0;
	return outbox;
}

void bel_udp_outboxes_free(struct bel_epoll_loop *loop)
{
	while (loop->outboxes) {
		struct bel_udp_outbox *next = loop->outboxes->next;
		free(loop->outboxes);
		loop->outboxes = next;
	}
}

static void send_parcels(struct epoll_udp *udp, struct bel_udp_outbox *outbox)
{
	struct mmsghdr headers[BEL_UDP_BATCH];
	struct bel_outgoing outgoing[BEL_UDP_BATCH];

	for (unsigned i = 0; i < outbox->count; i++) {
		struct parcel *parcel = &outbox->parcels[i];
		bel_outgoing_set(
			&outgoing[i], &parcel->peer,
			udp->is_wildcard ? &parcel->from : NULL,
			(bel_str){ outbox->bytes + parcel->offset, parcel->len });
		headers[i] = (struct mmsghdr){ .msg_hdr = outgoing[i].header };
	}
	bel_socket_send_batch(udp->poll.fd, headers, outbox->count);
	outbox->count = 0;
	outbox->used = 0;
}

static void flush(struct bel_unsent *unsent)
{
	struct epoll_udp *udp = BEL_CONTAINER_OF(unsent, struct epoll_udp, unsent);
	struct bel_epoll_loop *loop = bel_epoll_of(udp->base.loop);
	struct bel_udp_outbox *outbox = udp->outbox;

	if (!outbox)
		return;
	send_parcels(udp, outbox);
	outbox->next = loop->outboxes;
	loop->outboxes = outbox;
	udp->outbox = NULL;
}

enum bel_err bel_epoll_udp_send(struct bel_udp *base, const bel_addr *peer,
				const bel_addr *from, bel_str bytes)
{
	struct epoll_udp *udp = udp_of(base);
	struct bel_udp_outbox *outbox;

	if (base->is_in_ring)
		return bel_epoll_of(base->loop)->many->udp_send(base, peer, from, bytes);
	if (peer->family != base->local.family)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (!udp->outbox)
		udp->outbox = take_outbox(bel_epoll_of(base->loop));
	outbox = udp->outbox;
	/* Nothing of this socket waits, so the order stays. */
	if (!outbox) {
		bel_socket_send(udp->poll.fd, peer, udp->is_wildcard ? from : NULL,
				bytes);
		return BEL_OK;
	}
	if (outbox->count == BEL_UDP_BATCH || OUT_BYTES - outbox->used < bytes.len)
		send_parcels(udp, outbox);
	outbox->parcels[outbox->count++] = (struct parcel){
		.peer = *peer,
		.from = from ? *from : (bel_addr){ .family = 0 },
		.offset = outbox->used,
		.len = bytes.len,
	};
	if (bytes.len)
		memcpy(outbox->bytes + outbox->used, bytes.ptr, bytes.len);
	outbox->used += bytes.len;
	bel_unsent_put(bel_epoll_of(base->loop), &udp->unsent);
	return BEL_OK;
}

enum bel_err bel_epoll_udp_send_whole(struct bel_udp *base, const bel_addr *peer,
				      bel_str bytes)
{
	struct epoll_udp *udp = udp_of(base);

	if (base->is_in_ring)
		return bel_epoll_of(base->loop)->many->udp_send_whole(base, peer, bytes);
	/* What was to be sent before goes before. */
	bel_list_remove(&udp->unsent.node);
	flush(&udp->unsent);
	return bel_socket_send_whole(udp->poll.fd, base, peer, bytes);
}

enum bel_err bel_epoll_udp_open(struct bel_udp **out, struct bel_loop *loop,
				const struct bel_udp_opts *opts)
{
	const struct bel_many *many = bel_epoll_of(loop)->many;
	struct epoll_udp *udp;
	enum bel_err err;
	int fd = -1;

	if (many && opts->is_one_of_many)
		return many->udp_open(out, loop, opts);
	udp = calloc(1, sizeof *udp);
	if (!udp)
		return bel_err_from_errno(ENOMEM);
	udp->base = (struct bel_udp){ .loop = loop, .opts = *opts, .local = opts->local };
	udp->is_wildcard = bel_addr_range(&opts->local) == BEL_ADDR_UNSPECIFIED;
	err = bel_socket_open_udp(&fd, &udp->base.local, opts);
	if (err)
		goto fail;
	bel_list_init(&udp->unsent.node);
	udp->unsent.flush = flush;
	udp->poll = (struct bel_poll){
		.fd = fd, .events = EPOLLIN, .on_event = on_event, .object = udp
	};
	err = bel_poll_start(bel_epoll_of(loop), &udp->poll);
	if (err)
		goto fail;
	*out = &udp->base;
	return BEL_OK;

fail:
	if (fd >= 0)
		close(fd);
	free(udp);
	return err;
}

void bel_epoll_udp_close(struct bel_udp *base)
{
	struct epoll_udp *udp = udp_of(base);

	if (base->is_in_ring) {
		bel_epoll_of(base->loop)->many->udp_close(base);
		return;
	}
	bel_list_remove(&udp->unsent.node);
	flush(&udp->unsent);
	bel_poll_end(bel_epoll_of(base->loop), &udp->poll, true);
}
