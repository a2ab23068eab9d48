/* SPDX-License-Identifier: Apache-2.0
 * Words whose role is not built yet: said so, where "unknown word" would be a riddle. */
#include "conf/load.h"

#define LATER(word, text)                                                                \
	{                                                                                \
		.name = (word), .kind = BEL_CONF_LATER, .help = (text)                   \
	}

static const struct bel_conf_word rows[] = {
	LATER("trunk", "A line to a provider."),
	LATER("group", "Several users that ring together."),
	LATER("voicemail", "A mailbox for calls."),
	LATER("room", "A conference."),
	LATER("record", "Recording of calls."),
	LATER("queue", "Calls that wait for someone."),
	LATER("menu", "A voice menu."),
	LATER("test", "Expectations that are checked before a reload."),
	LATER("cluster", "Several servers as one."),
	LATER("presence", "Who is there."),
	LATER("console", "The console in a browser."),
	LATER("api", "The HTTP API."),
};
const struct bel_conf_words bel_conf_words_later = BEL_CONF_WORDS("Later", rows);
