/* SPDX-License-Identifier: Apache-2.0
 * The public calls of sockets, streams, look-ups and files; each kind does the work. */
#include "io/io_int.h"

enum bel_err bel_udp_open(struct bel_udp **out, struct bel_loop *loop,
			  const struct bel_udp_opts *opts)
{
	return loop->ops->udp_open(out, loop, opts);
}

void bel_udp_close(struct bel_udp *udp)
{
	if (udp)
		udp->loop->ops->udp_close(udp);
}

const bel_addr *bel_udp_local(const struct bel_udp *udp)
{
	return &udp->local;
}

enum bel_err bel_udp_send(struct bel_udp *udp, const bel_addr *peer, const bel_addr *from,
			  bel_str bytes)
{
	if (bytes.len > BEL_DATAGRAM_BYTES)
		return BEL_ERR_LIMIT;
	return udp->loop->ops->udp_send(udp, peer, from, bytes);
}

enum bel_err bel_udp_send_whole(struct bel_udp *udp, const bel_addr *peer, bel_str bytes)
{
	if (bytes.len > BEL_DATAGRAM_BYTES)
		return BEL_ERR_LIMIT;
	return udp->loop->ops->udp_send_whole(udp, peer, bytes);
}

enum bel_err bel_listener_open(struct bel_listener **out, struct bel_loop *loop,
			       const struct bel_listener_opts *opts)
{
	return loop->ops->listener_open(out, loop, opts);
}

void bel_listener_close(struct bel_listener *listener)
{
	if (listener)
		listener->loop->ops->listener_close(listener);
}

const bel_addr *bel_listener_local(const struct bel_listener *listener)
{
	return &listener->local;
}

void bel_listener_pause(struct bel_listener *listener, bool is_paused)
{
	listener->loop->ops->listener_pause(listener, is_paused);
}

enum bel_err bel_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				const bel_addr *peer, const bel_addr *local,
				const struct bel_stream_handler *handler, void *user)
{
	struct bel_stream *stream;
	enum bel_err err = loop->ops->stream_connect(&stream, loop, peer, local);

	if (err)
		return err;
	bel_stream_handle(stream, handler, user);
	*out = stream;
	return BEL_OK;
}

void bel_stream_handle(struct bel_stream *stream,
		       const struct bel_stream_handler *handler, void *user)
{
	stream->handler = handler;
	stream->user = user;
}

void bel_stream_close(struct bel_stream *stream)
{
	if (stream)
		stream->loop->ops->stream_close(stream);
}

const bel_addr *bel_stream_peer(const struct bel_stream *stream)
{
	return &stream->peer;
}

const bel_addr *bel_stream_local(const struct bel_stream *stream)
{
	return &stream->local;
}

enum bel_err bel_stream_receive(size_t *len, struct bel_stream *stream, char *buf,
				size_t size)
{
	return stream->loop->ops->stream_receive(len, stream, buf, size);
}

enum bel_err bel_stream_send(struct bel_stream *stream, bel_str bytes)
{
	if (bytes.len > stream->queue_max ||
	    stream->queued > stream->queue_max - bytes.len)
		return BEL_ERR_BUSY;
	return stream->loop->ops->stream_send(stream, bytes);
}

size_t bel_stream_queued(const struct bel_stream *stream)
{
	return stream->queued;
}

void bel_stream_limit(struct bel_stream *stream, size_t queue_max)
{
	stream->queue_max = queue_max;
}

void bel_stream_pause(struct bel_stream *stream, bool is_paused)
{
	stream->loop->ops->stream_pause(stream, is_paused);
}

enum bel_err bel_resolver_open(struct bel_resolver **out, struct bel_loop *loop,
			       const struct bel_resolver_opts *opts)
{
	return loop->ops->resolver_open(out, loop, opts);
}

void bel_resolver_close(struct bel_resolver *resolver)
{
	if (resolver)
		resolver->loop->ops->resolver_close(resolver);
}

enum bel_err bel_resolver_query(struct bel_resolver *resolver, bel_str name,
				enum bel_dns_type type, bel_dns_fn on_answer, void *user)
{
	return resolver->loop->ops->resolver_query(resolver, name, type, on_answer, user);
}

void bel_resolver_forget(struct bel_resolver *resolver, void *user)
{
	resolver->loop->ops->resolver_forget(resolver, user);
}

/* A name stays inside the disk's directory. */
static bool is_name(bel_str name)
{
	return name.len > 0 && name.len <= BEL_FILE_NAME_BYTES &&
	       bel_str_find(name, '/') == name.len &&
	       bel_str_find(name, '\0') == name.len &&
	       !bel_str_is_equal(name, BEL_STR(".")) &&
	       !bel_str_is_equal(name, BEL_STR(".."));
}

void bel_disk_close(struct bel_disk *disk)
{
	if (disk)
		disk->ops->close(disk);
}

enum bel_err bel_disk_rename(struct bel_disk *disk, bel_str from, bel_str to)
{
	return is_name(from) && is_name(to) ? disk->ops->rename(disk, from, to)
					    : BEL_ERR_SYNTAX;
}

enum bel_err bel_disk_remove(struct bel_disk *disk, bel_str name)
{
	return is_name(name) ? disk->ops->remove(disk, name) : BEL_ERR_SYNTAX;
}

enum bel_err bel_disk_list(struct bel_disk *disk,
			   void (*on_name)(void *user, bel_str name), void *user)
{
	return disk->ops->list(disk, on_name, user);
}

enum bel_err bel_file_open(struct bel_file **out, struct bel_disk *disk, bel_str name,
			   enum bel_file_mode mode, size_t size)
{
	return is_name(name) ? disk->ops->file_open(out, disk, name, mode, size)
			     : BEL_ERR_SYNTAX;
}

void bel_file_close(struct bel_file *file)
{
	if (file)
		file->disk->ops->file_close(file);
}

char *bel_file_map(struct bel_file *file)
{
	return file->map;
}

size_t bel_file_size(const struct bel_file *file)
{
	return file->size;
}

enum bel_err bel_file_sync(struct bel_file *file)
{
	return file->disk->ops->file_sync(file);
}

enum bel_err bel_file_resize(struct bel_file *file, size_t size)
{
	return file->disk->ops->file_resize(file, size);
}
