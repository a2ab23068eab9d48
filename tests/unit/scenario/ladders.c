/* SPDX-License-Identifier: Apache-2.0
 * Every tests/scenario/NAME.ladder in the simulator. */
#include "support/ladder/ladder.h"

int main(int argc, char **argv)
{
	return bel_ladder_suite(BEL_LADDER_SIM, argc, argv);
}
