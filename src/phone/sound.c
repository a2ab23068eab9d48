/* SPDX-License-Identifier: Apache-2.0
 * Who hears whom. There is one device: it is plugged into the call at hand, or has a
 * place in a mixer beside the calls of the conference, or plays the ringing tone. */
#include "phone/phone_int.h"

enum { ECHO_MS = 200 };

/* ---- the device ---- */

static void close_ringing(struct bel_phone *phone)
{
	belfry_audio_close(phone->ring_audio);
	phone->ring_audio = NULL;
}

static void close_device(struct bel_phone *phone)
{
	close_ringing(phone);
	belfry_audio_close(phone->device);
	phone->device = NULL;
	belfry_audio_close(phone->own_place);
	phone->own_place = NULL;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i] && phone->calls[i]->plug == BEL_PHONE_DEVICE)
			phone->calls[i]->plug = BEL_PHONE_UNPLUGGED;
}

static bool is_card(const char *words)
{
	return bel_str_has_prefix(bel_str_from(words), BEL_STR("alsa"));
}

/* A loudspeaker is heard by its microphone; files are not. */
enum belfry_error bel_phone_sound_open(struct bel_phone *phone, const char *words)
{
	unsigned echo_ms = is_card(words) && !phone->has_headset ? ECHO_MS : 0;
	struct belfry_audio *device = NULL;
	enum belfry_error error;

	if (bel_str_from(words).len >= sizeof phone->device_words)
		return BELFRY_ERROR_LIMIT;
	error = belfry_audio_open_device(&device, phone->agent, words, PHONE_RATE_HZ,
					 echo_ms);
	/* Without libspeexdsp: an echo is better than nothing. */
	if (error == BELFRY_ERROR_UNSUPPORTED && echo_ms)
		error = belfry_audio_open_device(&device, phone->agent, words,
						 PHONE_RATE_HZ, 0);
	if (error)
		return error;
	close_device(phone);
	phone->device = device;
	bel_phone_copy(phone->device_words, sizeof phone->device_words,
		       bel_str_from(words));
	bel_phone_sound_plug(phone);
	return BELFRY_OK;
}

void bel_phone_do_device(struct bel_phone *phone, const struct bel_phone_words *words)
{
	char device[PHONE_URI_BYTES];
	bel_str word = bel_phone_word(words, 0);
	enum belfry_error error = BELFRY_OK;

	if (!bel_phone_copy(device, sizeof device, word)) {
		bel_phone_fail(phone, "no device has such a long name");
		return;
	}
	if (word.len)
		error = bel_phone_sound_open(phone, device);
	if (error)
		bel_phone_fail_by(phone, error);
	else
		bel_phone_tell(
			phone, BEL_PHONE_ANSWER,
			&(struct bel_phone_facts){ .event = "device",
						   .address = phone->device_words },
			"sound by %s%s", phone->device_words,
			phone->is_muted ? ", muted" : "");
}

/* ---- plugging ---- */

static unsigned members_of(const struct bel_phone *phone)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		count += phone->calls[i] && phone->calls[i]->is_member;
	return count;
}

static enum bel_phone_plug wanted(const struct bel_phone_call *call)
{
	if (call->is_leaving)
		return BEL_PHONE_UNPLUGGED;
	if (call->is_member)
		return BEL_PHONE_PLACE;
	return call == call->phone->at_hand && (call->is_up || call->is_early) &&
			       !call->wants_hold
		       ? BEL_PHONE_DEVICE
		       : BEL_PHONE_UNPLUGGED;
}

static void set_sound(struct bel_phone_call *call, struct belfry_audio *audio)
{
	if (!call->is_playing)
		belfry_call_set_source(call->call, audio);
	belfry_call_set_sink(call->call, audio);
}

void bel_phone_sound_unplug(struct bel_phone_call *call)
{
	if (call->plug != BEL_PHONE_UNPLUGGED)
		set_sound(call, NULL);
	call->plug = BEL_PHONE_UNPLUGGED;
	belfry_audio_close(call->place);
	call->place = NULL;
}

static enum belfry_error open_place(struct bel_phone_call *call)
{
	enum belfry_error error = BELFRY_OK;

	if (!call->place)
		error = belfry_mixer_open_place(&call->place, call->phone->mixer);
	return error;
}

static void plug(struct bel_phone_call *call)
{
	struct bel_phone *phone = call->phone;
	enum bel_phone_plug want = wanted(call);

	if (call->plug == want)
		return;
	if (want == BEL_PHONE_PLACE && open_place(call))
		return;
	set_sound(call, want == BEL_PHONE_PLACE ? call->place : phone->device);
	call->plug = want;
}

static void close_conference(struct bel_phone *phone)
{
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++) {
		if (!phone->calls[i])
			continue;
		phone->calls[i]->is_member = false;
		if (phone->calls[i]->plug == BEL_PHONE_PLACE)
			bel_phone_sound_unplug(phone->calls[i]);
	}
	belfry_audio_close(phone->own_place);
	phone->own_place = NULL;
	belfry_mixer_close(phone->mixer);
	phone->mixer = NULL;
}

