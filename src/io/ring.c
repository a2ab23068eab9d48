/* SPDX-License-Identifier: Apache-2.0
 * Sockets of which there are very many. A call of the kernel for each packet that comes
 * and each that leaves would cost them a quarter of their time. So they are all watched
 * by one ring, from which what came for any of them is taken together, and to which what
 * any of them sends is handed over at the end of the turn. The loop sleeps in epoll all
 * the same, where an eventfd says that something came. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/epoll_int.h"

enum {
	REQUESTS = 512, /* that are handed over at once */
	COMPLETIONS = 4096,
	BUFFERS = 512, /* a power of two */
	SENDS = 256,
	TAKEN_MAX = 256, /* in a turn: others have their turn, too */
	SUBMITS_MAX = 3,
	GROUP = 0,
	NAME_BYTES = 32, /* of either family; what is behind it stays aligned */
};

/* Where the kernel puts a datagram: a head, a name, control messages, its bytes. */
struct buffer {
	_Alignas(64) struct io_uring_recvmsg_out head;
	char rest[NAME_BYTES + CONTROL_BYTES + BEL_UDP_SHORT_BYTES];
};

/* A datagram that is to be handed over. */
struct sending {
	struct bel_outgoing outgoing;
	char bytes[BEL_UDP_SHORT_BYTES];
};

struct ring {
	struct bel_many many;
	struct bel_epoll_loop *loop;
	struct io_uring uring;
	bool is_enabled; /* by the thread that turns the loop */
	struct bel_poll poll;
	struct bel_unsent unsent;
	struct bel_list changes; /* sockets to be watched, or closed and to be no more */
	struct bel_list dying;   /* closed ones that the kernel has still to let go */
	struct io_uring_buf_ring *offered;
	struct buffer *buffers;
	struct sending *sends;
	unsigned sends_count;
	struct msghdr shapes[2]; /* of what comes; the second: to a wildcard */
};

struct ring_udp {
	struct bel_udp base;
	struct bel_list node; /* in changes or dying */
	int fd;
	bool is_wildcard, is_watched, is_dead;
};

static struct ring *ring_of(struct bel_loop *loop)
{
	return BEL_CONTAINER_OF(bel_epoll_of(loop)->many, struct ring, many);
}

static struct ring_udp *udp_of(struct bel_udp *udp)
{
	return BEL_CONTAINER_OF(udp, struct ring_udp, base);
}

/* ---- handing over ---- */

/* Everything is done when this returns, for nothing of it waits; but when the kernel has
 * no memory: then it is tried again. */
static void submit(struct ring *ring)
{
	for (unsigned i = 0; i < SUBMITS_MAX && io_uring_sq_ready(&ring->uring); i++)
		if (io_uring_submit(&ring->uring) < 0)
			io_uring_get_events(&ring->uring);
	if (!io_uring_sq_ready(&ring->uring))
		ring->sends_count = 0;
}

/* NULL: the kernel takes no more now. */
static struct io_uring_sqe *request(struct ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);

	if (sqe)
		return sqe;
	submit(ring);
	return io_uring_get_sqe(&ring->uring);
}

