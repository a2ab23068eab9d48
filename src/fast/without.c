/* SPDX-License-Identifier: Apache-2.0
 * A build without the program in the kernel (BELFRY_FAST=OFF). */
#include "fast/fast.h"

enum bel_err bel_fast_open(struct bel_fast **out, const struct bel_fast_opts *opts)
{
	(void)out;
	(void)opts;
	return BEL_ERR_UNSUPPORTED;
}
