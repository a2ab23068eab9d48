/* SPDX-License-Identifier: Apache-2.0 */
#include "ng/flags.h"

/* A key of the dictionary, with one value or (NULL) with any. What has no `take` is
 * either read by the command itself, or asks for what is always so, or for nothing that
 * anybody could miss. */
struct word {
	const char *key, *value;
	void (*take)(struct bel_ng_flags *flags, unsigned argument, bel_str value);
	unsigned argument;
};

static void take_keying(struct bel_ng_flags *flags, unsigned argument, bel_str value)
{
	(void)value;
	flags->has_keying = true;
	flags->keying = (enum bel_relay_keying)argument;
}

static void take_without(struct bel_ng_flags *flags, unsigned argument, bel_str value)
{
	(void)value;
	flags->is_without[argument] = true;
}

static void take_family(struct bel_ng_flags *flags, unsigned argument, bel_str value)
{
	(void)value;
	flags->family = (uint8_t)argument;
}

static void take_fatal(struct bel_ng_flags *flags, unsigned argument, bel_str value)
{
	(void)argument;
	(void)value;
	flags->is_fatal = true;
}

/* A list of a family's name, which says nothing new, and an address. */
static void take_signal(struct bel_ng_flags *flags, unsigned argument, bel_str value)
{
	bel_addr addr;

	(void)argument;
	if (!bel_addr_parse_host(&addr, value))
		flags->signal = bel_addr_canonical(&addr);
}

static const struct word words[] = {
	/* of the command itself */
	{ "command", NULL, NULL, 0 },
	{ "call-id", NULL, NULL, 0 },
	{ "from-tag", NULL, NULL, 0 },
	{ "to-tag", NULL, NULL, 0 },
	{ "sdp", NULL, NULL, 0 },
	{ "limit", NULL, NULL, 0 },

	/* keys: the transport of who gets the description */
	{ "transport-protocol", "RTP/AVP", take_keying, BEL_RELAY_PLAIN },
	{ "transport-protocol", "RTP/AVPF", take_keying, BEL_RELAY_PLAIN },
	{ "transport-protocol", "RTP/SAVP", take_keying, BEL_RELAY_SDES },
	{ "transport-protocol", "RTP/SAVPF", take_keying, BEL_RELAY_SDES },
	{ "transport-protocol", "UDP/TLS/RTP/SAVP", take_keying, BEL_RELAY_DTLS },
	{ "transport-protocol", "UDP/TLS/RTP/SAVPF", take_keying, BEL_RELAY_DTLS },
	{ "DTLS", "off", take_without, BEL_RELAY_DTLS },
	{ "DTLS", "no", take_without, BEL_RELAY_DTLS },
	{ "DTLS", "disable", take_without, BEL_RELAY_DTLS },
	{ "DTLS", "passive", NULL, 0 },
	{ "SDES", "off", take_without, BEL_RELAY_SDES },
	{ "SDES", "no", take_without, BEL_RELAY_SDES },
	{ "SDES", "disable", take_without, BEL_RELAY_SDES },
	{ "SDES", "pad", NULL, 0 },
	/* Others beside it do no harm. */
	{ "SDES", "only-AES_CM_128_HMAC_SHA1_80", NULL, 0 },

	/* addresses */
	{ "received-from", NULL, take_signal, 0 },
	{ "address-family", "IP4", take_family, 4 },
	{ "address-family", "IP6", take_family, 6 },
	{ "direction", NULL, NULL, 0 },        /* all faces are as good */
	{ "flags", "trust-address", NULL, 0 }, /* both are trusted (SECURITY, rule H) */
	{ "flags", "SIP-source-address", NULL, 0 },
	{ "flags", "symmetric", NULL, 0 },
	{ "flags", "port-latching", NULL, 0 },

	/* the description: addresses are always written anew, candidates left out */
	{ "replace", NULL, NULL, 0 },
	{ "ICE", "remove", NULL, 0 },
	{ "ICE", "default", NULL, 0 },
	{ "rtcp-mux", NULL, NULL, 0 }, /* each side is offered it, and each may refuse */

	/* the end of a call, which is at once */
	{ "flags", "fatal", take_fatal, 0 },
	{ "delete-delay", NULL, NULL, 0 },
	{ "delete delay", NULL, NULL, 0 },

	/* said in passing */
	{ "via-branch", NULL, NULL, 0 },
	{ "supports", NULL, NULL, 0 },
	{ "sip-message-type", NULL, NULL, 0 },
	{ "sip-code", NULL, NULL, 0 },
	{ "label", NULL, NULL, 0 },
	{ "metadata", NULL, NULL, 0 },
	{ "flags", "full-rtcp-attribute", NULL, 0 },
	{ "flags", "no-redis-update", NULL, 0 },
};

static const struct word *find_word(bel_str key, bel_str value)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(words); i++)
		if (bel_str_is_equal(key, bel_str_from(words[i].key)) &&
		    (!words[i].value ||
		     bel_str_is_equal(value, bel_str_from(words[i].value))))
			return &words[i];
	return NULL;
}

