/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - small shared helpers of the media benchmarks: clocks, CPU time of a
 * process, percentiles, the test RTP packet.  Ours; header only. */
#ifndef BENCH_H
#define BENCH_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(clockid_t c)
{
	struct timespec t;
	clock_gettime(c, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time of all threads of a process in ns.  /proc/PID/task/T/schedstat has ns
 * resolution; where it is missing, utime+stime of /proc/PID/stat (10 ms ticks). */
static inline uint64_t proc_cpu_stat_ns(int pid)
{
	char p[64], b[1024];
	snprintf(p, sizeof p, "/proc/%d/stat", pid);
	FILE *f = fopen(p, "r");
	if (!f)
		return 0;
	size_t n = fread(b, 1, sizeof b - 1, f);
	fclose(f);
	b[n] = 0;
	char *s = strrchr(b, ')');
	unsigned long ut = 0, st = 0;
	if (!s || sscanf(s + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			 &ut, &st) != 2)
		return 0;
	return (uint64_t)(ut + st) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}
static inline uint64_t proc_cpu_ns(int pid)
{
	char p[300];
	snprintf(p, sizeof p, "/proc/%d/task", pid);
	DIR *d = opendir(p);
	if (!d)
		return proc_cpu_stat_ns(pid);
	uint64_t sum = 0;
	struct dirent *e;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(p, sizeof p, "/proc/%d/task/%s/schedstat", pid, e->d_name);
		FILE *f = fopen(p, "r");
		unsigned long long v;
		if (f) {
			if (fscanf(f, "%llu", &v) == 1)
				sum += v;
			fclose(f);
		}
	}
	closedir(d);
	return sum ? sum : proc_cpu_stat_ns(pid);
}
static inline long proc_rss_kb(int pid)
{
	char p[64], l[256];
	long kb = 0;
	snprintf(p, sizeof p, "/proc/%d/status", pid);
	FILE *f = fopen(p, "r");
	if (!f)
		return 0;
	while (fgets(l, sizeof l, f))
		if (sscanf(l, "VmRSS: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}
/* whole-CPU busy time (ticks -> ns) of one CPU: user+nice+sys+irq+softirq */
static inline uint64_t cpu_busy_ns(int cpu)
{
	char l[512], key[16];
	snprintf(key, sizeof key, "cpu%d ", cpu);
	FILE *f = fopen("/proc/stat", "r");
	uint64_t r = 0;
	if (!f)
		return 0;
	while (fgets(l, sizeof l, f))
		if (!strncmp(l, key, strlen(key))) {
			unsigned long long u, n, s, i, w, q, sq;
			if (sscanf(l + strlen(key), "%llu %llu %llu %llu %llu %llu %llu",
				   &u, &n, &s, &i, &w, &q, &sq) == 7)
				r = (u + n + s + q + sq) *
				    (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
			break;
		}
	fclose(f);
	return r;
}
static inline uint64_t self_cpu_ns(void)
{
	return now_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* log-linear histogram for delays in ns: 64 steps per power of two (1.6 %) */
#define HB 4096
struct hist {
	uint64_t n, b[HB];
	uint64_t sum, max;
};
static inline int hist_i(uint64_t v)
{
	if (v < 64)
		return (int)v;
	int e = 63 - __builtin_clzll(v);
	int i = (e - 5) * 64 + (int)((v >> (e - 6)) & 63);
	return i < HB ? i : HB - 1;
}
static inline uint64_t hist_v(int i)
{
	if (i < 128)
		return (uint64_t)i;
	int e = i / 64 + 5;
	return (1ull << e) + ((uint64_t)(i % 64) << (e - 6));
}
static inline void hist_add(struct hist *h, uint64_t v)
{
	h->n++;
	h->sum += v;
	if (v > h->max)
		h->max = v;
	h->b[hist_i(v)]++;
}
static inline uint64_t hist_q(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)((double)h->n * q), s = 0;
	for (int i = 0; i < HB; i++) {
		s += h->b[i];
		if (s > want)
			return hist_v(i);
	}
	return h->max;
}
static inline int udp_sock(uint32_t ip, int port, int buf)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (s < 0) {
		perror("socket");
		exit(1);
	}
	if (buf) {
		if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buf, sizeof buf))
			setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buf, sizeof buf);
		if (setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &buf, sizeof buf))
			setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buf, sizeof buf);
	}
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = ip };
	if (bind(s, (struct sockaddr *)&a, sizeof a)) {
		fprintf(stderr, "bind port %d: %s\n", port, strerror(errno));
		exit(1);
	}
	return s;
}
static inline uint32_t mix32(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	x ^= x >> 33;
	return (uint32_t)x;
}
static inline uint32_t words_hash(const uint8_t *p, size_t n) /* n multiple of 4 */
{
	uint64_t h = 0x9e3779b97f4a7c15ull;
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t w;
		memcpy(&w, p + i, 4);
		h = (h ^ w) * 0x100000001b3ull;
	}
	return mix32(h);
}
static inline void raise_nofile(void)
{
	struct rlimit r = { 200000, 200000 };
	if (setrlimit(RLIMIT_NOFILE, &r)) {
		getrlimit(RLIMIT_NOFILE, &r);
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}
#endif
