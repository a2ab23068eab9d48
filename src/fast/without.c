/* SPDX-License-Identifier: Apache-2.0
 * A build without the program in the kernel (BELFRY_FAST=OFF). */
#include "fast/fast.h"

enum bel_err bel_fast_open(struct bel_fast **out, const struct bel_fast_opts *opts)
{
	(void)out;
	(void)opts;
	return BEL_ERR_UNSUPPORTED;
}

void bel_fast_close(struct bel_fast *fast)
{
	(void)fast;
}

enum bel_err bel_fast_lay(struct bel_fast *fast, const struct bel_fast_way *way,
			  const struct bel_rtp_source *source)
{
	(void)fast;
	(void)way;
	(void)source;
	return BEL_ERR_UNSUPPORTED;
}

bool bel_fast_read(struct bel_fast_figures *out, struct bel_fast *fast,
		   const bel_addr *local)
{
	(void)out;
	(void)fast;
	(void)local;
	return false;
}

bool bel_fast_take_back(struct bel_fast_figures *out, struct bel_fast *fast,
			const bel_addr *local)
{
	(void)out;
	(void)fast;
	(void)local;
	return false;
}