static enum belfry_error open_conference(struct bel_phone *phone)
{
	enum belfry_error error = BELFRY_OK;

	if (!phone->mixer)
		error = belfry_mixer_open(&phone->mixer, phone->agent, PHONE_RATE_HZ);
	if (error || phone->own_place || !phone->device)
		return error;
	error = belfry_mixer_open_place(&phone->own_place, phone->mixer);
	if (!error)
		error = belfry_audio_join(phone->own_place, phone->device);
	return error;
}

/* Only a card has somebody who would hear it, and a file that is said must not lose its
 * beginning to it. */
static void plug_ringing(struct bel_phone *phone)
{
	const struct bel_phone_call *call = phone->at_hand;
	bool rings = call && !call->is_incoming && !call->is_up && !call->is_early &&
		     !call->is_leaving && call->status >= 180 && !phone->mixer &&
		     phone->device && is_card(phone->device_words);

	if (rings == (phone->ring_audio != NULL))
		return;
	close_ringing(phone);
	if (!rings)
		return;
	phone->tone = (struct bel_phone_tone){ .rate_hz = PHONE_RATE_HZ };
	if (!belfry_audio_open_samples(
		    &phone->ring_audio, phone->agent,
		    &(struct belfry_samples){ .rate_hz = PHONE_RATE_HZ,
					      .read = bel_phone_tone_read,
					      .user = &phone->tone }))
		belfry_audio_join(phone->ring_audio, phone->device);
}

/* In a conference the others go on hearing each other. */
static void plug_mute(struct bel_phone *phone)
{
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			belfry_call_mute(phone->calls[i]->call,
					 phone->is_muted && !phone->calls[i]->is_member &&
						 !phone->calls[i]->is_playing);
	if (phone->own_place)
		belfry_mixer_mute(phone->own_place, phone->is_muted);
}

void bel_phone_sound_plug(struct bel_phone *phone)
{
	if (members_of(phone) < 2)
		close_conference(phone);
	/* First out, then in: the device is in one place at a time. */
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i] && phone->calls[i]->plug != BEL_PHONE_UNPLUGGED &&
		    phone->calls[i]->plug != wanted(phone->calls[i]))
			bel_phone_sound_unplug(phone->calls[i]);
	plug_ringing(phone);
	if (members_of(phone) && open_conference(phone))
		close_conference(phone);
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			plug(phone->calls[i]);
	plug_mute(phone);
}

void bel_phone_sound_play(struct bel_phone_call *call, bool is_playing)
{
	struct belfry_audio *self = call->place;

	if (call->plug == BEL_PHONE_DEVICE)
		self = call->phone->device;
	call->is_playing = is_playing;
	if (!is_playing)
		belfry_call_set_source(call->call, self);
	plug_mute(call->phone);
}

/* ---- words ---- */

static void set_muted(struct bel_phone *phone, bool is_muted)
{
	phone->is_muted = is_muted;
	bel_phone_sound_plug(phone);
	bel_phone_tell(
		phone, BEL_PHONE_ANSWER,
		&(struct bel_phone_facts){ .event = is_muted ? "muted" : "unmuted" },
		is_muted ? "nobody hears you: \"unmute\" ends that"
			 : "they hear you again");
}

void bel_phone_do_mute(struct bel_phone *phone, const struct bel_phone_words *words)
{
	(void)words;
	set_muted(phone, true);
}

void bel_phone_do_unmute(struct bel_phone *phone, const struct bel_phone_words *words)
{
	(void)words;
	set_muted(phone, false);
}

void bel_phone_do_join(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned count = 0;

	(void)words;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		count += phone->calls[i] && phone->calls[i]->is_up &&
			 !phone->calls[i]->is_leaving;
	if (count < 2) {
		bel_phone_fail(phone, "a conference takes two calls that stand; there %s",
			       count ? "is one" : "is none");
		return;
	}
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++) {
		struct bel_phone_call *call = phone->calls[i];
		if (!call || !call->is_up || call->is_leaving)
			continue;
		call->is_member = true;
		call->wants_hold = false;
		phone->at_hand = call;
		bel_phone_call_settle(call);
	}
	bel_phone_sound_plug(phone);
	if (!phone->mixer) {
		bel_phone_fail(phone, "there is no memory for a conference");
		return;
	}
	bel_phone_tell(phone, BEL_PHONE_ANSWER,
		       &(struct bel_phone_facts){ .event = "joined" },
		       "a conference of %u and you", count);
}

void bel_phone_do_split(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = bel_phone_take_call(phone, words, &index, 0);

	if (!call)
		return;
	if (!phone->mixer || !call->is_up) {
		bel_phone_fail(phone, phone->mixer ? "that call does not stand"
						   : "there is no conference");
		return;
	}
	close_conference(phone);
	bel_phone_call_take(call);
	bel_phone_tell(phone, BEL_PHONE_ANSWER,
		       &(struct bel_phone_facts){ .event = "split", .call = call },
		       "you talk with %s; the others wait", call->name);
}
