/* SPDX-License-Identifier: Apache-2.0
 * By which interface an address is reached: asked of the kernel (rtnetlink(7)). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fast/fast_int.h"

enum { ANSWER_BYTES = 4096 };

struct question {
	struct nlmsghdr head;
	struct rtmsg route;
	uint8_t attributes[2 * RTA_SPACE(sizeof(struct in6_addr))];
};

static void put(struct question *question, unsigned short type, const bel_addr *addr)
{
	size_t len = addr->family == 4 ? 4 : 16;
	struct rtattr attribute = { .rta_type = type,
				    .rta_len = (unsigned short)RTA_LENGTH(len) };
	uint8_t *at = (uint8_t *)question + question->head.nlmsg_len;

	memcpy(at, &attribute, sizeof attribute);
	memcpy(at + RTA_LENGTH(0), addr->ip + 16 - len, len);
	question->head.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

static int ask(const struct question *question, char *answer, size_t size)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t len = -1;

	if (fd < 0)
		return -1;
	if (send(fd, question, question->head.nlmsg_len, 0) >= 0)
		do
			len = recv(fd, answer, size, 0);
		while (len < 0 && errno == EINTR);
	close(fd);
	return (int)len;
}

static enum bel_err read_answer(uint32_t *interface, const struct nlmsghdr *head, int len)
{
	const struct rtmsg *route = NLMSG_DATA(head);
	struct rtattr attribute;

	if (len < 0 || !NLMSG_OK(head, (unsigned)len) ||
	    head->nlmsg_type != RTM_NEWROUTE ||
	    (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL))
		return BEL_ERR_NOT_FOUND;
	*interface = 0;
	if (route->rtm_type == RTN_LOCAL)
		return BEL_OK;
	for (size_t at = NLMSG_LENGTH(sizeof *route);
	     at + sizeof attribute <= head->nlmsg_len;
	     at += RTA_ALIGN(attribute.rta_len)) {
		const char *bytes = (const char *)head + at;
		memcpy(&attribute, bytes, sizeof attribute);
		if (attribute.rta_len < sizeof attribute ||
		    at + attribute.rta_len > head->nlmsg_len)
			break;
		if (attribute.rta_type == RTA_OIF)
			memcpy(interface, bytes + RTA_LENGTH(0), sizeof *interface);
	}
	return *interface ? BEL_OK : BEL_ERR_NOT_FOUND;
}

enum bel_err bel_fast_route(uint32_t *interface, const bel_addr *from, const bel_addr *to)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
	unsigned char bits = to->family == 4 ? 32 : 128;
	struct question question = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			  .nlmsg_type = RTM_GETROUTE,
			  .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = to->family == 4 ? AF_INET : AF_INET6,
			   .rtm_dst_len = bits,
			   .rtm_src_len = bits },
	};

	put(&question, RTA_DST, to);
	put(&question, RTA_SRC, from);
	return read_answer(interface, (const struct nlmsghdr *)answer,
			   ask(&question, answer, sizeof answer));
}
