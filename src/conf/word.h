/* SPDX-License-Identifier: Apache-2.0
 * Options are rows of tables: what an option is called, what follows it, its default, its
 * bounds, one sentence of help, and where its value goes. The same rows check (word.c),
 * set defaults (load.c), suggest (suggest.c) and explain (manual.c). Of the room alone.
 */
#ifndef BEL_CONF_WORD_H
#define BEL_CONF_WORD_H

#include "conf/tree.h"

struct bel_conf_loader;
struct bel_conf_word;

/* Where the values of a block go, and what has been said in it. */
struct bel_conf_scope {
	const struct bel_conf_place *place;
	void *base; /* offsets of rows count from here */
	struct bel_conf_said *said;
};

enum bel_conf_kind {
	BEL_CONF_TAKE,    /* a function of the subject reads the rest of the statement */
	BEL_CONF_FLAG,    /* bool: on, off */
	BEL_CONF_COUNT,   /* unsigned */
	BEL_CONF_SECONDS, /* unsigned, of a duration */
	BEL_CONF_MILLISECONDS,
	BEL_CONF_TEXT,  /* bel_str */
	BEL_CONF_PATH,  /* bel_str, relative to the file it stands in */
	BEL_CONF_GROUP, /* a word of its own follows, or a block of them; where no word
			   of the group follows, `take` (if any) reads the statement */
	BEL_CONF_LATER, /* a word whose role is not built yet */
};

typedef void bel_conf_take(struct bel_conf_loader *loader,
			   const struct bel_conf_word *word, struct bel_conf_scope *scope,
			   const struct bel_conf_statement *statement);

struct bel_conf_word {
	const char *name;
	enum bel_conf_kind kind;
	bool may_repeat;
	bool is_usual;    /* so it is anyway: the sample leaves it out */
	bool is_at_start; /* a reload does not take it up */
	bool is_switch;   /* of a GROUP: who says it, even alone, says that the bool at
			     offset is true */
	const char *form; /* what follows the name, for messages and the manual */
	const char *standard;  /* the default as it would be written, or NULL */
	const char *otherwise; /* what happens without it, when no value says that */
	const char *unit;      /* words that may follow a count: "per minute" */
	const char *zero;      /* the word that stands for 0: "off" */
	uint64_t min, max;
	size_t offset;
	bel_conf_take *take;
	/* Whether two values differ; of a TAKE that is_at_start. */
	bool (*differs)(const struct bel_conf *a, const struct bel_conf *b);
	const struct bel_conf_place *block; /* of a GROUP or a TAKE; NULL: no block */
	const char *also;                   /* what others call it, blanks between */
	const char *sample;                 /* what the sample file shows; else form */
	const char *help;
};

/* The rows of one subject. */
struct bel_conf_words {
	const char *title;
	const struct bel_conf_word *rows;
	unsigned count;
};
#define BEL_CONF_WORDS(title, rows)                                                      \
	{                                                                                \
		title, rows, BEL_COUNT_OF(rows)                                          \
	}

/* A place where words may stand: the file itself, or a block. */
struct bel_conf_place {
	const char *name;                          /* "trunk"; NULL for the file */
	const struct bel_conf_words *const *words; /* ended by NULL */
};
extern const struct bel_conf_place bel_conf_top;

/* The row of that name at the place, or NULL. */
const struct bel_conf_word *bel_conf_word_find(const struct bel_conf_place *place,
					       bel_str name);

/* Takes the statement for what the place knows; everything wrong is in the report. */
void bel_conf_statement_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			     const struct bel_conf_statement *statement);
/* The same for all statements of a list. */
void bel_conf_block_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			 const struct bel_conf_statement *first);

/* Where the word was said in the scope (its value is the next token), or NULL. */
const struct bel_conf_token *bel_conf_said_at(const struct bel_conf_scope *scope,
					      const struct bel_conf_word *word);

/* An unknown word, with what may have been meant. */
void bel_conf_complain_unknown(struct bel_conf_loader *loader,
			       const struct bel_conf_place *place,
			       const struct bel_conf_token *token);
/* Whether the token is the rest of "sip:x;transport=tcp" without quotes. */
bool bel_conf_is_cut_parameter(const struct bel_conf_token *token);
/* The closest of the candidates, or an empty string when none is close. */
struct bel_conf_guess {
	bel_str word, best;
	unsigned distance;
};
struct bel_conf_guess bel_conf_guess_init(bel_str word);
void bel_conf_guess_add(struct bel_conf_guess *guess, bel_str candidate);
/* Puts "did you mean BEST?" as the remedy; false when there is none. */
bool bel_conf_guess_remedy(struct bel_conf_report *report,
			   const struct bel_conf_guess *guess);

#endif
