/* SPDX-License-Identifier: Apache-2.0
 * A phone at standard input and output. */
#ifndef BEL_PHONE_TERMINAL_H
#define BEL_PHONE_TERMINAL_H

#include <stdbool.h>

struct bel_phone;
struct bel_terminal;

/* Takes Ctrl-C and SIGTERM from now on. Keys are read when both standard input and output
 * are a terminal, with libedit if it is there; else lines. NULL without memory. */
struct bel_terminal *bel_terminal_open(bool is_json);
void bel_terminal_close(struct bel_terminal *terminal);
/* The port of a phone of this terminal is made of these; user is the terminal. */
extern const struct bel_phone_port bel_terminal_port;
/* Reads lines and turns the phone's loop until it is over. False: the loop broke. */
bool bel_terminal_run(struct bel_terminal *terminal, struct bel_phone *phone);

#endif
