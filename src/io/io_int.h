/* SPDX-License-Identifier: Apache-2.0
 * What the two kinds of loop share. Every object begins with its common part; the kind's
 * own part follows in memory that the kind allocates. */
#ifndef BEL_IO_INT_H
#define BEL_IO_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "io/io.h"

struct bel_loop_ops {
	void (*close)(struct bel_loop *loop);
	enum bel_err (*turn)(struct bel_loop *loop, int timeout_ms);
	uint64_t (*wall_ms)(const struct bel_loop *loop);
	void (*random)(struct bel_loop *loop, void *buf, size_t len);
	void (*wake)(struct bel_loop *loop); /* any thread */
	enum bel_err (*local_for)(struct bel_loop *loop, const bel_addr *peer,
				  bel_addr *out);
	unsigned (*own_addrs)(struct bel_loop *loop, bel_addr *out, unsigned max);
	/* A timer was started: the simulation wants to know. NULL on real loops. */
	void (*timers_changed)(struct bel_loop *loop);
	/* A job was posted to a service without a thread, of this loop: call
	 * bel_services_work when its time has come. NULL where services have threads. */
	void (*work_posted)(struct bel_loop *loop);

	enum bel_err (*udp_open)(struct bel_udp **out, struct bel_loop *loop,
				 const struct bel_udp_opts *opts);
	void (*udp_close)(struct bel_udp *udp);
	enum bel_err (*udp_send)(struct bel_udp *udp, const bel_addr *peer,
				 const bel_addr *from, bel_str bytes);
	enum bel_err (*udp_send_whole)(struct bel_udp *udp, const bel_addr *peer,
				       bel_str bytes);

	enum bel_err (*listener_open)(struct bel_listener **out, struct bel_loop *loop,
				      const struct bel_listener_opts *opts);
	void (*listener_close)(struct bel_listener *listener);
	void (*listener_pause)(struct bel_listener *listener, bool is_paused);

	enum bel_err (*stream_connect)(struct bel_stream **out, struct bel_loop *loop,
				       const bel_addr *peer, const bel_addr *local);
	void (*stream_close)(struct bel_stream *stream);
	enum bel_err (*stream_receive)(size_t *len, struct bel_stream *stream, char *buf,
				       size_t size);
	enum bel_err (*stream_send)(struct bel_stream *stream, bel_str bytes);
	void (*stream_pause)(struct bel_stream *stream, bool is_paused);

	enum bel_err (*resolver_open)(struct bel_resolver **out, struct bel_loop *loop,
				      const struct bel_resolver_opts *opts);
	void (*resolver_close)(struct bel_resolver *resolver);
	enum bel_err (*resolver_query)(struct bel_resolver *resolver, bel_str name,
				       enum bel_dns_type type, bel_dns_fn on_answer,
				       void *user);
	void (*resolver_forget)(struct bel_resolver *resolver, void *user);
};

struct bel_loop {
	const struct bel_loop_ops *ops;
	struct bel_wheel wheel;
	uint64_t now_ms;
	uint32_t now_rest_us; /* beyond now_ms; 0 in a simulation */
	uint64_t lag_us;
	uint32_t gather_us; /* to wait before the next look at what came */
	struct bel_list hooks;
	struct bel_list mailboxes;
	struct bel_list services; /* those without a thread */
	_Atomic bool is_stopped;
	_Atomic uint64_t turns;
	_Atomic uint64_t turn_started_ms;
};

struct bel_udp {
	struct bel_loop *loop;
	struct bel_udp_opts opts;
	bel_addr local;
	bool is_in_ring; /* of a loop on epoll */
};

struct bel_listener {
	struct bel_loop *loop;
	struct bel_listener_opts opts;
	bel_addr local;
};

struct bel_stream {
	struct bel_loop *loop;
	const struct bel_stream_handler *handler; /* NULL until it is handled */
	void *user;
	bel_addr local, peer;
	size_t queue_max;
	size_t queued; /* bytes that wait */
};

struct bel_resolver {
	struct bel_loop *loop;
	struct bel_resolver_opts opts;
};

struct bel_disk_ops {
	void (*close)(struct bel_disk *disk);
	enum bel_err (*rename)(struct bel_disk *disk, bel_str from, bel_str to);
	enum bel_err (*remove)(struct bel_disk *disk, bel_str name);
	enum bel_err (*list)(struct bel_disk *disk,
			     void (*on_name)(void *user, bel_str name), void *user);

	enum bel_err (*file_open)(struct bel_file **out, struct bel_disk *disk,
				  bel_str name, enum bel_file_mode mode, size_t size);
	void (*file_close)(struct bel_file *file);
	enum bel_err (*file_sync)(struct bel_file *file);
	enum bel_err (*file_resize)(struct bel_file *file, size_t size);
};

struct bel_disk {
	const struct bel_disk_ops *ops;
};

struct bel_file {
	struct bel_disk *disk;
	char *map; /* NULL when empty */
	size_t size;
};

enum { BEL_STREAM_QUEUE_BYTES = 1 << 20, BEL_FILE_NAME_BYTES = 255 };

void bel_loop_init(struct bel_loop *loop, const struct bel_loop_ops *ops,
		   uint64_t now_ms);
/* A clock that moves within a turn. */
uint64_t bel_loop_clock_us(void);
/* The common end of a turn: letters, due timers, hooks, in this order. */
void bel_loop_finish_turn(struct bel_loop *loop);
/* Letters that came from other threads. */
void bel_mailboxes_deliver(struct bel_loop *loop);
/* Keeps a place for a letter that is posted later; BEL_ERR_BUSY when there is none. A
 * post into a place that was kept never fails. Any thread. */
enum bel_err bel_mailbox_reserve(struct bel_mailbox *mailbox);
void bel_mailbox_unreserve(struct bel_mailbox *mailbox);
void bel_mailbox_post_reserved(struct bel_mailbox *mailbox, struct bel_letter *letter);
/* Runs one job of each service of a loop without threads. True when more wait. */
bool bel_services_work(struct bel_loop *loop);

#endif
