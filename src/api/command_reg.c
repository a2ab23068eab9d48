/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "api/api_int.h"
#include "api/binding_text.h"

struct walk {
	const struct command *command;
	bel_str aor; /* only this one; empty: all */
	uint64_t now_ms;
	unsigned count;
};

static bool on_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		   unsigned count)
{
	struct walk *walk = user;
	struct sink *sink = walk->command->sink;

	if (walk->aor.len && !bel_str_is_equal(aor, walk->aor))
		return true;
	for (unsigned i = 0; i < count; i++) {
		bel_sink_reserve(sink, BEL_BINDING_TEXT_BYTES);
		bel_binding_write(&sink->writer, aor, &bindings[i], walk->now_ms,
				  walk->command->is_json);
		walk->count++;
	}
	return !sink->is_broken;
}

/* "alice" is alice of the default domain. */
static bel_str to_aor(const struct command *command, bel_str word)
{
	struct bel_conf *conf = bel_node_conf(command->api->opts.node);
	struct bel_facts facts = { .max_forwards = 70 };
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri uri;
	bel_str aor = BEL_STR_NONE;

	facts.own = bel_node_own(command->api->opts.node, &facts.own_count);
	if (!bel_str_has_prefix_nocase(word, BEL_STR("sip:")) &&
	    !bel_str_has_prefix_nocase(word, BEL_STR("sips:")))
		bel_write_lit(&writer, "sip:");
	bel_write_str(&writer, word);
	if (bel_str_find(word, '@') == word.len) {
		bel_write_char(&writer, '@');
		if (conf->domains_count)
			bel_write_str(&writer, conf->domains[0].name);
		else if (facts.own_count)
			bel_addr_write_uri_host(&writer, &facts.own[0]);
	}
	if (!writer.is_full && bel_uri_parse(&uri, bel_writer_str(&writer)) == BEL_OK)
		aor = bel_route_aor(command->arena, &facts, conf, &uri);
	bel_conf_unref(conf);
	return aor.len ? aor : word;
}

static int list(const struct command *command, bel_str aor)
{
	struct walk walk = { .command = command,
			     .aor = aor,
			     .now_ms = bel_node_wall_ms(command->api->opts.node) };

	bel_location_each(bel_node_location(command->api->opts.node), walk.now_ms, on_aor,
			  &walk);
	if (walk.count || !aor.len)
		return 0;
	return bel_command_refuse(command, 1, "%.*s has no phone registered",
				  BEL_STR_ARG(aor));
}

/* Each change is a dialogue of its own, so that no CSeq stands in its way. */
static bel_str own_call_id(const struct command *command)
{
	struct timespec now;
	char text[48];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	clock_gettime(CLOCK_REALTIME, &now);
	bel_write_format(&writer, "belfry-reg-%llu.%09lu", (unsigned long long)now.tv_sec,
			 (unsigned long)now.tv_nsec);
	return bel_arena_copy(command->arena, bel_writer_str(&writer));
}

static int change(const struct command *command, bel_str aor, bel_str contact,
		  uint32_t expires_s)
{
	struct bel_conf *conf = bel_node_conf(command->api->opts.node);
	struct bel_uri uri;
	struct bel_contact_change one = {
		.uri = &uri, .uri_text = contact, .expires_s = expires_s, .q = 1000
	};
	struct bel_bind bind = { .aor = aor,
				 .call_id = own_call_id(command),
				 .cseq = 1,
				 .contacts = &one,
				 .contacts_count = contact.len ? 1 : 0,
				 .removes_all = !contact.len,
				 .contacts_max = conf->registrar.contacts_max,
				 .wall_ms = bel_node_wall_ms(command->api->opts.node) };
	enum bel_err err = BEL_OK;

	bel_conf_unref(conf);
	if (contact.len && (bel_uri_parse(&uri, contact) || uri.scheme == BEL_URI_OTHER))
		return bel_command_refuse(command, 2, "%.*s is no SIP URI",
					  BEL_STR_ARG(contact));
	err = bel_location_bind(bel_node_location(command->api->opts.node), &bind, NULL,
				NULL, NULL, NULL);
	if (err)
		return bel_command_refuse(command, 1, "%s", bel_err_text(err));
	return 0;
}

int bel_command_reg(const struct command *command)
{
	bel_str verb = bel_command_word(command, 1);
	bel_str who = bel_command_word(command, 2);
	bel_str aor = who.len ? to_aor(command, who) : BEL_STR_NONE;
	bel_str contact = bel_command_word(command, 3);
	bel_str expires = bel_command_option(command, "--expires");
	uint64_t expires_s = 3600;

	if (!verb.len || bel_str_is_equal(verb, BEL_STR("list")))
		return list(command, BEL_STR_NONE);
	if (bel_str_is_equal(verb, BEL_STR("watch")))
		return bel_command_reg_watch(command);
	if (bel_str_is_equal(verb, BEL_STR("show")) && aor.len)
		return list(command, aor);
	if (bel_str_is_equal(verb, BEL_STR("remove")) && aor.len)
		return change(command, aor, contact, 0);
	if (expires.len && bel_str_to_u64(&expires_s, expires, UINT32_MAX))
		return bel_command_refuse(command, 2, "--expires takes seconds");
	if (bel_str_is_equal(verb, BEL_STR("add")) && contact.len)
		return change(command, aor, contact, (uint32_t)expires_s);
	return bel_command_refuse(command, 2,
				  "reg list | show AOR | watch | add AOR CONTACT "
				  "[--expires SECONDS] | remove AOR [CONTACT]");
}
