/* SPDX-License-Identifier: Apache-2.0 */
/* stunmsg.h - just enough STUN/TURN building and reading for the load clients. Ours. */
#ifndef STUNMSG_H
#define STUNMSG_H
#include "bench.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
struct sm {
	uint8_t b[1500];
	int n;
};
static inline void p16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline unsigned g16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}
static inline void sm_start(struct sm *m, unsigned type, uint64_t tid)
{
	static const uint8_t mc[4] = { 0x21, 0x12, 0xa4, 0x42 };
	p16(m->b, type);
	p16(m->b + 2, 0);
	memcpy(m->b + 4, mc, 4);
	memset(m->b + 8, 0x77, 4);
	memcpy(m->b + 12, &tid, 8);
	m->n = 20;
}
static inline void sm_attr(struct sm *m, unsigned t, const void *v, int len)
{
	p16(m->b + m->n, t);
	p16(m->b + m->n + 2, (unsigned)len);
	memcpy(m->b + m->n + 4, v, (size_t)len);
	int pad = (4 - (len & 3)) & 3;
	memset(m->b + m->n + 4 + len, 0, (size_t)pad);
	m->n += 4 + len + pad;
	p16(m->b + 2, (unsigned)(m->n - 20));
}
static inline void sm_xaddr(struct sm *m, unsigned t, const struct sockaddr_in *a)
{
	uint8_t v[8] = { 0, 1 };
	uint32_t ip = ntohl(a->sin_addr.s_addr) ^ 0x2112a442u;
	p16(v + 2, ntohs(a->sin_port) ^ 0x2112u);
	ip = htonl(ip);
	memcpy(v + 4, &ip, 4);
	sm_attr(m, t, v, 8);
}
static inline const uint8_t *sm_find(const uint8_t *b, int n, unsigned t, int *len)
{
	for (int i = 20; i + 4 <= n; i += 4 + (int)((g16(b + i + 2) + 3) & ~3u))
		if (g16(b + i) == t) {
			*len = (int)g16(b + i + 2);
			return b + i + 4;
		}
	return 0;
}
static inline int sm_getx(const uint8_t *b, int n, unsigned t, struct sockaddr_in *a)
{
	int l;
	const uint8_t *v = sm_find(b, n, t, &l);
	uint32_t ip;
	if (!v || l != 8 || v[1] != 1)
		return 0;
	memcpy(&ip, v + 4, 4);
	ip = htonl(ntohl(ip) ^ 0x2112a442u);
	memset(a, 0, sizeof *a);
	a->sin_family = AF_INET;
	a->sin_port = htons((uint16_t)(g16(v + 2) ^ 0x2112u));
	a->sin_addr.s_addr = ip;
	return 1;
}
static inline void sm_integrity(struct sm *m, const uint8_t key[16])
{
	uint8_t mac[20];
	unsigned ml = 20;
	p16(m->b + 2, (unsigned)(m->n - 20 + 24));
	HMAC(EVP_sha1(), key, 16, m->b, (size_t)m->n, mac, &ml);
	sm_attr(m, 8, mac, 20);
}
#endif
