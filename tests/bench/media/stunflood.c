/* SPDX-License-Identifier: Apache-2.0 */
/* stunflood SERVER PORT [-p PID] [-t SEC] [-W window] [-n sockets] [-r rate]
 * STUN Binding requests in a closed loop (at most W unanswered) or at a fixed rate; every
 * answer is checked (success class, transaction id, XOR-MAPPED-ADDRESS = our own
 * address). */
#include "stunmsg.h"
#include <getopt.h>
#include <poll.h>
int main(int ac, char **av)
{
	int pid = 0, W = 256, ns = 1, o;
	double secs = 5, rate = 0;
	while ((o = getopt(ac, av, "p:t:W:n:r:")) != -1) {
		if (o == 'p')
			pid = atoi(optarg);
		if (o == 't')
			secs = atof(optarg);
		if (o == 'W')
			W = atoi(optarg);
		if (o == 'n')
			ns = atoi(optarg);
		if (o == 'r')
			rate = atof(optarg);
	}
	if (ac - optind < 2)
		return 2;
	struct sockaddr_in srv = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)atoi(av[optind + 1])),
				   .sin_addr.s_addr = inet_addr(av[optind]) };
	int fd[64];
	struct sockaddr_in me[64];
	struct pollfd pf[64];
	for (int i = 0; i < ns; i++) {
		fd[i] = udp_sock(INADDR_ANY, 0, 8 << 20);
		connect(fd[i], (void *)&srv, sizeof srv);
		socklen_t l = sizeof me[i];
		getsockname(fd[i], (void *)&me[i], &l);
		pf[i] = (struct pollfd){ fd[i], POLLIN, 0 };
	}
	uint64_t tx = 0, rx = 0, bad = 0, prog, lost = 0, t, t0 = now_ns(CLOCK_MONOTONIC),
		 c0 = pid ? proc_cpu_ns(pid) : 0, g0 = self_cpu_ns();
	uint64_t lastrx = 0;
	prog = t0;
	static struct mmsghdr m[64];
	static struct iovec iv[64];
	static struct sm sm[64];
	static uint8_t rb[64][1500];
	int cs = 0, stop = 0;
	while (1) {
		t = now_ns(CLOCK_MONOTONIC);
		if (t - t0 > (uint64_t)(secs * 1e9))
			stop = 1;
		if (stop && (tx == rx + lost || t - t0 > (uint64_t)((secs + .3) * 1e9)))
			break;
		uint64_t fl = tx - rx - lost;
		int can = stop ? 0 : W - (int)fl;
		if (rate > 0 && !stop) {
			int64_t due = (int64_t)((double)(t - t0) * rate / 1e9) -
				      (int64_t)tx;
			can = due < 0 ? 0 : (int)due;
		}
		if (can > 32)
			can = 32;
		if (can > 0) {
			for (int i = 0; i < can; i++) {
				sm_start(&sm[i], 1,
					 (tx + (uint64_t)i) << 8 | (uint64_t)cs);
				iv[i] = (struct iovec){ sm[i].b, 20 };
				m[i].msg_hdr = (struct msghdr){ .msg_iov = &iv[i],
								.msg_iovlen = 1 };
			}
			int r = sendmmsg(fd[cs], m, (unsigned)can, 0);
			if (r > 0)
				tx += (uint64_t)r;
			cs = (cs + 1) % ns;
		}
		if (poll(pf, (nfds_t)ns, can > 0 ? 0 : 1) > 0)
			for (int s = 0; s < ns; s++)
				if (pf[s].revents) {
					for (int i = 0; i < 64; i++) {
						iv[i] = (struct iovec){ rb[i], 1500 };
						m[i].msg_hdr = (struct msghdr){
							.msg_iov = &iv[i], .msg_iovlen = 1
						};
					}
					int r = recvmmsg(fd[s], m, 64, MSG_DONTWAIT, 0);
					for (int i = 0; i < r; i++) {
						struct sockaddr_in x;
						uint64_t id;
						memcpy(&id, rb[i] + 12, 8);
						if (g16(rb[i]) != 0x101 ||
						    (int)(id & 255) != s ||
						    (id >> 8) > tx ||
						    !sm_getx(rb[i], (int)m[i].msg_len,
							     0x20, &x) ||
						    x.sin_port != me[s].sin_port ||
						    x.sin_addr.s_addr !=
							    me[s].sin_addr.s_addr)
							bad++;
						rx++;
					}
				}
		if (rx != lastrx) {
			lastrx = rx;
			prog = t;
		} else if (!rate && t - prog > 50000000) {
			lost = tx - rx;
			prog = t;
		}
	}
	double s = (double)(now_ns(CLOCK_MONOTONIC) - t0) / 1e9;
	printf("stun tx=%llu rx=%llu bad=%llu lost=%llu rps=%.0f cpu_us=%.3f "
	       "gen_us=%.3f\n",
	       (unsigned long long)tx, (unsigned long long)rx, (unsigned long long)bad,
	       (unsigned long long)(tx - rx), (double)rx / s,
	       pid && rx ? (double)(proc_cpu_ns(pid) - c0) / 1e3 / (double)rx : 0,
	       rx ? (double)(self_cpu_ns() - g0) / 1e3 / (double)rx : 0);
	return bad != 0;
}
