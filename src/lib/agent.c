/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/lib_int.h"

enum { CALLS_MAX = 100, FILE_BYTES_MAX = 1 << 20, LINE_BYTES = 1024 };

/* What is needed while it is opened. */
struct opening {
	struct bel_arena arena; /* of files */
	struct bel_transport_listener listeners[LISTENERS_MAX];
	unsigned listeners_count;
	bel_str ca, certificate, key;
};

/* ---- what it says ---- */

static void write_log(void *user, enum bel_log_level level, const char *text,
		      const struct bel_log_field *fields, unsigned count)
{
	struct belfry_agent *agent = user;
	char buf[LINE_BYTES];
	struct bel_writer line = bel_writer_init(buf, sizeof buf - 1);

	bel_write_text(&line, text);
	for (unsigned i = 0; i < count; i++) {
		bel_write_char(&line, ' ');
		bel_write_text(&line, fields[i].name);
		bel_write_char(&line, '=');
		bel_write_escaped(&line, fields[i].value);
	}
	buf[line.len] = '\0';
	agent->opts.on_log(agent->opts.user, (enum belfry_log_level)level, buf);
}

/* "udp:192.0.2.1:5060" */
static void write_place(struct bel_writer *writer, enum bel_sip_transport transport,
			const bel_addr *addr)
{
	bel_str name = bel_sip_transport_name(transport);

	for (size_t i = 0; i < name.len; i++)
		bel_write_char(writer, bel_char_lower(name.ptr[i]));
	bel_write_char(writer, ':');
	bel_addr_write(writer, addr);
}

static void on_wire(void *user, const struct bel_flow *flow, bool is_sent, bel_str bytes)
{
	struct belfry_agent *agent = user;
	char buf[80];
	struct bel_writer peer = bel_writer_init(buf, sizeof buf - 1);

	if (!agent->opts.on_wire)
		return;
	write_place(&peer, flow->transport, &flow->peer);
	buf[peer.len] = '\0';
	agent->opts.on_wire(agent->opts.user, is_sent, buf, bytes.ptr, bytes.len);
}

/* ---- options ---- */

static enum bel_err read_file(bel_str *out, struct bel_arena *arena, const char *path)
{
	char *buf = bel_arena_bytes(arena, FILE_BYTES_MAX);
	size_t len = 0;
	ssize_t got = 1;
	int fd;

	if (!buf)
		return bel_err_from_errno(ENOMEM);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bel_err_from_errno(errno);
	while (got > 0 && len < FILE_BYTES_MAX) {
		got = read(fd, buf + len, FILE_BYTES_MAX - len);
		if (got > 0)
			len += (size_t)got;
	}
	close(fd);
	if (got)
		return got < 0 ? bel_err_from_errno(EIO) : BEL_ERR_LIMIT;
	*out = (bel_str){ buf, len };
	return BEL_OK;
}

static enum belfry_error read_files(struct belfry_agent *agent, struct opening *opening,
				    const struct belfry_agent_options *options)
{
	const struct {
		const char *path;
		bel_str *text;
	} files[] = {
		{ options->ca_file, &opening->ca },
		{ options->certificate_file, &opening->certificate },
		{ options->key_file, &opening->key },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(files); i++) {
		enum bel_err err = files[i].path
					   ? read_file(files[i].text, &opening->arena,
						       files[i].path)
					   : BEL_OK;
		if (err)
			return bel_fail(agent, err, "cannot read %s", files[i].path);
	}
	return BELFRY_OK;
}

/* "udp:0.0.0.0:5060" */
static enum bel_err parse_listener(struct bel_transport_listener *out, bel_str text)
{
	size_t colon = bel_str_find(text, ':');

	out->transport = bel_sip_transport_find(bel_str_slice(text, 0, colon));
	if (out->transport != BEL_SIP_UDP && out->transport != BEL_SIP_TCP &&
	    out->transport != BEL_SIP_TLS)
		return BEL_ERR_SYNTAX;
	return bel_addr_parse(&out->local, bel_str_slice(text, colon + 1, text.len),
			      out->transport == BEL_SIP_TLS ? 5061 : 5060);
}

static enum belfry_error read_listeners(struct belfry_agent *agent,
					struct opening *opening, const char *const *texts)
{
	for (; texts && *texts; texts++) {
		if (opening->listeners_count == LISTENERS_MAX)
			return bel_fail(agent, BEL_ERR_LIMIT, "too many listeners");
		if (parse_listener(&opening->listeners[opening->listeners_count++],
				   bel_str_from(*texts)))
			return bel_fail(agent, BEL_ERR_SYNTAX,
					"\"%s\" is no listener like udp:0.0.0.0:5060",
					*texts);
	}
	return BELFRY_OK;
}

