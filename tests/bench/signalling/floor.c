/* SPDX-License-Identifier: Apache-2.0
 * floor PORT: answers every OPTIONS at 127.0.0.1 with its own bytes, another start line
 * and a tag, in batches as the server takes and sends them. What that costs is the
 * kernel's, and no server can cost less. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32, BYTES = 4096 };

static const char start[] = "SIP/2.0 200 OK\r\n", tag[] = ";tag=floor";

struct slot {
	struct sockaddr_in peer;
	char bytes[BYTES];
	struct iovec in, out[4];
};

static int listen_at(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), bytes = 4 << 20;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at)) {
		perror("floor");
		exit(2);
	}
	return fd;
}

static int receive(int fd, struct slot *slots, struct mmsghdr *headers)
{
	for (int i = 0; i < BATCH; i++) {
		slots[i].in = (struct iovec){ slots[i].bytes, BYTES };
		headers[i].msg_hdr = (struct msghdr){ .msg_name = &slots[i].peer,
						      .msg_namelen = sizeof slots[i].peer,
						      .msg_iov = &slots[i].in,
						      .msg_iovlen = 1 };
	}
	return recvmmsg(fd, headers, BATCH, 0, NULL);
}

static void answer(int fd, struct slot *slots, struct mmsghdr *headers, int count)
{
	for (int i = 0; i < count; i++) {
		char *bytes = slots[i].bytes, *end = bytes + headers[i].msg_len;
		char *line = memchr(bytes, '\n', (size_t)(end - bytes));
		char *to = line ? memmem(line, (size_t)(end - line), "\nTo:", 4) : NULL;
		char *to_end = to ? memchr(to, '\r', (size_t)(end - to)) : NULL;
		if (!to_end)
			to_end = end;
		if (!line)
			line = to_end - 1;
		slots[i].out[0] = (struct iovec){ (void *)start, sizeof start - 1 };
		slots[i].out[1] = (struct iovec){ line + 1, (size_t)(to_end - line - 1) };
		slots[i].out[2] = (struct iovec){ (void *)tag, sizeof tag - 1 };
		slots[i].out[3] = (struct iovec){ to_end, (size_t)(end - to_end) };
		headers[i].msg_hdr.msg_iov = slots[i].out;
		headers[i].msg_hdr.msg_iovlen = 4;
	}
	sendmmsg(fd, headers, (unsigned)count, 0);
}

int main(int argc, char **argv)
{
	static struct slot slots[BATCH];
	static struct mmsghdr headers[BATCH];
	struct epoll_event event = { .events = EPOLLIN };
	int fd = listen_at(argc > 1 ? atoi(argv[1]) : 0), epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	for (;;) {
		int count;
		if (epoll_wait(epoll, &event, 1, -1) < 1)
			continue;
		count = receive(fd, slots, headers);
		if (count > 0)
			answer(fd, slots, headers, count);
	}
}
