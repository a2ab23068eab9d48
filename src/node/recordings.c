/* SPDX-License-Identifier: Apache-2.0
 * Sound files that the configuration names: read before the first call, by a thread that
 * carries none. */
#include "node/node_int.h"

static const char *cause_of(enum bel_err err)
{
	return err == BEL_ERR_NOT_FOUND ? "there is no such file, or it may not be read"
	       : err == BEL_ERR_SYNTAX  ? "it is no sound file"
	       : err == BEL_ERR_UNSUPPORTED ? bel_media_lib_text(BEL_MEDIA_SNDFILE)
					    : bel_err_text(err);
}

enum bel_err bel_node_load_recordings(struct bel_node *node, const struct bel_conf *conf,
				      struct bel_node_failure *failure)
{
	for (unsigned i = 0; i < conf->routes_count; i++) {
		const struct bel_conf_route *route = &conf->routes[i];
		struct bel_writer text = bel_writer_init(failure->text,
							 sizeof failure->text - 1);
		enum bel_err err;
		if (route->step != BEL_STEP_ANSWER || route->answer != BEL_ANSWER_PLAY)
			continue;
		err = bel_clips_load(node->clips, route->target);
		if (!err)
			continue;
		bel_write_format(&text, "cannot play %.*s: %s",
				 BEL_STR_ARG(route->target), cause_of(err));
		failure->text[text.len] = '\0';
		return err;
	}
	return BEL_OK;
}
