/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"

static const char *const names[] = {
	[BELFRY_CALL_DIALLING] = "dialling",   [BELFRY_CALL_RINGING] = "ringing",
	[BELFRY_CALL_ANSWERING] = "answering", [BELFRY_CALL_UP] = "up",
	[BELFRY_CALL_ENDING] = "ending",
};

const char *belfry_call_state_name(enum belfry_call_state state)
{
	unsigned index = (unsigned)state;

	return index < BEL_COUNT_OF(names) ? names[index] : "unknown";
}

static enum belfry_call_state state_of(const struct belfry_call *call)
{
	if (call->is_over || call->is_left)
		return BELFRY_CALL_ENDING;
	if (call->is_up)
		return BELFRY_CALL_UP;
	if (call->is_answering)
		return BELFRY_CALL_ANSWERING;
	return call->is_incoming || call->is_ringing ? BELFRY_CALL_RINGING
						     : BELFRY_CALL_DIALLING;
}

/* The rooms say 0 for a figure that was not measured. */
static double measured(double figure)
{
	return figure > 0 ? figure : -1;
}

static void measure(struct belfry_quality *out, const struct bel_media_stats *stats)
{
	uint64_t due = stats->received + stats->lost;

	*out = (struct belfry_quality){
		.packets_sent = stats->sent,
		.packets_received = stats->received,
		.packets_lost = stats->lost,
		.loss = due ? (double)stats->lost / (double)due : -1,
		.remote_loss = stats->remote_loss,
		.jitter_ms = stats->received ? stats->jitter_ms : -1,
		.round_trip_ms = measured(stats->round_trip_ms),
		.mos = stats->received ? measured(stats->mos) : -1,
		.remote_mos = measured(stats->remote_mos),
		.buffer_ms = stats->delay_ms,
	};
}

void belfry_call_info(struct belfry_call_info *out, const struct belfry_call *call)
{
	struct bel_media_stats stats = { .remote_loss = -1 };

	bel_agent_enter(call->agent);
	if (call->line)
		bel_media_stream_stats(&stats, bel_line_stream(call->line));
	*out = (struct belfry_call_info){
		.state = state_of(call),
		.is_incoming = call->is_incoming,
		.is_muted = call->sound.is_muted,
		.is_holding = call->is_holding,
		.is_held = call->is_held,
		.is_protected = stats.is_protected,
		.peer = call->peer,
		.peer_name = call->peer_name,
		.account = bel_lib_call_account(call),
		.answered_ms_ago = call->is_up ? bel_loop_now_ms(call->agent->loop) -
							 call->answered_ms
					       : 0,
	};
	memcpy(out->codec, stats.codec, sizeof out->codec);
	measure(&out->quality, &stats);
}

void belfry_call_set_user_data(struct belfry_call *call, void *user_data)
{
	call->user_data = user_data;
}

void *belfry_call_user_data(const struct belfry_call *call)
{
	return call->user_data;
}
