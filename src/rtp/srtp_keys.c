/* SPDX-License-Identifier: Apache-2.0
 *
 * Session keys from a master key (RFC 3711 section 4.3), and the counters that packets
 * are encrypted with. */
#include "rtp/srtp_int.h"

/* Labels of section 4.3.2; those of RTCP come three later. */
enum { LABEL_CIPHER = 0, LABEL_AUTH = 1, LABEL_SALT = 2, LABEL_RTCP = 3, LABEL_AT = 7 };

/* The pseudo-random function of section 4.3.3: the key stream that begins at the salt
 * with the label in it. The index divided by the key derivation rate, 0, is always 0. */
static enum bel_err derive(uint8_t *out, size_t len, struct bel_ctr *prf, bel_str salt,
			   unsigned label)
{
	uint8_t iv[BEL_CTR_IV_BYTES] = { 0 };

	/* A salt of 12 bytes (RFC 7714) is padded with zeros behind. */
	memcpy(iv, salt.ptr, salt.len);
	iv[LABEL_AT] ^= (uint8_t)label;
	memset(out, 0, len);
	return bel_ctr_apply(prf, iv, out, len);
}

enum bel_err bel_srtp_keys_derive(struct bel_srtp_keys *out,
				  const struct bel_srtp_suite_row *suite, bel_str master,
				  bool is_rtcp)
{
	bel_str key = bel_str_slice(master, 0, suite->key_bytes);
	bel_str salt = bel_str_slice(master, suite->key_bytes, master.len);
	unsigned from = is_rtcp ? LABEL_RTCP : 0;
	struct bel_srtp_keys keys = { 0 };
	struct bel_ctr *prf;
	enum bel_err err = bel_ctr_open(&prf, key);

	if (err)
		return err;
	err = derive(keys.cipher, suite->key_bytes, prf, salt, from + LABEL_CIPHER);
	if (!err)
		err = derive(keys.auth, sizeof keys.auth, prf, salt, from + LABEL_AUTH);
	if (!err)
		err = derive(keys.salt, suite->salt_bytes, prf, salt, from + LABEL_SALT);
	if (!err)
		*out = keys;
	bel_ctr_close(prf);
	bel_wipe(&keys, sizeof keys);
	return err;
}

/* XORs a big-endian number into bytes that end at `end`. */
static void mix(uint8_t *end, uint64_t value, unsigned bytes)
{
	while (bytes--) {
		*--end ^= (uint8_t)value;
		value >>= 8;
	}
}

/* Section 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16). */
void bel_srtp_counter(uint8_t iv[BEL_CTR_IV_BYTES], const struct bel_srtp_side *side,
		      uint32_t ssrc, uint64_t index)
{
	memcpy(iv, side->salt, sizeof side->salt);
	iv[14] = iv[15] = 0;
	mix(iv + 8, ssrc, 4);
	mix(iv + 14, index, 6);
}

/* RFC 7714 sections 8.1 and 9.1: two zeros, SSRC and index under the salt. The index of
 * RTCP has its upper two bytes 0, as the section wants. */
void bel_srtp_nonce(uint8_t iv[BEL_GCM_IV_BYTES], const struct bel_srtp_side *side,
		    uint32_t ssrc, uint64_t index)
{
	memcpy(iv, side->salt, BEL_GCM_IV_BYTES);
	mix(iv + 6, ssrc, 4);
	mix(iv + 12, index, 6);
}
