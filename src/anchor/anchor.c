/* SPDX-License-Identifier: Apache-2.0 */
#include "anchor/anchor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

enum { NOTE_BYTES_MAX = 320 };

struct bel_anchor {
	struct bel_anchor_opts opts;
	enum bel_conf_relay mode;
	struct bel_relay *relay;
};

static void tell(struct bel_anchor *anchor, bel_str call_id, bel_str text, bool is_bad)
{
	if (anchor->opts.port && anchor->opts.port->on_note)
		anchor->opts.port->on_note(anchor->opts.user, call_id, text, is_bad);
}

void bel_anchor_note(struct bel_anchor *anchor, bel_str call_id, const char *format, ...)
{
	char text[NOTE_BYTES_MAX];
	va_list args;
	bel_str note;

	va_start(args, format);
	note = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	tell(anchor, call_id, note, false);
}

static void on_event(void *user, const struct bel_relay_event *event)
{
	char text[NOTE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	bel_relay_event_write(&writer, event);
	tell(user, event->call_id, bel_writer_str(&writer),
	     event->news == BEL_RELAY_SILENT || event->news == BEL_RELAY_TIMEOUT);
}

static void on_keep(void *user, bel_str record, uint32_t *place)
{
	const struct bel_anchor *anchor = user;

	if (anchor->opts.port && anchor->opts.port->on_keep)
		anchor->opts.port->on_keep(anchor->opts.user, record, place);
}

static void on_forget(void *user, uint32_t place)
{
	const struct bel_anchor *anchor = user;

	if (anchor->opts.port && anchor->opts.port->on_forget)
		anchor->opts.port->on_forget(anchor->opts.user, place);
}

static const struct bel_relay_port relay_port = { .on_event = on_event,
						  .on_keep = on_keep,
						  .on_forget = on_forget };

enum bel_err bel_anchor_open(struct bel_anchor **out, const struct bel_anchor_opts *opts)
{
	struct bel_anchor *anchor = calloc(1, sizeof *anchor);
	enum bel_err err;

	if (!anchor)
		return bel_err_from_errno(ENOMEM);
	anchor->opts = *opts;
	anchor->opts.conf = NULL;
	anchor->mode = opts->conf->relay.mode;
	err = bel_relay_open(&anchor->relay,
			     &(struct bel_relay_opts){
				     .loop = opts->loop,
				     .ports = opts->ports,
				     .port_min = opts->conf->relay.port_min,
				     .port_max = opts->conf->relay.port_max,
				     .dtls = opts->dtls,
				     .fast = opts->fast,
				     .silent_ms = opts->conf->relay.silent_ms,
				     .timeout_ms = opts->conf->relay.timeout_ms,
				     .port = &relay_port,
				     .user = anchor,
			     });
	if (err) {
		free(anchor);
		return err;
	}
	*out = anchor;
	return BEL_OK;
}

void bel_anchor_close(struct bel_anchor *anchor)
{
	if (!anchor)
		return;
	bel_relay_close(anchor->relay);
	free(anchor);
}

void bel_anchor_set_conf(struct bel_anchor *anchor, const struct bel_conf *conf)
{
	anchor->mode = conf->relay.mode;
	bel_relay_set(anchor->relay, conf->relay.port_min, conf->relay.port_max,
		      conf->relay.silent_ms, conf->relay.timeout_ms);
}

struct bel_relay *bel_anchor_relay(struct bel_anchor *anchor)
{
	return anchor->relay;
}

struct bel_anchor_known *bel_anchor_known(struct bel_anchor *anchor)
{
	return anchor->opts.known;
}

enum bel_conf_relay bel_anchor_mode(const struct bel_anchor *anchor)
{
	return anchor->mode;
}

/* Media take the way of signalling: the address of ours that the side already reaches. */
static struct bel_relay_place place_of(const struct bel_anchor *anchor,
				       const struct bel_flow *flow)
{
	struct bel_relay_place place = {
		.own = flow->local,
		.outer = bel_flow_own_addr(anchor->opts.transport, flow),
		.signal = flow->peer,
	};

	place.own.port = place.outer.port = 0;
	return place;
}

enum bel_err bel_anchor_begin(bel_relay_call *out, struct bel_anchor *anchor,
			      const struct bel_relay_names *names,
			      const struct bel_flow *caller,
			      const struct bel_flow *callee, unsigned reasons)
{
	const struct bel_relay_place places[BEL_RELAY_SIDES] = {
		[BEL_RELAY_CALLER] = place_of(anchor, caller),
		[BEL_RELAY_CALLEE] = place_of(anchor, callee),
	};
	enum bel_err err = bel_relay_new(out, anchor->relay, names, places);
	char text[NOTE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	if (err)
		return err;
	bel_write_lit(&writer, "media by way of this server: ");
	bel_anchor_need_write(&writer, reasons);
	tell(anchor, names->call_id, bel_writer_str(&writer), false);
	return BEL_OK;
}

/* ---- the end ---- */

struct summary {
	struct bel_writer writer;
	unsigned count;
};

static void on_leg(void *user, const struct bel_relay_leg *leg)
{
	struct summary *summary = user;

	bel_write_format(&summary->writer, "%s%s %llu packets",
			 summary->count++ ? ", " : "media ended: from the ",
			 leg->side == BEL_RELAY_CALLER ? "caller" : "callee",
			 (unsigned long long)leg->packets);
	if (leg->expected)
		bel_write_format(&summary->writer,
				 " (%s, lost %.1f %%, jitter %.1f ms, MOS %.1f)",
				 bel_relay_keying_text(leg->keying),
				 100.0 * (double)leg->lost / (double)leg->expected,
				 leg->jitter_us / 1000.0, leg->mos);
}

void bel_anchor_end(struct bel_anchor *anchor, bel_relay_call call)
{
	char text[NOTE_BYTES_MAX];
	struct summary summary = { .writer = bel_writer_init(text, sizeof text) };
	struct bel_relay_names names;
	struct bel_relay_report report;

	if (!bel_relay_names(&names, anchor->relay, call))
		return;
	if (bel_relay_report(&report, anchor->relay, call, on_leg, &summary) &&
	    report.is_answered)
		tell(anchor, names.call_id, bel_writer_str(&summary.writer), false);
	bel_relay_end(anchor->relay, call);
}
