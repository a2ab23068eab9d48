/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "phone/editor.h"

#define LIBEDIT "libedit.so.2"

enum { PROMPT_BYTES = 256, HISTORY_LINES = 200, COLUMNS = 80 };

/* What is used of libedit: a handle an editor, no globals. */
struct libedit {
	EditLine *(*el_init)(const char *, FILE *, FILE *, FILE *);
	void (*el_end)(EditLine *);
	const char *(*el_gets)(EditLine *, int *);
	int (*el_set)(EditLine *, int, ...);
	int (*el_get)(EditLine *, int, ...);
	const LineInfo *(*el_line)(EditLine *);
	int (*el_insertstr)(EditLine *, const char *);
	void (*el_resize)(EditLine *);
	History *(*history_init)(void);
	void (*history_end)(History *);
	int (*history)(History *, HistEvent *, int, ...);
};

struct bel_editor {
	const struct bel_editor_port *port;
	void *user;
	void *handle;
	struct libedit lib;
	EditLine *line;
	History *history;
	char prompt[PROMPT_BYTES]; /* as it is drawn */
	bool is_reading;
};

/* ---- libedit ---- */

#define SYMBOL(name)                                                                     \
	{                                                                                \
#name, offsetof(struct libedit, name)                                    \
	}

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(el_init),      SYMBOL(el_end),    SYMBOL(el_gets),
	SYMBOL(el_set),       SYMBOL(el_get),    SYMBOL(el_line),
	SYMBOL(el_insertstr), SYMBOL(el_resize), SYMBOL(history_init),
	SYMBOL(history_end),  SYMBOL(history),
};

static enum bel_err load(struct bel_editor *editor)
{
	editor->handle = dlopen(LIBEDIT, RTLD_NOW | RTLD_LOCAL);
	if (!editor->handle)
		return BEL_ERR_UNSUPPORTED;
	for (size_t i = 0; i < BEL_COUNT_OF(symbols); i++) {
		void *address = dlsym(editor->handle, symbols[i].name);
		if (!address)
			return BEL_ERR_UNSUPPORTED;
		memcpy((char *)&editor->lib + symbols[i].offset, &address,
		       sizeof address);
	}
	return BEL_OK;
}

/* Callbacks get the line alone: what was kept with it is asked of the library that is
 * open already. */
static struct bel_editor *editor_of(EditLine *line)
{
	void *handle = dlopen(LIBEDIT, RTLD_NOW | RTLD_NOLOAD), *address, *data = NULL;
	int (*get)(EditLine *, int, ...);

	if (!handle)
		return NULL;
	address = dlsym(handle, "el_get");
	memcpy(&get, &address, sizeof get);
	if (!address || get(line, EL_CLIENTDATA, &data))
		data = NULL;
	dlclose(handle);
	return data;
}

static char *on_prompt(EditLine *line)
{
	static char none[] = "> ";
	struct bel_editor *editor = editor_of(line);

	return editor ? editor->prompt : none;
}

static unsigned char on_tab(EditLine *line, int key)
{
	struct bel_editor *editor = editor_of(line);
	char buf[64];
	struct bel_writer rest = bel_writer_init(buf, sizeof buf - 1);
	const LineInfo *info;

	(void)key;
	if (!editor)
		return CC_ERROR;
	info = editor->lib.el_line(line);
	if (info->cursor != info->lastchar)
		return CC_ERROR;
	editor->port->complete(
		editor->user,
		(bel_str){ info->buffer, (size_t)(info->lastchar - info->buffer) },
		&rest);
	if (!rest.len)
		return CC_ERROR;
	buf[rest.len] = '\0';
	return editor->lib.el_insertstr(line, buf) ? CC_ERROR : CC_REFRESH;
}

/* ---- the screen ---- */

/* The first column of the first row of what is typed, with nothing from there on. What is
 * wide or narrow is taken for one column a byte. */
static void leave_row(struct bel_editor *editor)
{
	const LineInfo *info = editor->lib.el_line(editor->line);
	size_t at = bel_str_from(editor->prompt).len +
		    (size_t)(info->cursor - info->buffer);
	struct winsize size = { .ws_col = COLUMNS };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		size.ws_col = COLUMNS;
	if (at / size.ws_col)
		printf("\033[%zuA", at / size.ws_col);
	fputs("\r\033[J", stdout);
}

static void draw(struct bel_editor *editor)
{
	fflush(stdout);
	editor->lib.el_set(editor->line, EL_REFRESH);
}

static bool take_prompt(struct bel_editor *editor)
{
	char buf[PROMPT_BYTES];
	struct bel_writer prompt = bel_writer_init(buf, sizeof buf - 1);

	editor->port->write_prompt(editor->user, &prompt);
	buf[prompt.len] = '\0';
	if (bel_str_is_equal(bel_str_from(editor->prompt), bel_writer_str(&prompt)))
		return false;
	memcpy(editor->prompt, buf, sizeof buf);
	return true;
}

