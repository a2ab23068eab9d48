/* SPDX-License-Identifier: Apache-2.0 */
/* rtpload - drives S two-way RTP streams through a relay and checks what comes back.
 *
 *   rtpload -f SESSIONS [-p PID] [-t SEC] [-r PPS] [-m] [-w WARM] [-b BATCH] [-H HOST]
 *
 * SESSIONS has one line per session:   la pa lb pb [keyA keyB]
 *   la/lb  our local ports of leg A and B     pa/pb  the relay's ports of leg A and B
 *   keyA/keyB (optional, base64 SDES inline, "-" for none): leg B is SRTP
 *     (AES_CM_128_HMAC_SHA1_80): keyA what WE use to encrypt on B, keyB what the relay
 * uses. Packets sent from la to pa must come out of pb at lb, and the reverse. Equal
 * local ports share one socket (lb may equal la of other sessions: packets are told apart
 * by their contents).  A port may be given as ip:port.
 *
 *   -r PPS  total packets per second over all legs (default 50 per leg: S*2*50)
 *   -m      search the highest loss-free rate: steps of 2 s (-t sets another), from -r up
 *   -k US   packets fall due in ticks of US microseconds (default 100; 0 = one by one)
 *   -u      full speed, closed loop: at most -W packets in flight
 *   -p PID  the relay's process (repeatable): its CPU time per packet forwarded is
 * reported -c CPU  also report whole-CPU busy time of this CPU per packet Output: one
 * line of key=value pairs.  172-byte packets: 12 RTP + 160 payload which holds send time,
 * leg, counter, pseudo-random fill, hash.
 */
#include "bench.h"
#include <getopt.h>
#include <sys/epoll.h>
#include "srtpmini.h"

#define PKT  172
#define MAXB 64
struct sock {
	int fd, port;
	uint32_t ip;
	uint32_t npeer;
	struct sockaddr_in peer;
};
struct leg {
	int sock;                    /* index into socks */
	struct sockaddr_in to, from; /* relay address this leg sends to */
	uint32_t ssrc, sent;
	uint32_t rx_next, rx, out_of_order, dup;
	uint32_t rx_ssrc;
	int64_t transit;
	double jit;
	struct srtpm *tx, *rxs;
	int secure;
};
static struct sock *socks;
static int nsock;
static struct leg *legs;
static int nleg;
static uint64_t tot_tx, tot_rx, bad_hash, bad_ssrc, bad_leg, bad_len, ooo, srtp_fail,
	txfail, wrong_src, foreign;
static struct hist hd;
static int measuring;
static uint32_t epoch;
static int epfd, batch = 1, closed, window = 256;
static double tick_us = 100;
static uint64_t inflight_rx_epoch;

static uint32_t local_ip;
static void parse_ep(const char *s, uint32_t *ip, int *port)
{
	char b[64];
	snprintf(b, sizeof b, "%s", s);
	char *c = strchr(b, ':');
	*ip = local_ip;
	if (c) {
		*c = 0;
		*ip = inet_addr(b);
		*port = atoi(c + 1);
	} else
		*port = atoi(b);
}
static int sock_for(uint32_t ip, int port)
{
	static int last;
	if (last < nsock && nsock && socks[last].port == port && socks[last].ip == ip)
		return last;
	for (int i = 0; i < nsock; i++)
		if (socks[i].port == port && socks[i].ip == ip)
			return last = i;
	socks = realloc(socks, sizeof *socks * (size_t)(nsock + 1));
	struct sock *s = &socks[nsock];
	memset(s, 0, sizeof *s);
	s->port = port;
	s->ip = ip;
	s->fd = udp_sock(ip, port, nsock < 8 ? 16 << 20 : 512 << 10);
	int on = 1;
	setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)nsock };
	epoll_ctl(epfd, EPOLL_CTL_ADD, s->fd, &e);
	return nsock++;
}
static int b64(const char *s, uint8_t *o)
{
	int n = 0, bits = 0;
	uint32_t v = 0;
	for (; *s && *s != '='; s++) {
		int c = *s, d = c >= 'A' && c <= 'Z'   ? c - 'A'
				: c >= 'a' && c <= 'z' ? c - 'a' + 26
				: c >= '0' && c <= '9' ? c - '0' + 52
				: c == '+'             ? 62
				: c == '/'             ? 63
						       : -1;
		if (d < 0)
			break;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			o[n++] = (uint8_t)(v >> bits);
		}
	}
	return n;
}
static struct srtpm *mk(const char *key)
{
	uint8_t k[64];
	if (b64(key, k) != 30) {
		fprintf(stderr, "bad key %s\n", key);
		exit(1);
	}
	return srtpm_new(k);
}

