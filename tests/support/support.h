/* SPDX-License-Identifier: Apache-2.0
 * What every unit test includes first: cmocka with what it wants before it. */
#ifndef BEL_TESTS_SUPPORT_H
#define BEL_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"
#include "support/failing_alloc.h"

/* Compares bytes and shows both as text when they differ. */
#define assert_str(str, text) bel_test_assert_str((str), (text), __FILE__, __LINE__)
void bel_test_assert_str(bel_str str, const char *text, const char *file, int line);

/* A copy in a heap block of exactly its size, so that the sanitizers see one byte too
 * far. The caller frees ptr. */
bel_str bel_test_exact(bel_str str);

#endif
