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

enum { BLOCKS_MAX = FILE_BYTES_MAX / 64 };

/* The copy ends where the allocation does, for whoever watches reads. */
static bool agree(const struct bel_sip_scanner *scanner, bel_str bytes)
{
	static uint64_t found[2][BLOCKS_MAX], truth[2][BLOCKS_MAX];
	size_t count = bytes.len / 64;
	char *copy = calloc(1, bytes.len + !bytes.len);

	if (!copy)
		return false;
	if (bytes.len)
		memcpy(copy, bytes.ptr, bytes.len);
	const char *text = copy + bytes.len - 64 * count;
	scanner->scan(found[0], found[1], text, count);
	bel_sip_scan_scalar(truth[0], truth[1], text, count);
	free(copy);
	return !memcmp(found[0], truth[0], 8 * count) &&
	       !memcmp(found[1], truth[1], 8 * count);
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
		if (!agree(scanner, (bel_str){ text, (random >> 33) % sizeof text }))
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
	return agree(scanner, (bel_str){ buf, len });
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
