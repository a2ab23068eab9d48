/* SPDX-License-Identifier: Apache-2.0
 * A line that is typed while other things are printed above it, by libedit, which is
 * loaded when first needed. History is kept in memory alone. */
#ifndef BEL_PHONE_EDITOR_H
#define BEL_PHONE_EDITOR_H

#include "base/base.h"

struct bel_editor;

struct bel_editor_port {
	void (*write_prompt)(void *user, struct bel_writer *prompt);
	/* What is to be appended to what was typed; nothing when that is not clear. */
	void (*complete)(void *user, bel_str begun, struct bel_writer *rest);
};

enum bel_editor_news {
	BEL_EDITOR_TYPING,
	BEL_EDITOR_LINE, /* there is one */
	BEL_EDITOR_END,  /* Ctrl-D, or the terminal is gone */
};

/* At standard input and output, which are a terminal. port outlives it. UNSUPPORTED when
 * libedit is not here. */
enum bel_err bel_editor_open(struct bel_editor **out, const struct bel_editor_port *port,
			     void *user);
/* Leaves the terminal as it was. NULL is allowed. */
void bel_editor_close(struct bel_editor *editor);
/* Standard input is readable. line: valid until the next call. */
enum bel_editor_news bel_editor_read(struct bel_editor *editor, bel_str *line);
/* Ready for the next line. */
void bel_editor_next(struct bel_editor *editor);
/* Above what is typed; controls in it are carried out. */
void bel_editor_print(struct bel_editor *editor, bel_str line);
/* Throws away what was typed. */
void bel_editor_clear(struct bel_editor *editor);
/* Draws the prompt again if it changed. */
void bel_editor_refresh(struct bel_editor *editor);
/* The terminal has another size now. */
void bel_editor_resize(struct bel_editor *editor);

#endif
