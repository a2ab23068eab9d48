/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/phone_int.h"

bool bel_phone_copy(char *out, size_t size, bel_str str)
{
	if (str.len >= size || bel_str_find(str, '\0') < str.len)
		return false;
	memcpy(out, str.len ? str.ptr : "", str.len);
	out[str.len] = '\0';
	return true;
}

static bel_str without_scheme(bel_str uri)
{
	if (bel_str_has_prefix_nocase(uri, BEL_STR("sips:")))
		return bel_str_slice(uri, 5, uri.len);
	if (bel_str_has_prefix_nocase(uri, BEL_STR("sip:")) ||
	    bel_str_has_prefix_nocase(uri, BEL_STR("tel:")))
		return bel_str_slice(uri, 4, uri.len);
	return uri;
}

/* "alice@example.com" of a whole URI: no port, no parameters. */
static void split(bel_str *user, bel_str *host, bel_str uri)
{
	bel_str rest = without_scheme(uri);
	size_t at = bel_str_find(rest, '@');

	*user = at < rest.len ? bel_str_slice(rest, 0, at) : BEL_STR_NONE;
	*host = at < rest.len ? bel_str_slice(rest, at + 1, rest.len) : rest;
	*user = bel_str_slice(*user, 0, bel_str_find(*user, ':'));
	*host = bel_str_slice(*host, 0, bel_str_find(*host, ';'));
	*host = bel_str_slice(*host, 0, bel_str_find(*host, '?'));
	if (bel_str_has_prefix(*host, BEL_STR("[")))
		*host = bel_str_slice(*host, 0, bel_str_find(*host, ']') + 1);
	else
		*host = bel_str_slice(*host, 0, bel_str_find(*host, ':'));
}

static bool is_ours(const struct bel_phone *phone, bel_str host)
{
	bel_str user, own;

	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++) {
		if (!phone->accounts[i].account)
			continue;
		split(&user, &own,
		      bel_str_from(belfry_account_address(phone->accounts[i].account)));
		if (bel_str_is_equal_nocase(own, host))
			return true;
	}
	return false;
}

/* A name that he gave himself stands beside his address when that is a stranger's: a
 * display name proves nothing. */
void bel_phone_name(char out[PHONE_NAME_BYTES], const struct bel_phone *phone,
		    bel_str display, bel_str uri)
{
	char buf[PHONE_URI_BYTES];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);
	bel_str user, host, text;

	split(&user, &host, uri);
	/* RFC 3323 section 4.1.1.3: who does not say who he is. */
	if (bel_str_is_equal_nocase(host, BEL_STR("anonymous.invalid"))) {
		bel_phone_copy(out, PHONE_NAME_BYTES, BEL_STR("anonymous"));
		return;
	}
	bel_write_str(&name, user.len ? user : host);
	if (user.len && !is_ours(phone, host)) {
		bel_write_char(&name, '@');
		bel_write_str(&name, host);
	}
	if (display.len && !bel_str_is_equal_nocase(display, user)) {
		struct bel_writer both = bel_writer_init(out, PHONE_NAME_BYTES - 1);
		bel_write_str(&both, display);
		bel_write_lit(&both, " (");
		bel_write_str(&both, bel_writer_str(&name));
		bel_write_char(&both, ')');
		out[both.len] = '\0';
		if (!both.is_full)
			return;
	}
	text = bel_str_slice(bel_writer_str(&name), 0, PHONE_NAME_BYTES - 1);
	if (!bel_phone_copy(out, PHONE_NAME_BYTES, text))
		out[0] = '\0';
}

void bel_phone_write_time(struct bel_writer *out, uint64_t ms)
{
	unsigned long long s = ms / 1000;

	if (s >= 3600)
		bel_write_format(out, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60,
				 s % 60);
	else
		bel_write_format(out, "%llu:%02llu", s / 60, s % 60);
}
