/* SPDX-License-Identifier: Apache-2.0
 * Messages at two dialogs, the caller's and the callee's, and at the session timers of
 * both; a byte 0x1e parts one from the next. Whatever comes: what a dialog writes can be
 * read, its sequence number of the other side never goes back, and no row of either
 * machine leads out of its end. */
#include <stdint.h>
#include <stdlib.h>

#include "dialog/dialog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEPARATOR = 0x1e, MESSAGES_MAX = 16, BUDGET_BYTES = 512 * 1024 };

struct bench {
	struct bel_arena arena;
	struct bel_dialog caller, callee;
	struct bel_session_timer timer;
	uint64_t now_ms;
	struct bel_sip_msg msg, own;
};

static const struct bel_session_policy policy = { .interval_s = 600, .min_s = 90 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

/* A BYE of the dialog, as far as this room writes it, is a valid request. */
static void write_and_read(struct bench *bench, struct bel_dialog *dialog)
{
	static char lines_text[1 << 17], text[1 << 18];
	struct bel_writer lines = bel_writer_init(lines_text, sizeof lines_text);
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_dialog_way way;
	struct bel_sip_refusal why;
	struct bel_arena arena;
	struct bel_uri uri;
	uint32_t before = dialog->local_cseq;

	bel_dialog_write(&lines, &way, dialog);
	require(!lines.is_full && way.uri.len && way.next_hop.len);
	require(!bel_uri_parse(&uri, way.next_hop));
	bel_sip_write_request_line(&writer, BEL_STR("BYE"), way.uri);
	bel_write_lit(&writer, "Via: SIP/2.0/UDP a.test;branch=z9hG4bKx\r\n"
			       "Max-Forwards: 70\r\n");
	bel_write_str(&writer, bel_writer_str(&lines));
	bel_sip_write_cseq(&writer, bel_dialog_next_cseq(dialog), BEL_STR("BYE"));
	bel_sip_write_body(&writer, BEL_STR_NONE, BEL_STR_NONE);
	require(!writer.is_full && dialog->local_cseq == before + 1);
	bel_arena_init(&arena, NULL, 0, BUDGET_BYTES);
	require(!bel_sip_parse(&bench->own, &arena, bel_writer_str(&writer), &why));
	require(bel_sip_validate(&bench->own, &why) == BEL_OK);
	require(bel_str_is_equal(bel_sip_from(&bench->own)->tag, dialog->local_tag));
	require(bel_str_is_equal(bel_sip_call_id(&bench->own), dialog->call_id));
	bel_arena_fini(&arena);
	writer.len = 0;
	bel_dialog_write_replaces(&writer, dialog);
}

static void move_timer(struct bench *bench, unsigned actions)
{
	struct bel_session_timer *timer = &bench->timer;

	/* What must be done is done later, and there is an end behind it. */
	if (actions & BEL_SESSION_ARM && timer->due_ms)
		require(timer->due_ms >= bench->now_ms && timer->due_ms <= timer->end_ms);
	if (timer->state != BEL_SESSION_OFF && timer->state != BEL_SESSION_OVER)
		require(timer->interval_s >= 1);
}

static void on_response(struct bench *bench, struct bel_sip_msg *msg)
{
	struct bel_dialog *dialog = &bench->caller;
	enum bel_dialog_state before = dialog->state;

	if (bel_sip_cseq(msg)->method != BEL_SIP_INVITE)
		bel_dialog_refresh(dialog, msg);
	else if (msg->status > 100 && msg->status < 300)
		bel_dialog_on_response(dialog, msg);
	else if (msg->status == 422)
		bel_session_on_too_small(&bench->timer, msg);
	require(before != BEL_DIALOG_OVER || dialog->state == BEL_DIALOG_OVER);
	require(before != BEL_DIALOG_CONFIRMED || dialog->state >= before);
	if (msg->status / 100 == 2)
		move_timer(bench,
			   bel_session_on_success(&bench->timer, msg, bench->now_ms));
}

static void on_request(struct bench *bench, struct bel_sip_msg *msg)
{
	char text[1024];
	struct bel_writer lines = bel_writer_init(text, sizeof text);
	struct bel_dialog *dialog = &bench->callee;
	uint32_t before = dialog->remote_cseq;

	if (dialog->state == BEL_DIALOG_NONE && !bel_sip_to(msg)->tag.len) {
		bel_dialog_accept(dialog, &bench->arena, msg, BEL_STR("ours"));
	} else if (bel_dialog_is_match(dialog, msg)) {
		uint16_t status = bel_dialog_take(dialog, msg);
		require(!status || status == 500);
		require(dialog->remote_cseq >= before);
		if (!status)
			bel_dialog_refresh(dialog, msg);
		if (msg->method == BEL_SIP_BYE)
			bel_dialog_move(dialog, BEL_DIALOG_GONE);
	}
	if (!bel_session_check(&lines, msg, &policy)) {
		lines.len = 0;
		move_timer(bench, bel_session_accept(&lines, &bench->timer, msg, &policy,
						     bench->now_ms));
	}
	require(!lines.is_full);
}

static void pass_time(struct bench *bench)
{
	bench->now_ms += 1000;
	if (!bench->timer.due_ms)
		return;
	bench->now_ms = bench->timer.due_ms > bench->now_ms ? bench->timer.due_ms
							    : bench->now_ms;
	bel_session_take(&bench->timer, BEL_SESSION_DUE, bench->now_ms);
}

static void take(struct bench *bench, bel_str bytes)
{
	struct bel_arena arena;
	struct bel_sip_refusal why;
	char *copy = malloc(bytes.len + 1);

	require(copy != NULL);
	memcpy(copy, bytes.ptr, bytes.len);
	bel_arena_init(&arena, NULL, 0, BUDGET_BYTES);
	if (!bel_sip_parse(&bench->msg, &arena, (bel_str){ copy, bytes.len }, &why) &&
	    !bel_sip_validate(&bench->msg, &why)) {
		if (bench->msg.is_request)
			on_request(bench, &bench->msg);
		else
			on_response(bench, &bench->msg);
	}
	bel_arena_fini(&arena);
	free(copy); /* nothing of it may be kept */
	write_and_read(bench, &bench->caller);
	if (bench->callee.state != BEL_DIALOG_NONE)
		write_and_read(bench, &bench->callee);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str left = { (const char *)data, size };
	struct bench *bench = calloc(1, sizeof *bench);

	require(bench != NULL);
	bel_arena_init(&bench->arena, NULL, 0, BUDGET_BYTES);
	require(!bel_dialog_init(
		&bench->caller,
		&(struct bel_dialog_opts){ .arena = &bench->arena,
					   .call_id = BEL_STR("c"),
					   .local = BEL_STR("<sip:a@a.test>;tag=a"),
					   .local_tag = BEL_STR("a"),
					   .remote = BEL_STR("<sip:b@b.test>"),
					   .target = BEL_STR("sip:b@b.test"),
					   .cseq = 1 }));
	for (unsigned i = 0; i < MESSAGES_MAX && left.len; i++) {
		size_t end = bel_str_find(left, SEPARATOR);
		take(bench, bel_str_slice(left, 0, end));
		pass_time(bench);
		left = bel_str_slice(left, end + 1, left.len);
	}
	bel_arena_fini(&bench->arena);
	free(bench);
	return 0;
}
