/* SPDX-License-Identifier: Apache-2.0
 * Files of tests/data; test programs run in the source folder. */
#ifndef BEL_TEST_DATA_H
#define BEL_TEST_DATA_H

#include "base/base.h"

/* The whole file in a block of exactly its size; the caller frees ptr. A file that cannot
 * be read fails the test. */
bel_str bel_test_read_file(const char *path);

/* Takes the next line off *left, and the next cell off *line. False at the end. */
bool bel_test_next_line(bel_str *line, bel_str *left);
bool bel_test_next_cell(bel_str *cell, bel_str *line);

#endif
