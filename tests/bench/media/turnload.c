/* SPDX-License-Identifier: Apache-2.0 */
/* turnload SERVER PORT [-n ALLOCS] [-u user -P pass] [-p PID] [-t SEC] [-r PPS | -U [-W
 * window]] [-I] [-A loops] Makes ALLOCS TURN allocations over UDP (each its own client
 * socket), binds a channel to our peer socket and sends 160-byte payloads both ways
 * (client ChannelData -> peer; peer datagram -> client ChannelData); checks loss, order
 * and content.  -r total packets a second (default 100 per allocation); -U closed loop at
 * full speed. -I uses Send/Data indications in place of channels.  -A n: allocation cost
 * only: allocate+channel+release n times. */
#include "stunmsg.h"
#include <getopt.h>
#include <sys/epoll.h>
#define PL 160
struct al {
	int fd;
	struct sockaddr_in relay;
	uint32_t sent[2], next[2];
	unsigned chan;
};
static struct al *A;
static int na = 100, peer, ep;
static const char *user, *pass;
static uint8_t key[16];
static char realm[256], nonce[256];
static struct sockaddr_in srv, peera;
static uint64_t tid = 1;
static int ind;
static uint64_t tx, rx, bad, ooo;
static struct hist hd;
static uint32_t run_id = 1;
static int ask(int fd, struct sm *m, uint8_t *rb)
{
	for (int k = 0; k < 5; k++) {
		send(fd, m->b, (size_t)m->n, 0);
		uint64_t t0 = now_ns(CLOCK_MONOTONIC);
		while (now_ns(CLOCK_MONOTONIC) - t0 < 500000000) {
			int r = (int)recv(fd, rb, 1500, MSG_DONTWAIT);
			if (r >= 20 && !memcmp(rb + 8, m->b + 8, 12))
				return r;
			if (r < 0)
				usleep(20);
		}
	}
	fprintf(stderr, "no answer\n");
	exit(1);
}
static void auth(struct sm *m)
{
	if (!user || !realm[0])
		return;
	sm_attr(m, 6, user, (int)strlen(user));
	sm_attr(m, 0x14, realm, (int)strlen(realm));
	sm_attr(m, 0x15, nonce, (int)strlen(nonce));
	sm_integrity(m, key);
}
static int request(int fd, unsigned type, void (*fill)(struct sm *, struct al *),
		   struct al *a, uint8_t *rb)
{
	for (int k = 0; k < 3; k++) {
		struct sm m;
		sm_start(&m, type, tid++);
		fill(&m, a);
		auth(&m);
		int n = ask(fd, &m, rb), l;
		const uint8_t *v;
		if (g16(rb) == (type | 0x100))
			return n;
		v = sm_find(rb, n, 9, &l);
		int code = v ? v[2] * 100 + v[3] : 0;
		if (code == 437)
			return -437; /* this 5-tuple still has a dying allocation: the
					caller takes another port */
		if (code != 401 && code != 438) {
			fprintf(stderr, "request %x failed: %d\n", type, code);
			exit(1);
		}
		if ((v = sm_find(rb, n, 0x14, &l))) {
			memcpy(realm, v, (size_t)l);
			realm[l] = 0;
		}
		if ((v = sm_find(rb, n, 0x15, &l))) {
			memcpy(nonce, v, (size_t)l);
			nonce[l] = 0;
		}
		if (user) {
			char s[600];
			int sl = snprintf(s, sizeof s, "%s:%s:%s", user, realm, pass);
			unsigned kl;
			EVP_Digest(s, (size_t)sl, key, &kl, EVP_md5(), 0);
		}
	}
	fprintf(stderr, "auth failed\n");
	exit(1);
}
static void f_alloc(struct sm *m, struct al *a)
{
	(void)a;
	uint8_t v[4] = { 17 };
	sm_attr(m, 0x19, v, 4);
}
static void f_chan(struct sm *m, struct al *a)
{
	uint8_t v[4] = { 0 };
	p16(v, a->chan);
	sm_attr(m, 0xc, v, 4);
	sm_xaddr(m, 0x12, &peera);
}
static void f_perm(struct sm *m, struct al *a)
{
	(void)a;
	sm_xaddr(m, 0x12, &peera);
}
static void f_free(struct sm *m, struct al *a)
{
	(void)a;
	uint8_t v[4] = { 0 };
	sm_attr(m, 0xd, v, 4);
}
static void alloc1(struct al *a)
{
	uint8_t rb[1500];
	int n;
	while ((n = request(a->fd, 3, f_alloc, a, rb)) == -437) {
		close(a->fd);
		a->fd = udp_sock(INADDR_ANY, 0, 512 << 10);
		connect(a->fd, (void *)&srv, sizeof srv);
	}
	if (!sm_getx(rb, n, 0x16, &a->relay)) {
		fprintf(stderr, "no relayed address\n");
		exit(1);
	}
	if (ind)
		request(a->fd, 8, f_perm, a, rb);
	else
		request(a->fd, 9, f_chan, a, rb);
}
static void fillp(uint8_t *p, int i, int dir)
{
	struct al *a = &A[i];
	uint32_t u = (uint32_t)i << 1 | (uint32_t)dir, n = a->sent[dir]++;
	memcpy(p + 8, &u, 4);
	memcpy(p + 12, &n, 4);
	memcpy(p + 16, &run_id, 4);
	uint32_t f = mix32((uint64_t)u << 32 | n);
	for (int k = 20; k < 156; k += 4) {
		f = f * 1664525u + 1013904223u;
		memcpy(p + k, &f, 4);
	}
	uint32_t h = words_hash(p + 8, 148);
	memcpy(p + 156, &h, 4);
	uint64_t t = now_ns(CLOCK_REALTIME);
	memcpy(p, &t, 8);
}
static void take(const uint8_t *p, int len, int dir, int ai)
{
	uint32_t h, u, n, id;
	uint64_t t = now_ns(CLOCK_REALTIME), st;
	if (len < PL) {
		bad++;
		return;
	}
	memcpy(&h, p + 156, 4);
	memcpy(&u, p + 8, 4);
	memcpy(&n, p + 12, 4);
	memcpy(&id, p + 16, 4);
	memcpy(&st, p, 8);
	if (h != words_hash(p + 8, 148) || (int)(u & 1) != dir ||
	    u >> 1 >= (uint32_t)na || (ai >= 0 && (int)(u >> 1) != ai)) {
		bad++;
		return;
	}
	if (id != run_id)
		return;
	struct al *a = &A[u >> 1];
	if (n < a->next[dir])
		ooo++;
	else
		a->next[dir] = n + 1;
	rx++;
	hist_add(&hd, t > st ? t - st : 0);
}
static void drain(int ms)
{
	static uint8_t b[64][600];
	static struct mmsghdr m[64];
	static struct iovec iv[64];
	struct epoll_event ev[128];
	int n = epoll_wait(ep, ev, 128, ms);
	for (int i = 0; i < n; i++) {
		int w = (int)ev[i].data.u32, fd = w < 0 ? peer : A[w].fd,
		    lim = w < 0 ? 64 : 4;
		for (int k = 0; k < lim; k++) {
			iv[k] = (struct iovec){ b[k], 600 };
			m[k].msg_hdr = (struct msghdr){ .msg_iov = &iv[k],
							.msg_iovlen = 1 };
		}
		int r = recvmmsg(fd, m, (unsigned)lim, MSG_DONTWAIT, 0);
		for (int k = 0; k < r; k++) {
			uint8_t *p = b[k];
			int len = (int)m[k].msg_len;
			if (w < 0) {
				take(p, len, 0, -1);
				continue;
			}
			if (g16(p) == 0x17) {
				int l;
				const uint8_t *v = sm_find(p, len, 0x13, &l);
				if (v)
					take(v, l, 1, w);
				else
					bad++;
			} else if ((p[0] & 0xc0) == 0x40) {
				if (g16(p) != A[w].chan || (int)g16(p + 2) > len - 4)
					bad++;
				else
					take(p + 4, (int)g16(p + 2), 1, w);
			}
		}
	}
}
static int cur;
static void send_some(int n)
{
	uint8_t b[300];
	for (; n > 0; n--) {
		struct al *a = &A[cur >> 1];
		if (cur & 1) {
			fillp(b, cur >> 1, 1);
			sendto(peer, b, PL, 0, (void *)&a->relay, sizeof a->relay);
		} else if (ind) {
			struct sm m;
			uint8_t p[PL];
			fillp(p, cur >> 1, 0);
			sm_start(&m, 0x16, tid++);
			sm_xaddr(&m, 0x12, &peera);
			sm_attr(&m, 0x13, p, PL);
			send(a->fd, m.b, (size_t)m.n, 0);
		} else {
			p16(b, a->chan);
			p16(b + 2, PL);
			fillp(b + 4, cur >> 1, 0);
			send(a->fd, b, PL + 4, 0);
		}
		tx++;
		cur = cur + 1 == na * 2 ? 0 : cur + 1;
	}
}
int main(int ac, char **av)
{
	int o, pid = 0, U = 0, W = 128, loops = 0;
	double secs = 5, rate = 0;
	while ((o = getopt(ac, av, "n:u:P:p:t:r:UW:IA:")) != -1)
		switch (o) {
		case 'n':
			na = atoi(optarg);
			break;
		case 'u':
			user = optarg;
			break;
		case 'P':
			pass = optarg;
			break;
		case 'p':
			pid = atoi(optarg);
			break;
		case 't':
			secs = atof(optarg);
			break;
		case 'r':
			rate = atof(optarg);
			break;
		case 'U':
			U = 1;
			break;
		case 'W':
			W = atoi(optarg);
			break;
		case 'I':
			ind = 1;
			break;
		case 'A':
			loops = atoi(optarg);
			break;
		default:
			return 2;
		}
	if (ac - optind < 2)
		return 2;
	raise_nofile();
	srv = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(av[optind + 1])),
				    .sin_addr.s_addr = inet_addr(av[optind]) };
	ep = epoll_create1(0);
	A = calloc((size_t)na, sizeof *A);
	peer = udp_sock(inet_addr("127.0.0.2"), 0, 16 << 20);
	socklen_t l = sizeof peera;
	getsockname(peer, (void *)&peera, &l);
	uint64_t c0 = pid ? proc_cpu_ns(pid) : 0;
	long r0 = pid ? proc_rss_kb(pid) : 0;
	uint8_t rb[1500];
	if (loops) {
		for (int i = 0; i < loops; i++) {
			struct al *a = &A[0];
			a->fd = udp_sock(INADDR_ANY, 0, 0);
			connect(a->fd, (void *)&srv, sizeof srv);
			a->chan = 0x4001;
			realm[0] = 0;
			alloc1(a);
			request(a->fd, 4, f_free, a, rb);
			close(a->fd);
		}
		printf("alloc allocate+channelbind+release cpu_us=%.1f\n",
		       (double)(proc_cpu_ns(pid) - c0) / 1e3 / loops);
		return 0;
	}
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)-1 };
	epoll_ctl(ep, EPOLL_CTL_ADD, peer, &e);
	for (int i = 0; i < na; i++) {
		struct al *a = &A[i];
		a->fd = udp_sock(INADDR_ANY, 0, 512 << 10);
		connect(a->fd, (void *)&srv, sizeof srv);
		a->chan = 0x4000u + (unsigned)(i % 0x3000);
		alloc1(a);
		e.data.u32 = (uint32_t)i;
		epoll_ctl(ep, EPOLL_CTL_ADD, a->fd, &e);
	}
	if (pid)
		printf("setup allocs=%d cpu_us_each=%.1f rss_kb_before=%ld "
		       "rss_kb_after=%ld\n",
		       na, (double)(proc_cpu_ns(pid) - c0) / 1e3 / na, r0,
		       proc_rss_kb(pid));
	if (rate <= 0)
		rate = na * 100.0;
	for (int pass_ = 0; pass_ < 2;
	     pass_++) { /* a short warm-up, then the measured run */
		double d = pass_ ? secs : 0.5;
		run_id++;
		tx = rx = ooo = 0;
		memset(&hd, 0, sizeof hd);
		for (int i = 0; i < na; i++)
			for (int k = 0; k < 2; k++)
				A[i].next[k] = A[i].sent[k];
		c0 = pid ? proc_cpu_ns(pid) : 0;
		uint64_t g0 = self_cpu_ns(), t0 = now_ns(CLOCK_MONOTONIC), t, lastrx = 0,
			 prog = t0, gone = 0;
		while ((t = now_ns(CLOCK_MONOTONIC)) - t0 < (uint64_t)(d * 1e9)) {
			if (U && pass_) {
				int can = W + (int)gone - (int)(tx - rx);
				if (can > 0)
					send_some(can > 32 ? 32 : can);
				drain(0);
				if (rx != lastrx) {
					lastrx = rx;
					prog = t;
				} else if (t - prog > 20000000) {
					gone = tx - rx;
					prog = t;
				}
			} else {
				uint64_t due =
					(uint64_t)((double)((t - t0) / 100000 * 100000) *
						   rate / 1e9);
				if (due > tx)
					send_some(due - tx > 64 ? 64 : (int)(due - tx));
				drain(0);
				if (due <= tx) {
					uint64_t left = 100000 -
							(now_ns(CLOCK_MONOTONIC) - t0) %
								100000;
					if (left > 60000) {
						struct timespec ts = { 0, (long)left -
										  55000 };
						nanosleep(&ts, 0);
					}
				}
			}
		}
		double s = (double)(now_ns(CLOCK_MONOTONIC) - t0) / 1e9;
		for (int i = 0; i < 50 && rx < tx; i++)
			drain(5);
		if (pass_)
			printf("turn allocs=%d target=%.0f pps=%.0f tx=%llu rx=%llu "
			       "lost=%llu ooo=%llu bad=%llu cpu_us=%.3f gen_us=%.3f "
			       "delay_us_p50=%.1f p99=%.1f\n",
			       na, U ? 0 : rate, (double)rx / s, (unsigned long long)tx,
			       (unsigned long long)rx, (unsigned long long)(tx - rx),
			       (unsigned long long)ooo, (unsigned long long)bad,
			       pid && rx ? (double)(proc_cpu_ns(pid) - c0) / 1e3 /
						   (double)rx
					 : 0,
			       rx ? (double)(self_cpu_ns() - g0) / 1e3 / (double)rx : 0,
			       (double)hist_q(&hd, .5) / 1e3,
			       (double)hist_q(&hd, .99) / 1e3);
	}
	for (int i = 0; i < na; i++)
		request(A[i].fd, 4, f_free, &A[i], rb);
	return 0;
}
