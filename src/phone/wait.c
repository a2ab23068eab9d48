/* SPDX-License-Identifier: Apache-2.0
 * What a script waits for: something that is so, or something that happened since the
 * last wait for it. */
#include "phone/phone_int.h"

enum { WAIT_MS = 30 * 1000, WAIT_MS_MAX = 24 * 3600 * 1000 };

enum verdict { NOT_YET, CAME, NEVER };

struct bel_phone_wait_word {
	bel_str name;
	/* Something that is so; NULL: something that happens, below. */
	enum verdict (*judge)(const struct bel_phone *phone);
	enum bel_phone_unseen unseen;
};

static enum verdict is_answered(const struct bel_phone *phone)
{
	if (!phone->at_hand)
		return NEVER;
	return phone->at_hand->is_up ? CAME : NOT_YET;
}

static enum verdict has_ended(const struct bel_phone *phone)
{
	return bel_phone_calls_count(phone) ? NOT_YET : CAME;
}

static enum verdict is_registered(const struct bel_phone *phone)
{
	if (!phone->account || phone->account->is_refused)
		return NEVER;
	return belfry_account_is_registered(phone->account->account) ? CAME : NOT_YET;
}

static enum verdict is_called(const struct bel_phone *phone)
{
	return bel_phone_call_ringing(phone) ? CAME : NOT_YET;
}

static enum verdict rings(const struct bel_phone *phone)
{
	if (!phone->at_hand)
		return NEVER;
	return phone->at_hand->is_up || phone->at_hand->status >= 180 ? CAME : NOT_YET;
}

static const struct bel_phone_wait_word waits[] = {
	{ { "answered", 8 }, is_answered, 0 },
	{ { "ended", 5 }, has_ended, 0 },
	{ { "registered", 10 }, is_registered, 0 },
	{ { "incoming", 8 }, is_called, 0 },
	{ { "ringing", 7 }, rings, 0 },
	{ { "digit", 5 }, NULL, BEL_PHONE_DIGITS },
	{ { "message", 7 }, NULL, BEL_PHONE_MESSAGES },
	{ { "reply", 5 }, NULL, BEL_PHONE_REPLIES },
	{ { "heard", 5 }, NULL, BEL_PHONE_HEARDS },
	{ { "played", 6 }, NULL, BEL_PHONE_PLAYEDS },
	{ { "held", 4 }, NULL, BEL_PHONE_HOLDS },
	{ { "transferred", 11 }, NULL, BEL_PHONE_TRANSFERS },
	{ { "handed", 6 }, NULL, BEL_PHONE_HANDOVERS },
};

static const struct bel_phone_wait_word *find(bel_str name)
{
	for (size_t i = 0; i < BEL_COUNT_OF(waits); i++)
		if (bel_str_is_equal_nocase(waits[i].name, name))
			return &waits[i];
	return NULL;
}

/* "5", "5s", "500ms", "2m". */
static bool read_time(uint64_t *out, bel_str word)
{
	static const struct {
		bel_str unit;
		unsigned ms;
	} units[] = { { { "ms", 2 }, 1 }, { { "s", 1 }, 1000 }, { { "m", 1 }, 60000 } };
	unsigned factor = 1000;
	uint64_t number;

	for (size_t i = 0; i < BEL_COUNT_OF(units); i++) {
		if (!bel_str_has_suffix(word, units[i].unit))
			continue;
		factor = units[i].ms;
		word.len -= units[i].unit.len;
		break;
	}
	if (bel_str_to_u64(&number, word, WAIT_MS_MAX / factor))
		return false;
	*out = number * factor;
	return true;
}

void bel_phone_do_wait(struct bel_phone *phone, const struct bel_phone_words *words)
{
	bel_str first = bel_phone_word(words, 0), last = bel_phone_word(words, 1);
	const struct bel_phone_wait_word *word = find(first);
	uint64_t length_ms = WAIT_MS;

	if (!word && !last.len)
		last = first;
	else if (!word)
		last = BEL_STR(" ");
	if (last.len && !read_time(&length_ms, last)) {
		bel_phone_fail(phone, "wait for what? answered ended registered incoming "
				      "ringing digit message reply heard played held "
				      "transferred handed, or 5s");
		return;
	}
	phone->wait = (struct bel_phone_wait){
		.word = word,
		.is_on = true,
		.until_ms = phone->port->clock_ms(phone->user) + length_ms,
		.length_ms = length_ms,
	};
}

static enum verdict judge(struct bel_phone *phone)
{
	const struct bel_phone_wait_word *word = phone->wait.word;
	bool is_late = phone->port->clock_ms(phone->user) >= phone->wait.until_ms;
	enum verdict verdict = NOT_YET;

	if (!word)
		return is_late ? CAME : NOT_YET;
	if (word->judge) {
		verdict = word->judge(phone);
	} else if (phone->unseen[word->unseen]) {
		phone->unseen[word->unseen]--;
		verdict = CAME;
	}
	return verdict == NOT_YET && is_late ? NEVER : verdict;
}

void bel_phone_wait_check(struct bel_phone *phone)
{
	enum verdict verdict;

	if (!phone->wait.is_on)
		return;
	verdict = judge(phone);
	phone->wait.is_on = verdict == NOT_YET;
	if (verdict == NEVER)
		bel_phone_fail(phone, "waited for %.*s in vain",
			       BEL_STR_ARG(phone->wait.word->name));
}

void bel_phone_wait_note(struct bel_phone *phone, enum bel_phone_unseen what)
{
	phone->unseen[what]++;
}

bool bel_phone_is_waiting(const struct bel_phone *phone)
{
	return phone->wait.is_on;
}
