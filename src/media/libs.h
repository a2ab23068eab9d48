/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_LIBS_H
#define BEL_MEDIA_LIBS_H

#include "base/base.h"

/* The libraries under this room. None is linked: each is loaded when something first
 * needs it and stays until its owner closes this. One that is not installed makes what
 * needs it BEL_ERR_UNSUPPORTED, and all else works. One thread; several may have one
 * each. */
struct bel_media_libs;

enum bel_media_lib {
	BEL_MEDIA_OPUS,     /* opus */
	BEL_MEDIA_SPANDSP,  /* G.722, GSM, tones of digits */
	BEL_MEDIA_SPEEXDSP, /* rates, echo */
	BEL_MEDIA_SNDFILE,  /* sound files */
	BEL_MEDIA_ALSA,     /* sound cards */
	BEL_MEDIA_LIB_COUNT
};

/* -ENOMEM. Nothing is loaded yet. */
enum bel_err bel_media_libs_open(struct bel_media_libs **out);
/* After everything that was opened with it. NULL is allowed. */
void bel_media_libs_close(struct bel_media_libs *libs);

/* Loads it unless it is there already. BEL_ERR_UNSUPPORTED. */
enum bel_err bel_media_lib_find(struct bel_media_libs *libs, enum bel_media_lib lib);
/* What to tell people then, which package it is in: static text. */
const char *bel_media_lib_text(enum bel_media_lib lib);

#endif
