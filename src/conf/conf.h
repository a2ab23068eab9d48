/* SPDX-License-Identifier: Apache-2.0
 *
 * conf: the configuration. Text becomes a tree of statements (tree.h), option tables
 * (word.h; a file a subject: listen.c, user.c, ...) make typed values of it (model.h) and
 * say exactly what is wrong where; the same tables write the sample file, the manual and
 * the defaults. Nothing here opens a file: a port reads. Start with guard.c, which is
 * nothing but a table, then word.c, which takes one statement by its row.
 *
 * A new option is a row and a field; what the rows cannot check stands in check.c. Each
 * mistake that is known has a file in tests/data/conf/wrong.
 *
 * A loaded configuration never changes. Whoever uses it holds a reference; a reload loads
 * a new one beside it. Any thread may read. */
#ifndef BEL_CONF_CONF_H
#define BEL_CONF_CONF_H

#include "conf/model.h"

/* How files and environment variables are read. *out goes into the arena. name is as
 * written, from is the path of the file it stands in (empty at the top). */
struct bel_conf_reader {
	enum bel_err (*read)(void *user, struct bel_arena *arena, bel_str from,
			     bel_str name, bel_str *out, bel_str *path);
	bel_str (*environment)(void *user, bel_str name); /* ptr NULL: not set */
	/* Contents of a certificate and of its key: BEL_ERR_MISMATCH when they are not a
	 * pair, BEL_ERR_SYNTAX when one is not what it should be. NULL: not asked. */
	enum bel_err (*check_pair)(void *user, bel_str cert_pem, bel_str key_pem);
	void *user;
};
/* The one that reads the machine's files. */
extern const struct bel_conf_reader bel_conf_reader_files;

struct bel_conf_opts {
	bel_str path;  /* empty: no file, text alone */
	bel_str text;  /* used when path is empty */
	bel_str realm; /* of secrets that are given as text; empty: the first domain, or
			  "belfry" */
	const struct bel_conf_reader *reader;
	/* Command-line statements that replace what the file says:
	 * "udp,tcp:127.0.0.1:5060" for listen. */
	const bel_str *listens;
	unsigned listens_count;
	unsigned workers; /* 0: as the file says */
	bel_str ng;       /* address of `media control ng`; empty: as the file says */
};

enum { BEL_CONF_PROBLEMS_MAX = 50 };

/* One thing wrong, or (is_warning) worth knowing. The strings lie in the report's arena.
 */
struct bel_conf_problem {
	bool is_warning;
	bel_str file;
	unsigned line, column, width; /* from 1; width of what the caret underlines */
	bel_str text;                 /* unknown word "registr" in trunk */
	bel_str remedy;               /* did you mean register? May be empty. */
	bel_str source;               /* the line as it stands in the file, or the part of
					 a long one that begins at source_column;
					 secrets in it are stars */
	unsigned source_column;
};

struct bel_conf_report {
	struct bel_arena arena;
	unsigned errors, warnings; /* as many as there are */
	unsigned count;            /* of those kept */
	struct bel_conf_problem problems[BEL_CONF_PROBLEMS_MAX];
};

void bel_conf_report_init(struct bel_conf_report *report);
void bel_conf_report_fini(struct bel_conf_report *report);
/* file:line:column: text, the line, the caret, the remedy. */
void bel_conf_problem_write(struct bel_writer *writer,
			    const struct bel_conf_problem *problem);
/* One object a line. */
void bel_conf_problem_write_json(struct bel_writer *writer,
				 const struct bel_conf_problem *problem);

/* On success *out is the caller's reference, with warnings in the report. BEL_ERR_SYNTAX
 * when there are errors in it; -ENOENT and its like when path cannot be read. */
enum bel_err bel_conf_load(struct bel_conf **out, struct bel_conf_report *report,
			   const struct bel_conf_opts *opts);
struct bel_conf *bel_conf_ref(struct bel_conf *conf);
void bel_conf_unref(struct bel_conf *conf);

/* Calls on_option for each option whose value differs between the two and that only a
 * start takes up: "listen", "log file". The name lasts for the call. */
void bel_conf_each_at_start(const struct bel_conf *before, const struct bel_conf *after,
			    void (*on_option)(void *user, bel_str name), void *user);

/* The space that all names and addresses of ours share but the open domains, each of
 * which is one of its own: the first domain that is not open; "local" when there is none.
 */
bel_str bel_conf_default_domain(const struct bel_conf *conf);
/* NULL: no domain of ours. */
const struct bel_conf_domain *bel_conf_find_domain(const struct bel_conf *conf,
						   bel_str host);

/* The same text laid out in the one way, comments kept. BEL_ERR_SYNTAX with a report. */
enum bel_err bel_conf_format(struct bel_writer *writer, struct bel_conf_report *report,
			     bel_str text);
/* A sample with every option, its default and its help, all as comments; the manual's
 * section, as scdoc. */
void bel_conf_write_sample(struct bel_writer *writer);
void bel_conf_write_manual(struct bel_writer *writer);

#endif
