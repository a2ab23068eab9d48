/* SPDX-License-Identifier: Apache-2.0
 * Datagrams as the kernel wants them, for both kinds of its sockets. */
#include <errno.h>
#include <unistd.h>

#include "io/epoll_int.h"

enum { BUFFER_BYTES = 8 << 20 };

/* ---- receiving ---- */

/* The address on which a datagram came, from its control message. */
bel_addr bel_socket_arrived_at(const bel_addr *bound, struct msghdr *header)
{
	bel_addr local = *bound;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(local.ip + 12, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(local.ip, &info.ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local.scope = info.ipi6_ifindex;
		}
	}
	return local;
}

/* ---- sending ---- */

/* The control message that sets the source address. */
static void set_source(struct msghdr *header, char *control, const bel_addr *from)
{
	struct in_pktinfo four = { 0 };
	struct in6_pktinfo six = { .ipi6_ifindex = from->scope };
	bool is_four = from->family == 4;
	size_t len = is_four ? sizeof four : sizeof six;

	memset(control, 0, CONTROL_BYTES);
	memcpy(&four.ipi_spec_dst, from->ip + 12, 4);
	memcpy(&six.ipi6_addr, from->ip, 16);
	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(len);
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	c->cmsg_level = is_four ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_four ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), is_four ? (void *)&four : (void *)&six, len);
}

void bel_outgoing_set(struct bel_outgoing *out, const bel_addr *peer,
		      const bel_addr *from, bel_str bytes)
{
	out->vector = (struct iovec){ (void *)(uintptr_t)bytes.ptr, bytes.len };
	out->header = (struct msghdr){
		.msg_name = &out->name,
		.msg_namelen = bel_addr_to_sockaddr(&out->name, peer),
		.msg_iov = &out->vector,
		.msg_iovlen = 1,
	};
	if (from && from->family)
		set_source(&out->header, out->control, from);
}

/* Hands a batch to the kernel. A datagram that it refuses is lost, as the network loses
 * them; the others go on. */
void bel_socket_send_batch(int fd, struct mmsghdr *headers, unsigned count)
{
	unsigned sent = 0;

	while (sent < count) {
		int done = sendmmsg(fd, headers + sent, count - sent, 0);
		if (done > 0)
			sent += (unsigned)done;
		else if (errno != EINTR && errno != ECONNREFUSED)
			sent++;
	}
}

void bel_socket_send(int fd, const bel_addr *peer, const bel_addr *from, bel_str bytes)
{
	struct bel_outgoing outgoing;
	struct mmsghdr header = { .msg_len = 0 };

	bel_outgoing_set(&outgoing, peer, from, bytes);
	header.msg_hdr = outgoing.header;
	bel_socket_send_batch(fd, &header, 1);
}

/* Whether the kernel may cut datagrams up: DONT sends them without DF, DO with it, WANT
 * as it has learned of the path. */
static bool set_discovery(int fd, uint8_t family, int how)
{
	return setsockopt(fd, family == 4 ? IPPROTO_IP : IPPROTO_IPV6,
			  family == 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &how,
			  sizeof how) == 0;
}

enum bel_err bel_socket_send_whole(int fd, const struct bel_udp *base,
				   const bel_addr *peer, bel_str bytes)
{
	uint8_t family = base->local.family;
	struct sockaddr_storage name;
	socklen_t len = bel_addr_to_sockaddr(&name, peer);
	enum bel_err err = BEL_OK;

	if (peer->family != family)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (!set_discovery(fd, family, IP_PMTUDISC_DO))
		return BEL_ERR_UNSUPPORTED;
	if (sendto(fd, bytes.ptr, bytes.len, 0, (struct sockaddr *)&name, len) < 0)
		err = bel_err_from_errno(errno);
	set_discovery(fd, family,
		      base->opts.is_fragmented ? IP_PMTUDISC_DONT : IP_PMTUDISC_WANT);
	return err;
}

/* ---- opening ---- */

static void set_options(int fd, const struct bel_udp_opts *opts)
{
	bool is_wildcard = bel_addr_range(&opts->local) == BEL_ADDR_UNSPECIFIED;
	int bytes = opts->buffer_bytes ? (int)opts->buffer_bytes : BUFFER_BYTES;
	int one = 1;
	bool is_four = opts->local.family == 4;

	/* Larger than the system's limit only with privileges; a small buffer still
	 * works. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (!opts->buffer_bytes &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	if (opts->on_unreachable || opts->on_icmp)
		setsockopt(fd, is_four ? IPPROTO_IP : IPPROTO_IPV6,
			   is_four ? IP_RECVERR : IPV6_RECVERR, &one, sizeof one);
	if (opts->is_fragmented)
		set_discovery(fd, opts->local.family, IP_PMTUDISC_DONT);
	if (is_wildcard)
		setsockopt(fd, is_four ? IPPROTO_IP : IPPROTO_IPV6,
			   is_four ? IP_PKTINFO : IPV6_RECVPKTINFO, &one, sizeof one);
}

enum bel_err bel_socket_open_udp(int *out, bel_addr *local,
				 const struct bel_udp_opts *opts)
{
	enum bel_err err = bel_socket_open(out, local, SOCK_DGRAM, opts->is_shared);

	if (err)
		return err;
	set_options(*out, opts);
	bel_socket_choose_by_host(*out, opts->local.family, opts->by_host_count);
	return BEL_OK;
}