/* payload at +12: 0 u64 time, 8 u32 leg, 12 u32 counter, 16 u32 epoch, 20..155 fill, 156
 * u32 hash */
static int build(uint8_t *b, int li)
{
	struct leg *l = &legs[li];
	uint32_t n = l->sent, ts = htonl(n * 160), ss = htonl(l->ssrc);
	b[0] = 0x80;
	b[1] = 0;
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
	memcpy(b + 4, &ts, 4);
	memcpy(b + 8, &ss, 4);
	uint8_t *p = b + 12;
	uint32_t u = (uint32_t)li;
	memcpy(p + 8, &u, 4);
	memcpy(p + 12, &n, 4);
	memcpy(p + 16, &epoch, 4);
	uint32_t f = mix32(((uint64_t)li << 32) | n);
	for (int i = 20; i < 156; i += 4) {
		f = f * 1664525u + 1013904223u;
		memcpy(p + i, &f, 4);
	}
	uint32_t h = words_hash(p + 8, 148);
	memcpy(p + 156, &h, 4);
	l->sent++;
	int len = PKT;
	uint64_t t = now_ns(CLOCK_REALTIME);
	memcpy(p, &t, 8);
	if (l->secure)
		len = srtpm_protect(l->tx, b, len, n);
	return len;
}
static void got(uint8_t *b, int len, uint64_t t, struct sockaddr_in *from)
{
	uint8_t *p = b + 12;
	uint32_t li;
	if (len > PKT) { /* SRTP: the receiving leg is told by the source (relay port) */
		static uint16_t map[65536];
		static int init;
		if (!init) {
			init = 1;
			for (int i = 0; i < nleg; i++)
				if (legs[i].secure)
					map[ntohs(legs[i].to.sin_port)] = (uint16_t)(i +
										     1);
		}
		int m = map[ntohs(from->sin_port)];
		if (!m) {
			foreign++;
			return;
		}
		if ((len = srtpm_unprotect(legs[m - 1].rxs, b, len)) < 0) {
			srtp_fail++;
			return;
		}
	}
	if (len != PKT) {
		bad_len++;
		return;
	}
	memcpy(&li, p + 8, 4);
	if (li >= (uint32_t)nleg) {
		bad_leg++;
		return;
	}
	uint32_t h, ep, n;
	memcpy(&h, p + 156, 4);
	if (h != words_hash(p + 8, 148)) {
		bad_hash++;
		return;
	}
	memcpy(&ep, p + 16, 4);
	memcpy(&n, p + 12, 4);
	if (ep != epoch)
		return;
	struct leg *l = &legs[li]; /* the sending leg */
	struct leg *o = &legs[li ^ 1];
	if (from->sin_port != o->to.sin_port)
		wrong_src++;
	uint32_t ss;
	memcpy(&ss, b + 8, 4);
	if (ntohl(ss) != l->ssrc)
		bad_ssrc++;
	if (n < l->rx_next) {
		ooo++;
	} else
		l->rx_next = n + 1;
	l->rx++;
	tot_rx++;
	inflight_rx_epoch++;
	uint64_t st;
	memcpy(&st, p, 8);
	int64_t d = (int64_t)(t - st);
	if (d < 0)
		d = 0;
	if (measuring)
		hist_add(&hd, (uint64_t)d);
	if (l->rx > 1) {
		double x = (double)(d - l->transit);
		if (x < 0)
			x = -x;
		l->jit += (x - l->jit) / 16;
	}
	l->transit = d;
}
static void drain(int timeout_ms)
{
	static struct mmsghdr mm[MAXB];
	static struct iovec iv[MAXB];
	static uint8_t buf[MAXB][512];
	static uint8_t ctl[MAXB][64];
	static struct sockaddr_in fr[MAXB];
	struct epoll_event ev[256];
	int n = epoll_wait(epfd, ev, 256, timeout_ms);
	for (int i = 0; i < n; i++) {
		struct sock *s = &socks[ev[i].data.u32];
		int lim = nsock > 8 ? 4 : MAXB;
		for (int k = 0; k < lim; k++) {
			iv[k] = (struct iovec){ buf[k], 512 };
			mm[k].msg_hdr = (struct msghdr){ .msg_name = &fr[k],
							 .msg_namelen = sizeof fr[k],
							 .msg_iov = &iv[k],
							 .msg_iovlen = 1,
							 .msg_control = ctl[k],
							 .msg_controllen = 64 };
		}
		int r = recvmmsg(s->fd, mm, (unsigned)lim, MSG_DONTWAIT, 0);
		for (int k = 0; k < r; k++) {
			uint64_t t = 0;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&mm[k].msg_hdr); c;
			     c = CMSG_NXTHDR(&mm[k].msg_hdr, c))
				if (c->cmsg_level == SOL_SOCKET &&
				    c->cmsg_type == SCM_TIMESTAMPNS) {
					struct timespec ts;
					memcpy(&ts, CMSG_DATA(c), sizeof ts);
					t = (uint64_t)ts.tv_sec * 1000000000u +
					    (uint64_t)ts.tv_nsec;
				}
			if (!t)
				t = now_ns(CLOCK_REALTIME);
			got(buf[k], (int)mm[k].msg_len, t, &fr[k]);
		}
	}
}
/* send `cnt` packets, from leg *cur on, round robin */
static void send_some(int *cur, int cnt)
{
	static struct mmsghdr mm[MAXB];
	static struct iovec iv[MAXB];
	static uint8_t buf[MAXB][512];
	while (cnt > 0) {
		int k = 0, sk = legs[*cur].sock;
		while (k < batch && k < cnt && legs[*cur].sock == sk) {
			struct leg *l = &legs[*cur];
			int len = build(buf[k], *cur);
			iv[k] = (struct iovec){ buf[k], (size_t)len };
			mm[k].msg_hdr = (struct msghdr){ .msg_name = &l->to,
							 .msg_namelen = sizeof l->to,
							 .msg_iov = &iv[k],
							 .msg_iovlen = 1 };
			*cur = *cur + 1 == nleg ? 0 : *cur + 1;
			k++;
		}
		int r = k == 1 ? (sendto(socks[sk].fd, buf[0], iv[0].iov_len,
					 MSG_DONTWAIT, mm[0].msg_hdr.msg_name,
					 sizeof(struct sockaddr_in)) > 0)
			       : sendmmsg(socks[sk].fd, mm, (unsigned)k, MSG_DONTWAIT);
		if (r < k)
			txfail += (uint64_t)(k - (r < 0 ? 0 : r));
		tot_tx += (uint64_t)k;
		cnt -= k;
	}
}
static int pids[16], npid, wcpu = -1;
static int cur;
struct res {
	uint64_t tx, rx;
	double cpu_us, stat_us, gen_us, secs, wcpu_us;
};
static uint64_t cpu_sum(int stat)
{
	uint64_t s = 0;
	for (int i = 0; i < npid; i++)
		s += stat ? proc_cpu_stat_ns(pids[i]) : proc_cpu_ns(pids[i]);
	return s;
}
static void reset(void)
{
	epoch++;
	tot_tx = tot_rx = ooo = txfail = 0;
	inflight_rx_epoch = 0;
	memset(&hd, 0, sizeof hd);
	for (int i = 0; i < nleg; i++) {
		legs[i].rx = 0;
		legs[i].rx_next = legs[i].sent;
		legs[i].transit = 0;
		legs[i].jit = 0;
	}
}
static struct res run(double pps, double secs)
{
	struct res r = { 0 };
	uint64_t c0, s0, g0, w0, t0;
	reset();
	measuring = 1;
	c0 = cpu_sum(0);
	s0 = cpu_sum(1);
	g0 = self_cpu_ns();
	w0 = wcpu >= 0 ? cpu_busy_ns(wcpu) : 0;
	t0 = now_ns(CLOCK_MONOTONIC);
	uint64_t end = t0 + (uint64_t)(secs * 1e9), t;
	uint64_t last_progress = t0, last_rx = 0,
		 gone = 0; /* gone: packets given up as lost */
	while ((t = now_ns(CLOCK_MONOTONIC)) < end) {
		if (closed) {
			uint64_t fl = tot_tx - tot_rx;
			if (fl < (uint64_t)window + gone)
				send_some(&cur, (int)((uint64_t)window + gone - fl));
			drain(0);
			if (tot_rx != last_rx) {
				last_rx = tot_rx;
				last_progress = t;
			} else if (t - last_progress >
				   20000000) { /* lost packets hold the window: forget
						  them */
				gone = tot_tx - tot_rx;
				last_progress = t;
			}
		} else {
			double el =
				(double)(t -
					 t0); /* packets fall due at ticks, as a NIC with
						 interrupt coalescing hands them over */
			if (tick_us > 0)
				el = (double)((uint64_t)(el / (tick_us * 1e3))) *
				     tick_us * 1e3;
			uint64_t due = (uint64_t)(el * pps / 1e9);
			if (due > tot_tx) {
				int n = (int)(due - tot_tx);
				send_some(&cur, n > 64 ? 64 : n);
				drain(0);
			} else {
				double wait = ((double)(tot_tx + 1) * 1e9 / pps) -
					      (double)(now_ns(CLOCK_MONOTONIC) - t0);
				double wt = tick_us * 1e3 -
					    (double)((now_ns(CLOCK_MONOTONIC) - t0) %
						     (uint64_t)(tick_us * 1e3 + 1));
				if (wait < wt)
					wait = wt;
				drain(0);
				if (wait > 60000) {
					struct timespec ts = {
						0, (long)(wait > 500000 ? 500000
									: wait - 55000)
					};
					nanosleep(&ts, 0);
				}
			}
		}
	}
	r.secs = (double)(now_ns(CLOCK_MONOTONIC) - t0) / 1e9;
	for (int i = 0; i < 60 && tot_rx < tot_tx; i++)
		drain(5);
	r.tx = tot_tx;
	r.rx = tot_rx;
	double n = (double)(tot_rx ? tot_rx : 1) * 1e3;
	r.cpu_us = (double)(cpu_sum(0) - c0) / n;
	r.stat_us = (double)(cpu_sum(1) - s0) / n;
	r.gen_us = (double)(self_cpu_ns() - g0) / n;
	r.wcpu_us = wcpu >= 0 ? (double)(cpu_busy_ns(wcpu) - w0) / n : 0;
	measuring = 0;
	return r;
}
static void show(const char *tag, double pps, struct res *r)
{
	double j = 0, jm = 0;
	int nj = 0;
	for (int i = 0; i < nleg; i++)
		if (legs[i].rx) {
			j += legs[i].jit;
			nj++;
			if (legs[i].jit > jm)
				jm = legs[i].jit;
		}
	printf("%s streams=%d target_pps=%.0f pps=%.0f tx=%llu rx=%llu lost=%llu "
	       "ooo=%llu bad_hash=%llu bad_ssrc=%llu bad_len=%llu srtp_fail=%llu "
	       "wrong_src=%llu txfail=%llu "
	       "cpu_us=%.3f stat_us=%.3f gen_us=%.3f wcpu_us=%.3f delay_us_p50=%.1f "
	       "p90=%.1f p99=%.1f p999=%.1f max=%.1f jitter_us_mean=%.1f "
	       "jitter_us_max=%.1f\n",
	       tag, nleg / 2, pps, (double)r->rx / r->secs, (unsigned long long)r->tx,
	       (unsigned long long)r->rx, (unsigned long long)(r->tx - r->rx),
	       (unsigned long long)ooo, (unsigned long long)bad_hash,
	       (unsigned long long)bad_ssrc, (unsigned long long)bad_len,
	       (unsigned long long)srtp_fail, (unsigned long long)wrong_src,
	       (unsigned long long)txfail, r->cpu_us, r->stat_us, r->gen_us, r->wcpu_us,
	       (double)hist_q(&hd, .5) / 1e3, (double)hist_q(&hd, .9) / 1e3,
	       (double)hist_q(&hd, .99) / 1e3, (double)hist_q(&hd, .999) / 1e3,
	       (double)hd.max / 1e3, nj ? j / nj / 1e3 : 0, jm / 1e3);
	fflush(stdout);
}
int main(int ac, char **av)
{
	const char *f = 0;
	double secs = 0, pps = 0, warm = 1;
	int o, search = 0;
	local_ip = htonl(INADDR_LOOPBACK);
	while ((o = getopt(ac, av, "f:p:t:r:mw:b:H:uW:c:k:")) != -1)
		switch (o) {
		case 'f':
			f = optarg;
			break;
		case 'p':
			if (npid < 16)
				pids[npid++] = atoi(optarg);
			break;
		case 't':
			secs = atof(optarg);
			break;
		case 'r':
			pps = atof(optarg);
			break;
		case 'm':
			search = 1;
			break;
		case 'w':
			warm = atof(optarg);
			break;
		case 'b':
			batch = atoi(optarg);
			if (batch > MAXB)
				batch = MAXB;
			break;
		case 'H':
			local_ip = inet_addr(optarg);
			break;
		case 'u':
			closed = 1;
			break;
		case 'k':
			tick_us = atof(optarg);
			break;
		case 'W':
			window = atoi(optarg);
			break;
		case 'c':
			wcpu = atoi(optarg);
			break;
		default:
			return 2;
		}
	if (!f) {
		fprintf(stderr, "usage: rtpload -f SESSIONS [-p PID] [-t SEC] [-r PPS] "
				"[-m] [-u [-W n]] [-b BATCH]\n");
		return 2;
	}
	raise_nofile();
	epfd = epoll_create1(0);
	FILE *in = fopen(f, "r");
	char line[512];
	if (!in) {
		perror(f);
		return 1;
	}
	while (fgets(line, sizeof line, in)) {
		char e[4][64], ka[64] = "-", kb[64] = "-";
		if (sscanf(line, "%63s %63s %63s %63s %63s %63s", e[0], e[1], e[2], e[3],
			   ka, kb) < 4 ||
		    line[0] == '#')
			continue;
		legs = realloc(legs, sizeof *legs * (size_t)(nleg + 2));
		memset(&legs[nleg], 0, sizeof *legs * 2);
		for (int i = 0; i < 2; i++) {
			struct leg *l = &legs[nleg + i];
			uint32_t ip;
			int port;
			parse_ep(e[i * 2], &ip, &port);
			l->sock = sock_for(ip, port);
			parse_ep(e[i * 2 + 1], &ip, &port);
			l->to = (struct sockaddr_in){ .sin_family = AF_INET,
						      .sin_port = htons((uint16_t)port),
						      .sin_addr.s_addr = ip };
			l->ssrc = 0x5a000000u + (uint32_t)(nleg + i);
		}
		if (ka[0] != '-') {
			struct leg *l = &legs[nleg + 1];
			l->secure = 1;
			l->tx = mk(ka);
			l->rxs = mk(kb);
		}
		nleg += 2;
	}
	fclose(in);
	if (!nleg)
		return 1;
	if (pps <= 0)
		pps = nleg * 50.0;
	if (secs <= 0)
		secs = search ? 2 : 10;
	if (warm > 0) {
		int c = closed;
		closed = 0;
		double wp = nleg * 50.0;
		if (wp > pps)
			wp = pps;
		run(wp, warm);
		closed = c;
		bad_hash = bad_ssrc = bad_len = srtp_fail = wrong_src = 0;
	}
	if (search) {
		double lo = 0, hi = 0, r = pps;
		struct res best = { 0 };
		for (int i = 0; i < 16; i++) {
			struct res x = run(r, secs);
			int ok = x.tx == x.rx &&
				 (double)x.tx >=
					 r * secs * 0.98; /* the generator kept up too */
			fprintf(stderr,
				"try %.0f pps: tx %llu (%.0f/s) lost %lld cpu %.3f us "
				"gen %.3f us%s\n",
				r, (unsigned long long)x.tx, (double)x.tx / x.secs,
				(long long)(x.tx - x.rx), x.cpu_us, x.gen_us,
				(double)x.tx < r * secs * 0.98 ? "  GENERATOR LIMIT"
							       : "");
			if (ok) {
				lo = r;
				best = x;
			} else
				hi = r;
			if (hi > 0 && lo > 0 && hi / lo < 1.04)
				break;
			if (hi == 0)
				r *= 1.3;
			else if (lo == 0)
				r *= 0.6;
			else
				r = (lo + hi) / 2;
		}
		show("maxrate", lo, &best);
		return 0;
	}
	struct res r = run(pps, secs);
	show(closed ? "closed" : "rate", pps, &r);
	return 0;
}