/* Names that nobody knows are a mistake; those whose library is missing are not. */
static enum belfry_error read_codecs(struct belfry_agent *agent, const char *const *names)
{
	unsigned all_count, count = 0;
	const struct bel_codec *all = bel_codecs(&all_count);

	for (; names && *names; names++) {
		const char *found = NULL;
		for (unsigned i = 0; i < all_count && !found; i++)
			if (all[i].kind == BEL_CODEC_AUDIO &&
			    bel_str_is_equal_nocase(bel_str_from(all[i].name),
						    bel_str_from(*names)))
				found = all[i].name;
		if (!found || count + 2 >= BEL_COUNT_OF(agent->codecs))
			return bel_fail(agent, BEL_ERR_SYNTAX, "no codec \"%s\"", *names);
		agent->codecs[count++] = found;
	}
	if (count)
		agent->codecs[count] = "telephone-event";
	return BELFRY_OK;
}

enum belfry_error belfry_agent_set_codecs(struct belfry_agent *agent,
					  const char *const *codecs)
{
	const char *former[BEL_COUNT_OF(agent->codecs)];
	enum belfry_error error;

	memcpy(former, agent->codecs, sizeof former);
	memset(agent->codecs, 0, sizeof former);
	error = read_codecs(agent, codecs);
	if (error)
		memcpy(agent->codecs, former, sizeof former);
	return error;
}

/* ---- opening ---- */

static void keep_listeners(struct belfry_agent *agent)
{
	struct bel_transport *transport = bel_lib_transport(agent->lib);

	for (unsigned i = 0; i < LISTENERS_MAX; i++) {
		struct bel_transport_listener at = bel_transport_listener_at(transport,
									     i);
		char buf[80];
		struct bel_writer text = bel_writer_init(buf, sizeof buf);
		if (!at.local.family)
			return;
		write_place(&text, at.transport, &at.local);
		agent->listeners[i] = bel_text_copy(&agent->arena, bel_writer_str(&text));
	}
}

static enum belfry_error open_lib(struct belfry_agent *agent,
				  const struct opening *opening,
				  const struct belfry_agent_options *options)
{
	bel_str name = bel_arena_copy(&agent->arena, bel_str_from(options->name));
	enum bel_err err = bel_lib_open(
		&agent->lib,
		&(struct bel_lib_opts){
			.loop = agent->loop,
			.listeners = opening->listeners,
			.listeners_count = opening->listeners_count,
			.has_verify_off = options->has_any_certificate,
			.ca_pem = opening->ca,
			.cert_pem = opening->certificate,
			.key_pem = opening->key,
			.calls_max = agent->opts.calls_max,
			.session.interval_s = SESSION_S,
			.name = name,
			.on_incoming = bel_lib_on_incoming,
			.on_request = options->has_messages ? bel_lib_on_request : NULL,
			.on_wire = on_wire,
			.user = agent,
			.log = options->on_log ? &agent->log : NULL,
		});

	if (err)
		return bel_fail(agent, err, "cannot open the agent");
	err = bel_dtls_context_self_signed(&agent->dtls);
	if (err && err != BEL_ERR_UNSUPPORTED)
		return bel_fail(agent, err, "cannot make a certificate");
	agent->loop = bel_lib_loop(agent->lib);
	keep_listeners(agent);
	return bel_servers_open(agent, options);
}

static struct belfry_agent *new_agent(const struct belfry_agent_options *options,
				      struct bel_loop *loop)
{
	struct belfry_agent *agent = calloc(1, sizeof *agent);

	if (!agent)
		return NULL;
	agent->opts = *options;
	if (!agent->opts.calls_max)
		agent->opts.calls_max = CALLS_MAX;
	agent->loop = loop;
	agent->log = (struct bel_log){ .write = write_log, .user = agent };
	bel_arena_init(&agent->arena, NULL, 0, TEXTS_BYTES_MAX);
	bel_list_init(&agent->accounts);
	bel_list_init(&agent->calls);
	bel_list_init(&agent->audios);
	bel_list_init(&agent->mixers);
	bel_list_init(&agent->requests);
	atomic_init(&agent->is_stopping, false);
	return agent;
}

