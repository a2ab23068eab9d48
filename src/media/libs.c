/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "media/libs_int.h"

/* A function and where its address goes, from the start of struct bel_media_libs. */
struct symbol {
	const char *name;
	size_t offset;
};

struct lib {
	const char *file;
	const char *text;
	const struct symbol *symbols;
	size_t symbols_count;
};

#define OPUS(name)     { #name, offsetof(struct bel_media_libs, opus.name) },
#define SPANDSP(name)  { #name, offsetof(struct bel_media_libs, spandsp.name) },
#define SPEEXDSP(name) { #name, offsetof(struct bel_media_libs, speexdsp.name) },
#define SNDFILE(name)  { #name, offsetof(struct bel_media_libs, sndfile.name) },
#define ALSA(name)     { #name, offsetof(struct bel_media_libs, alsa.name) },

static const struct symbol opus[] = { BEL_OPUS_FUNCTIONS(OPUS) };
static const struct symbol spandsp[] = { BEL_SPANDSP_FUNCTIONS(SPANDSP) };
static const struct symbol speexdsp[] = { BEL_SPEEXDSP_FUNCTIONS(SPEEXDSP) };
static const struct symbol sndfile[] = { BEL_SNDFILE_FUNCTIONS(SNDFILE) };
static const struct symbol alsa[] = { BEL_ALSA_FUNCTIONS(ALSA) };

static const struct lib libs_known[BEL_MEDIA_LIB_COUNT] = {
	[BEL_MEDIA_OPUS] = { "libopus.so.0",
			     "libopus.so.0 is not installed: apt install libopus0", opus,
			     BEL_COUNT_OF(opus) },
	[BEL_MEDIA_SPANDSP] = { "libspandsp.so.2",
				"libspandsp.so.2 is not installed: apt install "
				"libspandsp2",
				spandsp, BEL_COUNT_OF(spandsp) },
	[BEL_MEDIA_SPEEXDSP] = { "libspeexdsp.so.1",
				 "libspeexdsp.so.1 is not installed: apt install "
				 "libspeexdsp1",
				 speexdsp, BEL_COUNT_OF(speexdsp) },
	[BEL_MEDIA_SNDFILE] = { "libsndfile.so.1",
				"libsndfile.so.1 is not installed: apt install "
				"libsndfile1",
				sndfile, BEL_COUNT_OF(sndfile) },
	[BEL_MEDIA_ALSA] = { "libasound.so.2",
			     "libasound.so.2 is not installed: apt install libasound2",
			     alsa, BEL_COUNT_OF(alsa) },
};

enum bel_err bel_media_libs_open(struct bel_media_libs **out)
{
	struct bel_media_libs *libs = calloc(1, sizeof *libs);

	if (!libs)
		return bel_err_from_errno(ENOMEM);
	*out = libs;
	return BEL_OK;
}

void bel_media_libs_close(struct bel_media_libs *libs)
{
	if (!libs)
		return;
	/* What it read of its configuration outlives the cards. */
	if (libs->handles[BEL_MEDIA_ALSA])
		libs->alsa.snd_config_update_free_global();
	for (unsigned i = 0; i < BEL_MEDIA_LIB_COUNT; i++)
		if (libs->handles[i])
			dlclose(libs->handles[i]);
	free(libs);
}

enum bel_err bel_media_lib_find(struct bel_media_libs *libs, enum bel_media_lib lib)
{
	const struct lib *known = &libs_known[lib];

	if (libs->handles[lib])
		return BEL_OK;
	void *handle = dlopen(known->file, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return BEL_ERR_UNSUPPORTED;
	for (size_t i = 0; i < known->symbols_count; i++) {
		void *address = dlsym(handle, known->symbols[i].name);
		if (!address) {
			dlclose(handle);
			return BEL_ERR_UNSUPPORTED;
		}
		memcpy((char *)libs + known->symbols[i].offset, &address, sizeof address);
	}
	libs->handles[lib] = handle;
	return BEL_OK;
}

const char *bel_media_lib_text(enum bel_media_lib lib)
{
	return libs_known[lib].text;
}
