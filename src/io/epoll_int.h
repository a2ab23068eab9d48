/* SPDX-License-Identifier: Apache-2.0
 * The loop on epoll and its sockets. */
#ifndef BEL_IO_EPOLL_INT_H
#define BEL_IO_EPOLL_INT_H

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "io/io_int.h"

/* Something with a file descriptor that the loop watches. An object closed in the middle
 * of a turn may still stand among the events just fetched: it is only marked, and freed
 * when the turn ends. */
struct bel_poll {
	struct bel_list node; /* in the graveyard */
	int fd;
	uint32_t events;
	bool is_dead;
	void (*on_event)(struct bel_poll *poll, uint32_t events);
	void *object; /* what is freed */
};

enum { CONTROL_BYTES = 64 };

/* Where one recvmmsg puts a batch; shared by all sockets of a loop. */
struct bel_udp_intake {
	struct mmsghdr headers[BEL_UDP_BATCH];
	struct iovec vectors[BEL_UDP_BATCH];
	struct sockaddr_storage peers[BEL_UDP_BATCH];
	_Alignas(8) char controls[BEL_UDP_BATCH][CONTROL_BYTES];
	struct bel_datagram datagrams[BEL_UDP_BATCH];
	char buf[BEL_UDP_BATCH][BEL_DATAGRAM_BYTES + 1];
};

/* What a UDP socket sends at the end of the turn; lent to it from the first datagram
 * until then, so that a socket at rest is small. */
struct bel_udp_outbox;
struct bel_epoll_loop;

/* How a loop keeps sockets of which there are many (ring.c). */
struct bel_many {
	void (*close)(struct bel_epoll_loop *loop);
	enum bel_err (*udp_open)(struct bel_udp **out, struct bel_loop *loop,
				 const struct bel_udp_opts *opts);
	void (*udp_close)(struct bel_udp *udp);
	enum bel_err (*udp_send)(struct bel_udp *udp, const bel_addr *peer,
				 const bel_addr *from, bel_str bytes);
	enum bel_err (*udp_send_whole)(struct bel_udp *udp, const bel_addr *peer,
				       bel_str bytes);
};

struct bel_epoll_loop {
	struct bel_loop base;
	uint64_t wall_ahead_ms; /* of the monotonic clock; set once */
	int epoll_fd;
	int wake_fd;
	struct bel_poll wake;
	_Atomic bool is_woken;
	struct bel_list graveyard;
	struct bel_list
		unsent; /* sockets and streams with bytes for the end of the turn */
	struct bel_list starved; /* listeners that ran out of descriptors */
	struct bel_timer retry_accept;
	struct bel_udp_intake *intake;
	struct bel_udp_outbox *outboxes; /* that nobody has just now */
	unsigned outboxes_count;         /* all of them */
	struct bel_many *many;           /* NULL: as any other */
	char random[256];
	size_t random_left; /* at its end */
};

/* Something that sends at the end of the turn. */
struct bel_unsent {
	struct bel_list node;
	void (*flush)(struct bel_unsent *unsent);
};

struct bel_epoll_loop *bel_epoll_of(struct bel_loop *loop);
enum bel_err bel_poll_start(struct bel_epoll_loop *loop, struct bel_poll *poll);
void bel_poll_change(struct bel_epoll_loop *loop, struct bel_poll *poll, uint32_t events);
/* Closes the fd too, when close_fd; the object is freed at the end of the turn. */
void bel_poll_end(struct bel_epoll_loop *loop, struct bel_poll *poll, bool close_fd);
void bel_unsent_put(struct bel_epoll_loop *loop, struct bel_unsent *unsent);

enum bel_err bel_epoll_udp_open(struct bel_udp **out, struct bel_loop *loop,
				const struct bel_udp_opts *opts);
void bel_epoll_udp_close(struct bel_udp *udp);
enum bel_err bel_epoll_udp_send(struct bel_udp *udp, const bel_addr *peer,
				const bel_addr *from, bel_str bytes);