enum belfry_error bel_agent_open_on(struct belfry_agent **out,
				    const struct belfry_agent_options *options,
				    struct bel_loop *loop)
{
	const struct belfry_agent_options nothing = { .on_event = NULL };
	struct opening opening = { .listeners_count = 0 };
	struct belfry_agent *agent;
	enum belfry_error error;

	options = options ? options : &nothing;
	agent = new_agent(options, loop);
	if (!agent)
		return BELFRY_ERROR_MEMORY;
	bel_arena_init(&opening.arena, NULL, 0, 4 * FILE_BYTES_MAX);
	if ((unsigned)options->protection > BELFRY_PROTECTION_DTLS)
		error = bel_fail(agent, BEL_ERR_UNSUPPORTED, "no protection %d",
				 (int)options->protection);
	else
		error = read_listeners(agent, &opening, options->listen);
	if (!error)
		error = read_codecs(agent, options->codecs);
	if (!error)
		error = read_files(agent, &opening, options);
	if (!error)
		error = open_lib(agent, &opening, options);
	bel_wipe((char *)opening.key.ptr, opening.key.len);
	bel_arena_fini(&opening.arena);
	if (error) {
		belfry_agent_close(agent);
		return error;
	}
	*out = agent;
	return BELFRY_OK;
}

enum belfry_error belfry_agent_open(struct belfry_agent **out,
				    const struct belfry_agent_options *options)
{
	return bel_agent_open_on(out, options, NULL);
}

/* What stands on the rooms goes with them: calls and requests are told nothing any more
 * once those are closed, and lines need the loop. */
void belfry_agent_close(struct belfry_agent *agent)
{
	if (!agent)
		return;
	if (agent->lib) {
		agent->opts.on_event = NULL;
		bel_servers_close(agent);
		bel_lib_calls_close(agent);
		bel_requests_close(agent);
		bel_accounts_close(agent);
		bel_audios_close(agent);
		bel_mixers_close(agent);
	}
	bel_lib_close(agent->lib);
	bel_dtls_context_unref(agent->dtls);
	bel_arena_fini(&agent->arena);
	free(agent);
}

/* ---- the loop ---- */

void bel_agent_enter(struct belfry_agent *agent)
{
	if (!agent->is_turning)
		bel_loop_read_clock(agent->loop);
}

void bel_agent_soon(struct belfry_agent *agent, struct bel_timer *timer)
{
	bel_timer_start(agent->loop, timer, bel_loop_now_ms(agent->loop));
}

enum belfry_error belfry_agent_step(struct belfry_agent *agent, int wait_ms)
{
	enum bel_err err;

	if (agent->is_turning)
		return bel_fail_as(agent, BELFRY_ERROR_STATE,
				   "the loop turns already: this is one of its events");
	agent->is_turning = true;
	err = bel_loop_turn(agent->loop, wait_ms);
	agent->is_turning = false;
	return err ? bel_fail(agent, err, "the loop does not turn") : BELFRY_OK;
}

enum belfry_error belfry_agent_run(struct belfry_agent *agent)
{
	enum belfry_error error = BELFRY_OK;

	while (!error && !atomic_exchange(&agent->is_stopping, false))
		error = belfry_agent_step(agent, -1);
	return error;
}

void belfry_agent_stop(struct belfry_agent *agent)
{
	atomic_store(&agent->is_stopping, true);
	bel_loop_wake(agent->loop);
}

void belfry_agent_wake(struct belfry_agent *agent)
{
	bel_loop_wake(agent->loop);
}

int belfry_agent_fd(const struct belfry_agent *agent)
{
	return bel_loop_fd(agent->loop);
}

int belfry_agent_next_ms(const struct belfry_agent *agent)
{
	return bel_loop_next_ms(agent->loop);
}

/* ---- what is known of it ---- */

const char *belfry_agent_last_error(const struct belfry_agent *agent)
{
	return agent->sentence;
}

const char *belfry_agent_listener(const struct belfry_agent *agent, unsigned index)
{
	return index < LISTENERS_MAX ? agent->listeners[index] : NULL;
}

unsigned belfry_agent_calls(const struct belfry_agent *agent)
{
	unsigned count = 0;

	for (const struct bel_list *node = agent->calls.next; node != &agent->calls;
	     node = node->next)
		count++;
	return count;
}

void *belfry_agent_user(const struct belfry_agent *agent)
{
	return agent->opts.user;
}

const char *belfry_version(void)
{
	return BELFRY_VERSION;
}
