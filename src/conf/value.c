/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

bool bel_conf_count_read(struct bel_conf_loader *loader, uint64_t *out,
			 const struct bel_conf_token *token, uint64_t min, uint64_t max)
{
	uint64_t value = 0;
	enum bel_err err = bel_str_to_u64(&value, token->text, max);

	if (err == BEL_ERR_SYNTAX) {
		bel_conf_complain(loader->report, token, "\"%.*s\" is not a number",
				  BEL_CONF_SHOW(token->text));
		bel_conf_remedy(loader->report, "give %llu to %llu",
				(unsigned long long)min, (unsigned long long)max);
		return false;
	}
	if (err || value < min) {
		bel_conf_complain(loader->report, token, "%.*s is out of range",
				  BEL_CONF_SHOW(token->text));
		bel_conf_remedy(loader->report, "give %llu to %llu",
				(unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = value;
	return true;
}

static const struct duration_unit {
	const char *name;
	uint64_t ms;
} duration_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};

static void write_duration(struct bel_writer *writer, uint64_t ms)
{
	for (size_t i = 0; i < BEL_COUNT_OF(duration_units); i++) {
		const struct duration_unit *unit = &duration_units[i];
		/* A day reads better as 24h. */
		if (ms % unit->ms || (unit->ms == 86400000 && ms <= unit->ms))
			continue;
		bel_write_u64(writer, ms / unit->ms);
		bel_write_text(writer, unit->name);
		return;
	}
}

static void complain_duration_range(struct bel_conf_loader *loader,
				    const struct bel_conf_token *token, uint64_t min_ms,
				    uint64_t max_ms)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	write_duration(&writer, min_ms);
	bel_write_lit(&writer, " to ");
	write_duration(&writer, max_ms);
	bel_conf_complain(loader->report, token, "%.*s is out of range",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "give %.*s",
			BEL_STR_ARG(bel_writer_str(&writer)));
}

static void complain_duration(struct bel_conf_loader *loader,
			      const struct bel_conf_token *token, bool has_number)
{
	if (has_number && bel_char_is_digit(token->text.ptr[token->text.len - 1])) {
		bel_conf_complain(loader->report, token, "%.*s has no unit",
				  BEL_CONF_SHOW(token->text));
		bel_conf_remedy(loader->report,
				"write %.*ss for seconds; ms, m, h and d "
				"are known too",
				BEL_CONF_SHOW(token->text));
		return;
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is not a duration",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "write it like 30s, 5m or 2h");
}

bool bel_conf_duration_read(struct bel_conf_loader *loader, uint64_t *out_ms,
			    const struct bel_conf_token *token, uint64_t min_ms,
			    uint64_t max_ms)
{
	struct bel_cursor cursor = bel_cursor_init(token->text);
	uint64_t value = 0, ms = 0;
	enum bel_err err = bel_cursor_u64(&value, &cursor, UINT32_MAX);
	bel_str name = { cursor.ptr, bel_cursor_left(&cursor) };

	if (err == BEL_ERR_LIMIT) {
		complain_duration_range(loader, token, min_ms, max_ms);
		return false;
	}
	for (size_t i = 0; !err && i < BEL_COUNT_OF(duration_units); i++)
		if (bel_str_is_equal(name, bel_str_from(duration_units[i].name)))
			ms = duration_units[i].ms;
	if (!ms) {
		complain_duration(loader, token, !err);
		return false;
	}
	if (value * ms < min_ms || value * ms > max_ms) {
		complain_duration_range(loader, token, min_ms, max_ms);
		return false;
	}
	*out_ms = value * ms;
	return true;
}

bool bel_conf_flag_read(struct bel_conf_loader *loader, bool *out,
			const struct bel_conf_token *token)
{
	static const char *const no[] = { "off", "no", "false", "0", "none", "disable" };
	static const char *const yes[] = { "on", "yes", "true", "1", "enable" };
	const char *meant = "on or off";

	if (bel_str_is_equal(token->text, BEL_STR("on")) ||
	    bel_str_is_equal(token->text, BEL_STR("off"))) {
		*out = token->text.len == 2;
		return true;
	}
	for (size_t i = 0; i < BEL_COUNT_OF(no); i++)
		if (bel_str_is_equal_nocase(token->text, bel_str_from(no[i])))
			meant = "off";
	for (size_t i = 0; i < BEL_COUNT_OF(yes); i++)
		if (bel_str_is_equal_nocase(token->text, bel_str_from(yes[i])))
			meant = "on";
	bel_conf_complain(loader->report, token, "\"%.*s\" is neither on nor off",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "write %s", meant);
	return false;
}

bool bel_conf_addr_read(struct bel_conf_loader *loader, bel_addr *out,
			const struct bel_conf_token *token, uint16_t default_port)
{
	if (!bel_addr_parse(out, token->text, default_port))
		return true;
	bel_conf_complain(loader->report, token, "\"%.*s\" is not an address",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report,
			"write it like 192.0.2.1, 192.0.2.1:5060 or [2001:db8::1]:5060");
	return false;
}

static bool is_name_char(char c)
{
	c = bel_char_lower(c);
	return (c >= 'a' && c <= 'z') || bel_char_is_digit(c) || c == '-' || c == '_';
}

/* Labels of 1 to 63 letters, digits and hyphens between dots. */
static bool is_host(bel_str text)
{
	size_t label = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '.' ? !label : !is_name_char(text.ptr[i]))
			return false;
		label = text.ptr[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return text.len > 0 && text.len <= 253;
}

static void complain_host(struct bel_conf_loader *loader,
			  const struct bel_conf_token *token)
{
	bel_str text = token->text;
	size_t at = bel_str_find(text, '@');
	size_t from = at < text.len ? at + 1 : 0;
	size_t colon = bel_str_find(text, ':');

	bel_conf_complain(loader->report, token, "\"%.*s\" is not the name of a host",
			  BEL_CONF_SHOW(text));
	if (!from && colon < text.len &&
	    is_host(bel_str_slice(text, colon + 1, text.len)))
		from = colon + 1;
	if (from && is_host(bel_str_slice(text, from, text.len)) &&
	    !bel_char_is_digit(text.ptr[from]))
		bel_conf_remedy(loader->report, "write the name alone: %.*s",
				BEL_CONF_SHOW(bel_str_slice(text, from, text.len)));
	else if (colon && is_host(bel_str_slice(text, 0, colon)))
		bel_conf_remedy(loader->report, "write the name alone: %.*s",
				BEL_CONF_SHOW(bel_str_slice(text, 0, colon)));
	else
		bel_conf_remedy(loader->report, "write it like example.com");
}

bool bel_conf_host_read(struct bel_conf_loader *loader, bel_str *out,
			const struct bel_conf_token *token)
{
	bel_addr addr;

	if (!is_host(token->text) && bel_addr_parse_host(&addr, token->text)) {
		complain_host(loader, token);
		return false;
	}
	*out = bel_conf_keep_lower(loader, token->text);
	return true;
}

bool bel_conf_uri_read(struct bel_conf_loader *loader, bel_str *out,
		       const struct bel_conf_token *token)
{
	static const char *const schemes[] = { "sip:",  "sips:",  "tel:", "mailto:",
					       "http:", "https:", "im:",  "pres:" };
	bel_str text = token->text;

	for (size_t i = 0; i < BEL_COUNT_OF(schemes); i++) {
		bel_str scheme = bel_str_from(schemes[i]);
		if (!bel_str_has_prefix_nocase(text, scheme) || text.len == scheme.len)
			continue;
		*out = bel_conf_keep(loader, text);
		return true;
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is not a SIP address",
			  BEL_CONF_SHOW(text));
	if (text.len && bel_str_find(text, ':') == text.len)
		bel_conf_remedy(loader->report, "write sip:%.*s", BEL_CONF_SHOW(text));
	else
		bel_conf_remedy(loader->report, "write it like sip:alice@example.com");
	return false;
}

bool bel_conf_choice_read(struct bel_conf_loader *loader, unsigned *out,
			  const struct bel_conf_token *token, const char *const *names,
			  unsigned count, const char *what)
{
	struct bel_conf_guess guess = bel_conf_guess_init(token->text);
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < count; i++) {
		if (bel_str_is_equal_nocase(token->text, bel_str_from(names[i]))) {
			*out = i;
			return true;
		}
		bel_conf_guess_add(&guess, bel_str_from(names[i]));
		bel_write_text(&writer, i ? " " : "");
		bel_write_text(&writer, names[i]);
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is no %s",
			  BEL_CONF_SHOW(token->text), what);
	if (!bel_conf_guess_remedy(loader->report, &guess))
		bel_conf_remedy(loader->report, "known are: %.*s",
				BEL_STR_ARG(bel_writer_str(&writer)));
	return false;
}