enum bel_err bel_epoll_udp_send_whole(struct bel_udp *udp, const bel_addr *peer,
				      bel_str bytes);
void bel_udp_outboxes_free(struct bel_epoll_loop *loop);

enum bel_err bel_epoll_listener_open(struct bel_listener **out, struct bel_loop *loop,
				     const struct bel_listener_opts *opts);
void bel_epoll_listener_close(struct bel_listener *listener);
void bel_epoll_listener_pause(struct bel_listener *listener, bool is_paused);
/* Listeners that ran out of descriptors try again. */
void bel_epoll_listeners_retry(struct bel_epoll_loop *loop);

enum bel_err bel_epoll_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				      const bel_addr *peer, const bel_addr *local);
/* Takes the fd over, also on failure. */
enum bel_err bel_epoll_stream_adopt(struct bel_stream **out, struct bel_loop *loop,
				    int fd, bool is_connecting);
void bel_epoll_stream_close(struct bel_stream *stream);
enum bel_err bel_epoll_stream_receive(size_t *len, struct bel_stream *stream, char *buf,
				      size_t size);
enum bel_err bel_epoll_stream_send(struct bel_stream *stream, bel_str bytes);
void bel_epoll_stream_pause(struct bel_stream *stream, bool is_paused);

enum bel_err bel_ares_open(struct bel_resolver **out, struct bel_loop *loop,
			   const struct bel_resolver_opts *opts);
void bel_ares_close(struct bel_resolver *resolver);
enum bel_err bel_ares_query(struct bel_resolver *resolver, bel_str name,
			    enum bel_dns_type type, bel_dns_fn on_answer, void *user);
void bel_ares_forget(struct bel_resolver *resolver, void *user);

/* What the kernel's routing says; nothing is sent. */
enum bel_err bel_socket_local_for(struct bel_loop *loop, const bel_addr *peer,
				  bel_addr *out);

unsigned bel_socket_own_addrs(struct bel_loop *loop, bel_addr *out, unsigned max);

/* A bound, non-blocking, close-on-exec socket with its address; or -errno. */
enum bel_err bel_socket_open(int *out, bel_addr *local, int type, bool is_shared);
/* A TCP socket to connect with, from that address and any port if it has none; NULL: from
 * wherever the kernel finds best. */
enum bel_err bel_socket_open_outward(int *out, int family, const bel_addr *local);

/* Of a group of sockets that share their address, in the order of their opening: the one
 * for a datagram or a connection is chosen by the host that it comes from. Without the
 * kernel's consent they are chosen as usual. */
void bel_socket_choose_by_host(int fd, uint8_t family, unsigned count);

/* ---- datagram.c ---- */

/* A datagram as sendmsg wants it; stays where it was set. */
struct bel_outgoing {
	struct msghdr header;
	struct iovec vector;
	struct sockaddr_storage name;
	_Alignas(8) char control[CONTROL_BYTES];
};
/* from: NULL or without family: the socket's own address. The bytes are not copied. */
void bel_outgoing_set(struct bel_outgoing *out, const bel_addr *peer,
		      const bel_addr *from, bel_str bytes);

/* bel_socket_open with what the options want. */
enum bel_err bel_socket_open_udp(int *out, bel_addr *local,
				 const struct bel_udp_opts *opts);
/* Where a datagram came to on a wildcard socket that is bound there. */
bel_addr bel_socket_arrived_at(const bel_addr *bound, struct msghdr *header);
/* A datagram that the kernel refuses is lost, as the network loses them; the others go
 * on. */
void bel_socket_send_batch(int fd, struct mmsghdr *headers, unsigned count);
void bel_socket_send(int fd, const bel_addr *peer, const bel_addr *from, bel_str bytes);
enum bel_err bel_socket_send_whole(int fd, const struct bel_udp *udp,
				   const bel_addr *peer, bel_str bytes);

#endif
