/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <unistd.h>

#include "io/epoll_int.h"

static bool set_flag(int fd, int level, int name)
{
	int one = 1;

	return setsockopt(fd, level, name, &one, sizeof one) == 0;
}

enum bel_err bel_socket_open(int *out, bel_addr *local, int type, bool is_shared)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = bel_addr_to_sockaddr(&name, local);
	enum bel_err err;
	int fd;

	if (len == 0)
		return bel_err_from_errno(EAFNOSUPPORT);
	fd = socket(name.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bel_err_from_errno(errno);
	if (is_shared && !set_flag(fd, SOL_SOCKET, SO_REUSEPORT))
		goto fail_errno;
	/* A restart must not wait for connections of the last run to time out. */
	if (type == SOCK_STREAM && !set_flag(fd, SOL_SOCKET, SO_REUSEADDR))
		goto fail_errno;
	/* IPv4 has sockets of its own: an address then has one form only. */
	if (local->family == 6 && !set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		goto fail_errno;
	if (bind(fd, (struct sockaddr *)&name, len))
		goto fail_errno;
	len = sizeof name;
	if (!local->port && getsockname(fd, (struct sockaddr *)&name, &len))
		goto fail_errno;
	*local = bel_addr_from_sockaddr(&name);
	*out = fd;
	return BEL_OK;

fail_errno:
	err = bel_err_from_errno(errno);
	close(fd);
	return err;
}

enum bel_err bel_socket_open_outward(int *out, int family, const bel_addr *local)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = local ? bel_addr_to_sockaddr(&name, local) : 0;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum bel_err err;

	if (fd < 0)
		return bel_err_from_errno(errno);
	/* A port is chosen when it is known where it leads: each peer has all of them. */
	if (local && (!set_flag(fd, SOL_SOCKET, SO_REUSEADDR) ||
		      !set_flag(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) ||
		      bind(fd, (struct sockaddr *)&name, len))) {
		err = bel_err_from_errno(errno);
		close(fd);
		return err;
	}
	*out = fd;
	return BEL_OK;
}

enum bel_err bel_socket_local_for(struct bel_loop *loop, const bel_addr *peer,
				  bel_addr *out)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = bel_addr_to_sockaddr(&name, peer);
	enum bel_err err = BEL_OK;
	int fd = len ? socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	(void)loop;
	if (fd < 0)
		return bel_err_from_errno(len ? errno : EAFNOSUPPORT);
	if (connect(fd, (struct sockaddr *)&name, len)) {
		err = bel_err_from_errno(errno);
	} else {
		len = sizeof name;
		getsockname(fd, (struct sockaddr *)&name, &len);
		*out = bel_addr_from_sockaddr(&name);
		out->port = 0;
	}
	close(fd);
	return err;
}

static bool is_inet(const struct sockaddr *name)
{
	return name && (name->sa_family == AF_INET || name->sa_family == AF_INET6);
}

unsigned bel_socket_own_addrs(struct bel_loop *loop, bel_addr *out, unsigned max)
{
	struct ifaddrs *all;
	unsigned count = 0;

	(void)loop;
	if (getifaddrs(&all))
		return 0;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		struct sockaddr_storage name = { 0 };
		if (!is_inet(one->ifa_addr) || !(one->ifa_flags & IFF_UP))
			continue;
		memcpy(&name, one->ifa_addr,
		       one->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
							   : sizeof(struct sockaddr_in6));
		if (count < max)
			out[count] = bel_addr_from_sockaddr(&name);
		count++;
	}
	freeifaddrs(all);
	return count;
}

/* A classic BPF program over the packet, which takes no privileges. It multiplies by the
 * golden ratio, for neighbours are to lie apart, and takes what is left by count. */
void bel_socket_choose_by_host(int fd, uint8_t family, unsigned count)
{
	enum { SOURCE_V4 = 12, SOURCE_V6 = 8 };
	struct sock_filter four[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + SOURCE_V4),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_filter six[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + SOURCE_V6),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + SOURCE_V6 + 4),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = { .len = BEL_COUNT_OF(four), .filter = four };

	if (count < 2)
		return;
	if (family == 6)
		program = (struct sock_fprog){ .len = BEL_COUNT_OF(six), .filter = six };
	setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}
