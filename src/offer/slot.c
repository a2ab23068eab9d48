/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

enum { TEXT_SPARE_BYTES = 64 };

void bel_offer_init(struct bel_offer *offer, struct bel_arena *arena)
{
	*offer = (struct bel_offer){ .arena = arena };
}

const struct bel_offer_stream *bel_offer_agreed(const struct bel_offer *offer,
						unsigned *count)
{
	*count = offer->slots[offer->agreed].count;
	return offer->slots[offer->agreed].streams;
}

bel_str bel_offer_theirs(const struct bel_offer *offer)
{
	const struct bel_offer_slot *slot = offer->state == BEL_OFFER_THEIRS
						    ? &offer->slots[pending_index(offer)]
						    : &offer->slots[offer->agreed];

	return (bel_str){ slot->text, slot->text_len };
}

enum bel_err bel_slot_reserve(struct bel_offer_slot *slot, struct bel_arena *arena,
			      unsigned count)
{
	if (count > slot->size) {
		void *room = bel_arena_alloc(arena, count * sizeof *slot->streams);
		if (!room)
			return BEL_ERR_SPACE;
		slot->streams = room;
		slot->size = count;
	}
	slot->count = count;
	if (count)
		memset(slot->streams, 0, count * sizeof *slot->streams);
	return BEL_OK;
}

enum bel_err bel_slot_keep_text(struct bel_offer_slot *slot, struct bel_arena *arena,
				bel_str text)
{
	if (text.len > slot->text_size) {
		/* A version grows by a digit now and then. */
		size_t size = text.len + TEXT_SPARE_BYTES;
		char *room = bel_arena_bytes(arena, size);
		if (!room)
			return BEL_ERR_SPACE;
		slot->text = room;
		slot->text_size = size;
	}
	if (text.len)
		memcpy(slot->text, text.ptr, text.len);
	slot->text_len = text.len;
	return BEL_OK;
}

enum bel_err bel_numbers_reserve(struct bel_offer *offer, unsigned count)
{
	struct bel_offer_numbers *room;

	if (count > BEL_OFFER_STREAMS_MAX)
		count = BEL_OFFER_STREAMS_MAX;
	if (count <= offer->numbers_count)
		return BEL_OK;
	room = bel_arena_zalloc(offer->arena, count * sizeof *room);
	if (!room)
		return BEL_ERR_SPACE;
	if (offer->numbers_count)
		memcpy(room, offer->numbers, offer->numbers_count * sizeof *room);
	offer->numbers = room;
	offer->numbers_count = count;
	return BEL_OK;
}

enum bel_err bel_offer_copy(struct bel_offer *out, struct bel_arena *arena,
			    const struct bel_offer *offer)
{
	struct bel_offer copy = { .state = offer->state,
				  .arena = arena,
				  .version = offer->version,
				  .written_hash = offer->written_hash };
	size_t size = offer->offered_count * sizeof *copy.offered;

	copy.offered = bel_arena_alloc(arena, size);
	if (!copy.offered || bel_numbers_reserve(&copy, offer->numbers_count))
		return BEL_ERR_SPACE;
	if (size)
		memcpy(copy.offered, offer->offered, size);
	if (copy.numbers_count)
		memcpy(copy.numbers, offer->numbers,
		       copy.numbers_count * sizeof *copy.numbers);
	copy.offered_count = copy.offered_size = offer->offered_count;
	*out = copy;
	return BEL_OK;
}
