/* SPDX-License-Identifier: Apache-2.0
 * scan FILE...: for processors that the machine which builds does not have, so without a
 * test library. Every scanner that the processor has against the scalar one, on the files
 * and on bytes of all kinds; the exit status is 1 where they differ. It says which there
 * were: one that is never run proves nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/scan.h"
#include "sip/sip.h"

enum { FILE_BYTES_MAX = 65536, ROUNDS = 400 };

/* The copy ends where the allocation does, for whoever watches reads. */
static bool agree_at_every_offset(const struct bel_sip_scanner *scanner, bel_str bytes)
{
	char *copy = malloc(bytes.len + !bytes.len);
	bool is_right = copy != NULL;

	if (!copy)
		return false;
	if (bytes.len)
		memcpy(copy, bytes.ptr, bytes.len);
	for (size_t from = 0; from <= bytes.len && is_right; from++) {
		struct bel_sip_hit hit = scanner->scan(copy, from, bytes.len);
		struct bel_sip_hit truth = bel_sip_scan_scalar(copy, from, bytes.len);
		is_right = hit.control == truth.control && hit.colon == truth.colon;
	}
	free(copy);
	return is_right;
}

static bool agree_on_random(const struct bel_sip_scanner *scanner)
{
	uint64_t random = 3261;
	char text[131];

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < sizeof text; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned draw = (unsigned)(random >> 40) % (round % 7 * 40 + 8);
			text[i] = draw == 0   ? (char)(random >> 56)
				  : draw == 1 ? ':'
					      : (char)('a' + draw % 26);
		}
		if (!agree_at_every_offset(
			    scanner, (bel_str){ text, (random >> 33) % sizeof text }))
			return false;
	}
	return true;
}

static bool agree_on_file(const struct bel_sip_scanner *scanner, const char *path)
{
	static char buf[FILE_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file)
		return false;
	len = fread(buf, 1, sizeof buf, file);
	fclose(file);
	return agree_at_every_offset(scanner, (bel_str){ buf, len });
}

int main(int argc, char **argv)
{
	unsigned count, wrong = 0;
	const struct bel_sip_scanner *scanners = bel_sip_scanners(&count);

	for (unsigned i = 0; i < count; i++) {
		bool is_right;
		if (!scanners[i].is_here())
			continue;
		is_right = agree_on_random(&scanners[i]);
		for (int k = 1; k < argc; k++)
			is_right &= agree_on_file(&scanners[i], argv[k]);
		printf("%s: %s\n", scanners[i].name, is_right ? "right" : "WRONG");
		wrong += !is_right;
	}
	return wrong > 0;
}