void bel_editor_refresh(struct bel_editor *editor)
{
	char former[PROMPT_BYTES], next[PROMPT_BYTES];

	if (!editor->is_reading)
		return;
	memcpy(former, editor->prompt, sizeof former);
	if (!take_prompt(editor))
		return;
	/* It is the former one that stands there. */
	memcpy(next, editor->prompt, sizeof next);
	memcpy(editor->prompt, former, sizeof former);
	leave_row(editor);
	memcpy(editor->prompt, next, sizeof next);
	draw(editor);
}

void bel_editor_print(struct bel_editor *editor, bel_str line)
{
	if (editor->is_reading)
		leave_row(editor);
	printf("%.*s\n", BEL_STR_ARG(line));
	if (editor->is_reading)
		draw(editor);
	fflush(stdout);
}

void bel_editor_resize(struct bel_editor *editor)
{
	editor->lib.el_resize(editor->line);
}

/* ---- reading ---- */

void bel_editor_next(struct bel_editor *editor)
{
	if (editor->is_reading)
		return;
	take_prompt(editor);
	editor->is_reading = true;
	editor->lib.el_set(editor->line, EL_UNBUFFERED, 1);
}

static void stop(struct bel_editor *editor)
{
	editor->is_reading = false;
	editor->lib.el_set(editor->line, EL_UNBUFFERED, 0);
}

void bel_editor_clear(struct bel_editor *editor)
{
	if (!editor->is_reading)
		return;
	leave_row(editor);
	fflush(stdout);
	stop(editor);
	bel_editor_next(editor);
}

/* Passwords stay out of the history. */
static void keep(struct bel_editor *editor, const char *line, bel_str text)
{
	HistEvent event;

	if (bel_str_trim(text).len && !bel_str_has_prefix(text, BEL_STR("register")))
		editor->lib.history(editor->history, &event, H_ENTER, line);
}

enum bel_editor_news bel_editor_read(struct bel_editor *editor, bel_str *line)
{
	int count = 0;
	const char *text = editor->lib.el_gets(editor->line, &count);
	bel_str typed;

	if (!text || count <= 0) {
		if (count == 0)
			stop(editor);
		return count == 0 ? BEL_EDITOR_END : BEL_EDITOR_TYPING;
	}
	typed = (bel_str){ text, (size_t)count };
	/* Ctrl-D on an empty line. */
	if (bel_str_is_equal(typed, BEL_STR("\x04"))) {
		stop(editor);
		return BEL_EDITOR_END;
	}
	if (text[count - 1] != '\n' && text[count - 1] != '\r')
		return BEL_EDITOR_TYPING;
	keep(editor, text, typed);
	stop(editor);
	*line = bel_str_trim(typed);
	return BEL_EDITOR_LINE;
}

/* ---- its life ---- */

static enum bel_err begin(struct bel_editor *editor)
{
	const struct libedit *lib = &editor->lib;
	HistEvent event;

	editor->line = lib->el_init("belfry", stdin, stdout, stderr);
	editor->history = lib->history_init();
	if (!editor->line || !editor->history)
		return bel_err_from_errno(ENOMEM);
	lib->history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	lib->history(editor->history, &event, H_SETUNIQUE, 1);
	lib->el_set(editor->line, EL_CLIENTDATA, editor);
	lib->el_set(editor->line, EL_PROMPT, on_prompt);
	lib->el_set(editor->line, EL_EDITOR, "emacs");
	lib->el_set(editor->line, EL_HIST, lib->history, editor->history);
	lib->el_set(editor->line, EL_ADDFN, "complete", "complete a word", on_tab);
	lib->el_set(editor->line, EL_BIND, "^I", "complete", NULL);
	return BEL_OK;
}

enum bel_err bel_editor_open(struct bel_editor **out, const struct bel_editor_port *port,
			     void *user)
{
	struct bel_editor *editor = calloc(1, sizeof *editor);
	enum bel_err err;

	if (!editor)
		return bel_err_from_errno(ENOMEM);
	editor->port = port;
	editor->user = user;
	err = load(editor);
	if (!err)
		err = begin(editor);
	if (err) {
		bel_editor_close(editor);
		return err;
	}
	*out = editor;
	return BEL_OK;
}

void bel_editor_close(struct bel_editor *editor)
{
	if (!editor)
		return;
	if (editor->is_reading) {
		leave_row(editor);
		stop(editor);
	}
	if (editor->history)
		editor->lib.history_end(editor->history);
	if (editor->line)
		editor->lib.el_end(editor->line);
	if (editor->handle)
		dlclose(editor->handle);
	free(editor);
}
