/* SPDX-License-Identifier: Apache-2.0
 * A build without liburing. */
#include "io/loop.h"

enum bel_err bel_loop_use_ring(struct bel_loop *loop)
{
	(void)loop;
	return BEL_ERR_UNSUPPORTED;
}
