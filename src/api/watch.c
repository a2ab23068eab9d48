/* SPDX-License-Identifier: Apache-2.0
 * `reg watch`: changes as they happen. Workers put lines into a bounded buffer and never
 * wait for the reader; what he is too slow for is counted and told. */
#include <poll.h>
#include <stdlib.h>

#include "api/api_int.h"
#include "api/binding_text.h"

enum { WAITING_BYTES = 512 << 10, LOOK_MS = 100 };

struct watch {
	struct bel_node_watcher watcher;
	bool is_json;
	pthread_mutex_t lock;
	struct bel_writer waiting; /* under the lock */
	uint64_t missed;           /* under the lock */
};

static void on_change(struct bel_node_watcher *watcher, bel_str aor,
		      const struct bel_binding *binding, bool is_gone)
{
	struct watch *watch = BEL_CONTAINER_OF(watcher, struct watch, watcher);
	enum bel_binding_event event = is_gone ? BEL_BINDING_REMOVED
				       : binding->registered_ms == binding->changed_ms
					       ? BEL_BINDING_ADDED
					       : BEL_BINDING_CHANGED;

	pthread_mutex_lock(&watch->lock);
	if (watch->waiting.size - watch->waiting.len < BEL_BINDING_TEXT_BYTES)
		watch->missed++;
	else
		bel_binding_event_write(&watch->waiting, event, aor, binding,
					binding->changed_ms, watch->is_json);
	pthread_mutex_unlock(&watch->lock);
}

/* What waits goes out; the lock is not held while the reader takes his time. */
static void pass_on(struct watch *watch, struct sink *sink, char *spare)
{
	uint64_t missed;
	size_t len;

	pthread_mutex_lock(&watch->lock);
	len = watch->waiting.len;
	memcpy(spare, watch->waiting.buf, len);
	watch->waiting = bel_writer_init(watch->waiting.buf, WAITING_BYTES);
	missed = watch->missed;
	watch->missed = 0;
	pthread_mutex_unlock(&watch->lock);
	bel_sink_str(sink, (bel_str){ spare, len });
	if (missed)
		bel_sink_format(sink,
				watch->is_json ? "{\"event\":\"missed\",\"count\":%llu}\n"
					       : "! %llu changes came too fast to tell\n",
				(unsigned long long)missed);
	bel_sink_flush(sink);
}

static bool is_there(const struct sink *sink)
{
	struct pollfd reader = { .fd = sink->fd, .events = POLLRDHUP };

	return poll(&reader, 1, LOOK_MS) == 0 && !sink->is_broken;
}

int bel_command_reg_watch(const struct command *command)
{
	struct bel_node *node = command->api->opts.node;
	char *waiting = malloc(WAITING_BYTES), *spare = malloc(WAITING_BYTES);
	struct watch watch = { .watcher.on_change = on_change,
			       .is_json = command->is_json,
			       .waiting = bel_writer_init(waiting, WAITING_BYTES) };
	int status = 0;

	if (!waiting || !spare) {
		status = bel_command_refuse(command, 2, "there is no memory for that");
	} else {
		pthread_mutex_init(&watch.lock, NULL);
		bel_node_watch(node, &watch.watcher);
		while (is_there(command->sink) && !atomic_load(&command->api->is_closing))
			pass_on(&watch, command->sink, spare);
		bel_node_unwatch(node, &watch.watcher);
		pthread_mutex_destroy(&watch.lock);
	}
	free(waiting);
	free(spare);
	return status;
}