static void warn(struct bel_ng_flags *flags, bel_str key, bel_str value)
{
	struct bel_writer writer = bel_writer_init(flags->text, sizeof flags->text);

	writer.len = flags->text_len;
	flags->passed_over++;
	bel_write_str(&writer, writer.len ? BEL_STR(", ") : BEL_STR("passed over: "));
	bel_write_escaped(&writer, key);
	if (value.len) {
		bel_write_char(&writer, '=');
		bel_write_escaped(&writer, value);
	}
	/* What does not fit is left out as a whole. */
	if (!bel_writer_check(&writer))
		flags->text_len = writer.len;
}

static void read_value(struct bel_ng_flags *flags, bel_str key, bel_str value)
{
	const struct word *word = find_word(key, value);

	if (!word)
		warn(flags, key, value);
	else if (word->take)
		word->take(flags, word->argument, value);
}

/* ---- flags in one line ---- */

/* What stands in front of a value there: "replace-origin", "rtcp-mux=offer". */
static const bel_str prefixes[] = {
	{ "replace", 7 },
	{ "rtcp-mux", 8 },
	{ "SDES", 4 },
	{ "received-from", 13 },
};

static const struct {
	const char *text, *key;
} whole_words[] = {
	{ "RTP/AVP", "transport-protocol" },
	{ "RTP/AVPF", "transport-protocol" },
	{ "RTP/SAVP", "transport-protocol" },
	{ "RTP/SAVPF", "transport-protocol" },
	{ "UDP/TLS/RTP/SAVP", "transport-protocol" },
	{ "UDP/TLS/RTP/SAVPF", "transport-protocol" },
	{ "internal", "direction" },
	{ "external", "direction" },
	{ "to-tag", "to-tag" },
};

static void read_word(struct bel_ng_flags *flags, bel_str text)
{
	size_t equals = bel_str_find(text, '=');

	for (unsigned i = 0; i < BEL_COUNT_OF(prefixes); i++) {
		size_t len = prefixes[i].len;
		if (text.len > len && bel_str_has_prefix(text, prefixes[i]) &&
		    (text.ptr[len] == '-' || text.ptr[len] == '=')) {
			read_value(flags, prefixes[i],
				   bel_str_slice(text, len + 1, text.len));
			return;
		}
	}
	for (unsigned i = 0; i < BEL_COUNT_OF(whole_words); i++)
		if (bel_str_is_equal(text, bel_str_from(whole_words[i].text))) {
			read_value(flags, bel_str_from(whole_words[i].key), text);
			return;
		}
	if (equals < text.len)
		read_value(flags, bel_str_slice(text, 0, equals),
			   bel_str_slice(text, equals + 1, text.len));
	else
		read_value(flags, BEL_STR("flags"), text);
}

/* Later Kamailios leave it to the relay to read what their configuration says. */
static void read_line(struct bel_ng_flags *flags, bel_str line)
{
	struct bel_cursor in = bel_cursor_init(line);

	while (!bel_cursor_is_end(&in)) {
		bel_str word = bel_cursor_until_char(&in, ' ');
		bel_cursor_take(&in, ' ');
		if (word.len)
			read_word(flags, word);
	}
}

/* ---- reading ---- */

static void read_item(struct bel_ng_flags *flags, bel_str key,
		      const struct bel_bencode *item)
{
	struct bel_cursor walk = bel_bencode_walk(item);
	struct bel_bencode inner;

	if (item->kind == BEL_BENCODE_STRING &&
	    bel_str_is_equal(key, BEL_STR("rtpp-flags"))) {
		read_line(flags, item->bytes);
		return;
	}
	if (item->kind != BEL_BENCODE_LIST) {
		read_value(flags, key,
			   item->kind == BEL_BENCODE_STRING ? item->bytes : BEL_STR_NONE);
		return;
	}
	while (bel_bencode_next(&inner, &walk))
		read_value(flags, key,
			   inner.kind == BEL_BENCODE_STRING ? inner.bytes : BEL_STR_NONE);
}

void bel_ng_flags_read(struct bel_ng_flags *out, const struct bel_bencode *dictionary)
{
	struct bel_cursor walk = bel_bencode_walk(dictionary);
	struct bel_bencode item;
	bel_str key;

	*out = (struct bel_ng_flags){ .keying = BEL_RELAY_AS_OFFERED };
	while (bel_bencode_pair_next(&key, &item, &walk))
		read_item(out, key, &item);
	/* RTP/SAVP stands for either kind of keys. */
	if (out->keying == BEL_RELAY_SDES && out->is_without[BEL_RELAY_SDES])
		out->keying = BEL_RELAY_DTLS;
	else if (out->keying == BEL_RELAY_DTLS && out->is_without[BEL_RELAY_DTLS])
		out->keying = BEL_RELAY_SDES;
}

bel_str bel_ng_flags_warning(const struct bel_ng_flags *flags)
{
	return (bel_str){ flags->text, flags->text_len };
}
