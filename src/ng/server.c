/* SPDX-License-Identifier: Apache-2.0
 * The socket, and who may ask. */
#include <errno.h>
#include <stdlib.h>

#include "ng/ng_int.h"

static bool may_ask(const struct bel_ng *ng, const bel_addr *source)
{
	bel_addr addr = bel_addr_canonical(source);

	if (bel_addr_range(&addr) == BEL_ADDR_LOOPBACK)
		return true;
	for (size_t i = 0; i < ng->opts.allowed_count; i++)
		if (bel_addr_is_within(&addr, &ng->opts.allowed[i].addr,
				       ng->opts.allowed[i].prefix_bits))
			return true;
	return false;
}

static void drop_foreign(struct bel_ng *ng, const bel_addr *source)
{
	char buf[64];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	ng->counters.foreign++;
	bel_addr_write(&text, source);
	BEL_LOG(ng->opts.log, BEL_LOG_WARNING, "commands from where none may come",
		{ "source", bel_writer_str(&text) });
}

static void send_answer(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
			bel_str answer)
{
	ng->counters.commands++;
	/* A loss: the command will be repeated. */
	(void)bel_udp_send(ng->udp, peer, local, answer);
}

static void carry_out(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
		      bel_str cookie, bel_str body)
{
	uint64_t now_ms = bel_loop_now_ms(ng->opts.loop);
	struct bel_writer answer = bel_writer_init(ng->answer, sizeof ng->answer);
	bel_str kept;

	if (bel_ng_cookies_find(&kept, &ng->cookies, peer, cookie, now_ms)) {
		ng->counters.repeated++;
		send_answer(ng, peer, local, kept);
		return;
	}
	bel_write_str(&answer, cookie);
	bel_write_char(&answer, ' ');
	if (bel_ng_command_run(ng, &answer, body))
		bel_ng_cookies_put(&ng->cookies, peer, cookie, bel_writer_str(&answer),
				   now_ms);
	send_answer(ng, peer, local, bel_writer_str(&answer));
}

static bool cut(bel_str *cookie, bel_str *body, bel_str datagram)
{
	struct bel_cursor in = bel_cursor_init(datagram);

	*cookie = bel_cursor_until_char(&in, ' ');
	if (!bel_cursor_take(&in, ' ') || !cookie->len ||
	    cookie->len > BEL_NG_COOKIE_BYTES_MAX)
		return false;
	*body = (bel_str){ in.ptr, bel_cursor_left(&in) };
	return true;
}

void bel_ng_receive(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
		    bel_str datagram)
{
	bel_str cookie, body;

	if (cut(&cookie, &body, datagram))
		carry_out(ng, peer, local, cookie, body);
}

static void receive(struct bel_ng *ng, const struct bel_datagram *came)
{
	const bel_str datagram = { came->buf, came->len };
	bel_str cookie, body;

	if (!cut(&cookie, &body, datagram))
		ng->counters.broken++;
	else if (ng->opts.workers < 2 ||
		 !bel_ng_pass_on(ng, &came->peer, &came->local, datagram, body))
		carry_out(ng, &came->peer, &came->local, cookie, body);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct bel_ng *ng = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		if (may_ask(ng, &datagrams[i].peer))
			receive(ng, &datagrams[i]);
		else
			drop_foreign(ng, &datagrams[i].peer);
	}
}

/* Sockets of several workers share the address with whoever else is as willing: nobody is
 * to be there before. */
static enum bel_err open_socket(struct bel_ng *ng)
{
	struct bel_udp_opts opts = { .local = ng->opts.local,
				     .is_fragmented = true,
				     .on_datagrams = on_datagrams,
				     .user = ng };
	bool is_shared = ng->opts.workers > 1;
	enum bel_err err = BEL_OK;

	if (is_shared && ng->opts.worker == 0) {
		err = bel_udp_open(&ng->udp, ng->opts.loop, &opts);
		if (!err)
			bel_udp_close(ng->udp);
		ng->udp = NULL;
	}
	opts.is_shared = is_shared;
	return err ? err : bel_udp_open(&ng->udp, ng->opts.loop, &opts);
}

enum bel_err bel_ng_open(struct bel_ng **out, const struct bel_ng_opts *opts)
{
	struct bel_ng *ng = calloc(1, sizeof *ng);
	struct bel_hash_key key;
	enum bel_err err;

	if (!ng)
		return bel_err_from_errno(ENOMEM);
	ng->opts = *opts;
	bel_loop_random(opts->loop, &key, sizeof key);
	err = bel_ng_cookies_init(&ng->cookies, &key);
	if (!err)
		err = open_socket(ng);
	if (err) {
		bel_ng_close(ng);
		return err;
	}
	*out = ng;
	return BEL_OK;
}

void bel_ng_close(struct bel_ng *ng)
{
	if (!ng)
		return;
	if (ng->udp)
		bel_udp_close(ng->udp);
	bel_ng_cookies_fini(&ng->cookies);
	free(ng);
}

bel_addr bel_ng_local(const struct bel_ng *ng)
{
	return *bel_udp_local(ng->udp);
}

void bel_ng_set_faces(struct bel_ng *ng, const struct bel_ng_face *faces, unsigned count)
{
	for (unsigned i = 0; i < count && i < BEL_NG_FACES_MAX; i++)
		ng->opts.faces[i] = faces[i];
	ng->opts.faces_count = count < BEL_NG_FACES_MAX ? count : BEL_NG_FACES_MAX;
}

const struct bel_ng_counters *bel_ng_counters(const struct bel_ng *ng)
{
	return &ng->counters;
}