static bool watch(struct ring *ring, struct ring_udp *udp)
{
	struct io_uring_sqe *sqe = request(ring);

	if (!sqe)
		return false;
	io_uring_prep_recvmsg_multishot(sqe, udp->fd, &ring->shapes[udp->is_wildcard], 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	io_uring_sqe_set_data(sqe, udp);
	udp->is_watched = true;
	return true;
}

static bool let_go(struct ring *ring, struct ring_udp *udp)
{
	struct io_uring_sqe *sqe = request(ring);

	if (!sqe)
		return false;
	io_uring_prep_cancel(sqe, udp, 0);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	io_uring_sqe_set_data(sqe, NULL);
	bel_list_put(&ring->dying, &udp->node);
	return true;
}

/* From here on it is this thread's. (liburing 2.3 declares a function for it that the
 * library does not have.) */
static void enable(struct ring *ring)
{
	ring->is_enabled = !syscall(SYS_io_uring_register, ring->uring.ring_fd,
				    IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static void flush(struct bel_unsent *unsent)
{
	struct ring *ring = BEL_CONTAINER_OF(unsent, struct ring, unsent);

	if (!ring->is_enabled)
		enable(ring);
	BEL_LIST_EACH(at, &ring->changes)
	{
		struct ring_udp *udp = BEL_CONTAINER_OF(at, struct ring_udp, node);
		bel_list_remove(at);
		if (udp->is_dead ? let_go(ring, udp) : watch(ring, udp))
			continue;
		bel_list_put(&ring->changes, at);
		break;
	}
	submit(ring);
}

static void change(struct ring *ring, struct ring_udp *udp)
{
	bel_list_remove(&udp->node);
	bel_list_put(&ring->changes, &udp->node);
	bel_unsent_put(ring->loop, &ring->unsent);
}

/* ---- receiving ---- */

static void hand_over(struct ring_udp *udp, struct buffer *buffer, int len)
{
	struct ring *ring = ring_of(udp->base.loop);
	struct msghdr *shape = &ring->shapes[udp->is_wildcard];
	struct io_uring_recvmsg_out *out = io_uring_recvmsg_validate(buffer, len, shape);
	struct msghdr came;
	struct bel_datagram datagram;

	if (!out || out->payloadlen > BEL_UDP_SHORT_BYTES)
		return;
	came = (struct msghdr){ .msg_control = buffer->rest + NAME_BYTES,
				.msg_controllen = out->controllen };
	datagram = (struct bel_datagram){
		.peer = bel_addr_from_sockaddr(io_uring_recvmsg_name(out)),
		.local = udp->is_wildcard ? bel_socket_arrived_at(&udp->base.local, &came)
					  : udp->base.local,
		.buf = io_uring_recvmsg_payload(out, shape),
		.len = io_uring_recvmsg_payload_length(out, len, shape),
	};
	udp->base.opts.on_datagrams(udp->base.opts.user, &udp->base, &datagram, 1);
}

static void offer(struct ring *ring, unsigned index)
{
	io_uring_buf_ring_add(ring->offered, &ring->buffers[index], sizeof(struct buffer),
			      (unsigned short)index, BUFFERS - 1, 0);
	io_uring_buf_ring_advance(ring->offered, 1);
}

/* The kernel's last word of a socket: it was closed, or the buffers had run out. */
static void on_end(struct ring *ring, struct ring_udp *udp)
{
	udp->is_watched = false;
	if (!udp->is_dead) {
		change(ring, udp);
		return;
	}
	bel_list_remove(&udp->node);
	free(udp);
}

static void take(struct ring *ring, const struct io_uring_cqe *cqe)
{
	struct ring_udp *udp = io_uring_cqe_get_data(cqe);
	unsigned index = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

	/* A datagram that the kernel did not want to send, which is lost. */
	if (!udp)
		return;
	if (cqe->flags & IORING_CQE_F_BUFFER) {
		if (!udp->is_dead && cqe->res > 0)
			hand_over(udp, &ring->buffers[index], cqe->res);
		offer(ring, index);
	}
	if (!(cqe->flags & IORING_CQE_F_MORE))
		on_end(ring, udp);
}

/* Whether the kernel has more than it has put into the ring: it works in small portions,
 * which may come to nothing. */
static bool has_more(const struct ring *ring)
{
	return IO_URING_READ_ONCE(*ring->uring.sq.kflags) &
	       (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

static void on_event(struct bel_poll *poll, uint32_t events)
{
	struct ring *ring = BEL_CONTAINER_OF(poll, struct ring, poll);
	struct io_uring_cqe *cqe;
	unsigned taken = 0;

	(void)events;
	while (taken < TAKEN_MAX) {
		/* This asks the kernel when the ring is empty. */
		if (io_uring_peek_cqe(&ring->uring, &cqe)) {
			if (!has_more(ring))
				return;
			taken++;
			continue;
		}
		const struct io_uring_cqe copy = *cqe;
		io_uring_cqe_seen(&ring->uring, cqe);
		take(ring, &copy);
		taken++;
	}
	/* In the next turn, for nobody else will say so. */
	eventfd_write(ring->poll.fd, 1);
}

/* ---- sockets ---- */

static enum bel_err ring_udp_send(struct bel_udp *base, const bel_addr *peer,
				  const bel_addr *from, bel_str bytes)
{
	struct ring_udp *udp = udp_of(base);
	struct ring *ring = ring_of(base->loop);
	const bel_addr *source = udp->is_wildcard ? from : NULL;
	struct io_uring_sqe *sqe = NULL;
	struct sending *sending;

	if (peer->family != base->local.family)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (ring->sends_count == SENDS || bytes.len > BEL_UDP_SHORT_BYTES)
		submit(ring);
	if (ring->sends_count < SENDS && bytes.len <= BEL_UDP_SHORT_BYTES)
		sqe = request(ring);
	if (!sqe) {
		bel_socket_send(udp->fd, peer, source, bytes);
		return BEL_OK;
	}
	sending = &ring->sends[ring->sends_count++];
	if (bytes.len)
		memcpy(sending->bytes, bytes.ptr, bytes.len);
	bel_outgoing_set(&sending->outgoing, peer, source,
			 (bel_str){ sending->bytes, bytes.len });
	io_uring_prep_sendmsg(sqe, udp->fd, &sending->outgoing.header, MSG_DONTWAIT);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	io_uring_sqe_set_data(sqe, NULL);
	bel_unsent_put(ring->loop, &ring->unsent);
	return BEL_OK;
}

static enum bel_err ring_udp_send_whole(struct bel_udp *base, const bel_addr *peer,
					bel_str bytes)
{
	/* What was to be sent before goes before. */
	submit(ring_of(base->loop));
	return bel_socket_send_whole(udp_of(base)->fd, base, peer, bytes);
}

static void ring_udp_close(struct bel_udp *base)
{
	struct ring_udp *udp = udp_of(base);
	struct ring *ring = ring_of(base->loop);

	/* Its number may be another socket's in a moment. */
	if (ring->sends_count)
		submit(ring);
	close(udp->fd);
	udp->is_dead = true;
	if (udp->is_watched) {
		change(ring, udp);
		return;
	}
	bel_list_remove(&udp->node);
	free(udp);
}

static enum bel_err ring_udp_open(struct bel_udp **out, struct bel_loop *loop,
				  const struct bel_udp_opts *opts)
{
	struct ring_udp *udp = calloc(1, sizeof *udp);
	enum bel_err err;

	if (!udp)
		return bel_err_from_errno(ENOMEM);
	udp->base = (struct bel_udp){
		.loop = loop, .opts = *opts, .local = opts->local, .is_in_ring = true
	};
	udp->is_wildcard = bel_addr_range(&opts->local) == BEL_ADDR_UNSPECIFIED;
	err = bel_socket_open_udp(&udp->fd, &udp->base.local, opts);
	if (err) {
		free(udp);
		return err;
	}
	bel_list_init(&udp->node);
	change(ring_of(loop), udp);
	*out = &udp->base;
	return BEL_OK;
}

/* ---- from open to close ---- */

static void free_all(struct bel_list *list)
{
	BEL_LIST_EACH(at, list)
	{
		bel_list_remove(at);
		free(BEL_CONTAINER_OF(at, struct ring_udp, node));
	}
}

static void ring_close(struct bel_epoll_loop *loop)
{
	struct ring *ring = BEL_CONTAINER_OF(loop->many, struct ring, many);

	bel_list_remove(&ring->unsent.node);
	io_uring_queue_exit(&ring->uring);
	close(ring->poll.fd);
	free_all(&ring->changes);
	free_all(&ring->dying);
	free(ring->offered);
	free(ring->buffers);
	free(ring->sends);
	free(ring);
	loop->many = NULL;
}

static const struct bel_many many = { .close = ring_close,
				      .udp_open = ring_udp_open,
				      .udp_close = ring_udp_close,
				      .udp_send = ring_udp_send,
				      .udp_send_whole = ring_udp_send_whole };

static enum bel_err offer_all(struct ring *ring)
{
	const size_t size = BUFFERS * sizeof(struct io_uring_buf);
	struct io_uring_buf_reg buffers = { .ring_entries = BUFFERS, .bgid = GROUP };

	ring->offered = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size);
	ring->buffers = calloc(BUFFERS, sizeof *ring->buffers);
	ring->sends = calloc(SENDS, sizeof *ring->sends);
	if (!ring->offered || !ring->buffers || !ring->sends)
		return bel_err_from_errno(ENOMEM);
	memset(ring->offered, 0, size);
	buffers.ring_addr = (uintptr_t)ring->offered;
	int result = io_uring_register_buf_ring(&ring->uring, &buffers, 0);
	if (result)
		return bel_err_from_errno(-result);
	io_uring_buf_ring_init(ring->offered);
	for (unsigned i = 0; i < BUFFERS; i++)
		offer(ring, i);
	return BEL_OK;
}

/* Whoever sleeps in epoll_wait is not woken by a ring of this kind, but by its eventfd:
 * at each count, which nobody has to read therefore. */
static enum bel_err watch_events(struct ring *ring)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	enum bel_err err;

	if (fd < 0)
		return bel_err_from_errno(errno);
	ring->poll = (struct bel_poll){ .fd = fd,
					.events = EPOLLIN | EPOLLET,
					.on_event = on_event };
	int result = io_uring_register_eventfd(&ring->uring, fd);
	err = result ? bel_err_from_errno(-result)
		     : bel_poll_start(ring->loop, &ring->poll);
	if (err)
		close(fd);
	return err;
}

static enum bel_err open_ring(struct ring *ring)
{
	/* The thread that turns the loop is not known yet. */
	struct io_uring_params params = { .flags = IORING_SETUP_SINGLE_ISSUER |
						   IORING_SETUP_DEFER_TASKRUN |
						   IORING_SETUP_TASKRUN_FLAG |
						   IORING_SETUP_R_DISABLED |
						   IORING_SETUP_CQSIZE,
					  .cq_entries = COMPLETIONS };
	int result = io_uring_queue_init_params(REQUESTS, &ring->uring, &params);
	enum bel_err err;

	if (result)
		return result == -EINVAL || result == -ENOSYS
			       ? BEL_ERR_UNSUPPORTED
			       : bel_err_from_errno(-result);
	err = offer_all(ring);
	if (!err)
		err = watch_events(ring);
	if (err)
		io_uring_queue_exit(&ring->uring);
	return err;
}

enum bel_err bel_loop_use_ring(struct bel_loop *base)
{
	struct ring *ring;
	enum bel_err err;

	if (bel_loop_fd(base) < 0 || bel_epoll_of(base)->many)
		return BEL_ERR_UNSUPPORTED;
	ring = calloc(1, sizeof *ring);
	if (!ring)
		return bel_err_from_errno(ENOMEM);
	ring->many = many;
	ring->loop = bel_epoll_of(base);
	ring->unsent.flush = flush;
	bel_list_init(&ring->unsent.node);
	bel_list_init(&ring->changes);
	bel_list_init(&ring->dying);
	for (unsigned i = 0; i < BEL_COUNT_OF(ring->shapes); i++)
		ring->shapes[i] = (struct msghdr){
			.msg_namelen = NAME_BYTES,
			.msg_controllen = i ? CONTROL_BYTES : 0,
		};
	err = open_ring(ring);
	if (err) {
		free(ring->offered);
		free(ring->buffers);
		free(ring->sends);
		free(ring);
		return err;
	}
	ring->loop->many = &ring->many;
	return BEL_OK;
}
