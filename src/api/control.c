/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api_int.h"

enum { TIMEOUT_S = 10, BACKLOG = 16 };

static bool set_path(struct sockaddr_un *name, const char *path)
{
	bel_str text = bel_str_from(path);

	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (text.len >= sizeof name->sun_path)
		return false;
	memcpy(name->sun_path, text.ptr, text.len);
	return true;
}

/* ---- serving ---- */

struct guest {
	struct bel_api *api;
	int fd;
	bool is_http;
};

/* Reads up to the line end; the words are cut at separators. */
static bool read_command(int fd, char *buf, bel_str *words, unsigned *count)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = read(fd, buf + len, REQUEST_BYTES_MAX - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		if (buf[len - 1] == '\n')
			break;
		if (len == REQUEST_BYTES_MAX)
			return false;
	}
	bel_str left = { buf, len - 1 };
	*count = 0;
	while (*count < WORDS_MAX) {
		size_t end = bel_str_find(left, SEPARATOR);
		words[(*count)++] = bel_str_slice(left, 0, end);
		if (end == left.len)
			return true;
		left = bel_str_slice(left, end + 1, left.len);
	}
	return false;
}

static void serve_command(struct bel_api *api, int fd)
{
	char *request = malloc(REQUEST_BYTES_MAX);
	struct sink *sink = malloc(sizeof *sink);
	bel_str words[WORDS_MAX];
	unsigned count;

	if (request && sink && read_command(fd, request, words, &count)) {
		bel_sink_init(sink, fd);
		int status = bel_commands_run(api, sink, words, count);
		bel_sink_format(sink, "%c%d\n", TRAILER, status);
		bel_sink_flush(sink);
	}
	free(request);
	free(sink);
}

static void *serve(void *user)
{
	struct guest *guest = user;
	struct bel_api *api = guest->api;

	if (guest->is_http)
		bel_http_serve(api, guest->fd);
	else
		serve_command(api, guest->fd);
	close(guest->fd);
	free(guest);
	atomic_fetch_sub(&api->connections, 1);
	return NULL;
}

static void welcome(struct bel_api *api, int listener, bool is_http)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct guest *guest;
	pthread_t thread;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	guest = atomic_load(&api->connections) < CONNECTIONS_MAX ? malloc(sizeof *guest)
								 : NULL;
	if (!guest) {
		close(fd);
		return;
	}
	*guest = (struct guest){ api, fd, is_http };
	atomic_fetch_add(&api->connections, 1);
	if (pthread_create(&thread, NULL, serve, guest) == 0) {
		pthread_detach(thread);
		return;
	}
	atomic_fetch_sub(&api->connections, 1);
	close(fd);
	free(guest);
}

static void *listen_for_guests(void *user)
{
	struct bel_api *api = user;
	struct pollfd fds[BEL_COUNT_OF(api->http_fds) + 2];
	nfds_t count = 0;

	fds[count++] = (struct pollfd){ .fd = api->stop_pipe[0], .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = api->control_fd, .events = POLLIN };
	for (unsigned i = 0; i < api->http_count; i++)
		fds[count++] = (struct pollfd){ .fd = api->http_fds[i],
						.events = POLLIN };
	while (!atomic_load(&api->is_closing)) {
		if (poll(fds, count, -1) < 0 && errno != EINTR)
			break;
		for (nfds_t i = 1; i < count; i++)
			if (fds[i].revents & POLLIN)
				welcome(api, fds[i].fd, i > 1);
	}
	return NULL;
}

/* ---- opening ---- */

static enum bel_err open_control(struct bel_api *api, const char *path)
{
	struct sockaddr_un name;
	enum bel_err err;

	if (!set_path(&name, path))
		return bel_err_from_errno(ENAMETOOLONG);
	api->control_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (api->control_fd < 0)
		return bel_err_from_errno(errno);
	/* A socket left by a killed server answers nobody; one that answers is a server.
	 */
	if (connect(api->control_fd, (struct sockaddr *)&name, sizeof name) == 0) {
		err = bel_err_from_errno(EADDRINUSE);
		goto fail;
	}
	_Static_assert(sizeof name.sun_path <= sizeof api->control_path,
		       "what fits a name fits here");
	memcpy(api->control_path, name.sun_path, sizeof name.sun_path);
	unlink(path);
	if (bind(api->control_fd, (struct sockaddr *)&name, sizeof name) ||
	    chmod(path, S_IRUSR | S_IWUSR) || listen(api->control_fd, BACKLOG)) {
		err = bel_err_from_errno(errno);
		goto fail;
	}
	return BEL_OK;

fail:
	close(api->control_fd);
	api->control_fd = -1;
	return err;
}

static enum bel_err open_http(struct bel_api *api, const bel_addr *addr)
{
	struct sockaddr_storage name;
	socklen_t len = bel_addr_to_sockaddr(&name, addr);
	int one = 1;
	int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return bel_err_from_errno(errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (addr->family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&name, len) || listen(fd, BACKLOG)) {
		enum bel_err err = bel_err_from_errno(errno);
		close(fd);
		return err;
	}
	api->http_fds[api->http_count++] = fd;
	return BEL_OK;
}

enum bel_err bel_api_open(struct bel_api **out, const struct bel_api_opts *opts)
{
	struct bel_api *api = calloc(1, sizeof *api);
	enum bel_err err = BEL_OK;

	if (!api)
		return bel_err_from_errno(ENOMEM);
	api->opts = *opts;
	api->control_fd = api->stop_pipe[0] = api->stop_pipe[1] = -1;
	if (pipe2(api->stop_pipe, O_CLOEXEC))
		err = bel_err_from_errno(errno);
	if (!err && opts->control_path)
		err = open_control(api, opts->control_path);
	for (unsigned i = 0; i < opts->http_count && !err; i++)
		err = i < BEL_COUNT_OF(api->http_fds) ? open_http(api, &opts->http[i])
						      : BEL_ERR_LIMIT;
	if (!err) {
		int failure = pthread_create(&api->thread, NULL, listen_for_guests, api);
		err = failure ? bel_err_from_errno(failure) : BEL_OK;
		api->has_thread = !err;
	}
	if (err) {
		bel_api_close(api);
		return err;
	}
	*out = api;
	return BEL_OK;
}

void bel_api_close(struct bel_api *api)
{
	if (!api)
		return;
	atomic_store(&api->is_closing, true);
	if (api->has_thread) {
		if (write(api->stop_pipe[1], "", 1) < 0)
			pthread_cancel(api->thread);
		pthread_join(api->thread, NULL);
	}
	/* Guests have their time limits: the last one is gone soon. */
	for (unsigned i = 0; i < TIMEOUT_S * 100 && atomic_load(&api->connections); i++)
		usleep(10000);
	if (api->control_fd >= 0) {
		unlink(api->control_path);
		close(api->control_fd);
	}
	for (unsigned i = 0; i < api->http_count; i++)
		close(api->http_fds[i]);
	for (unsigned i = 0; i < 2; i++)
		if (api->stop_pipe[i] >= 0)
			close(api->stop_pipe[i]);
	free(api);
}

/* ---- asking ---- */

static enum bel_err send_words(int fd, const bel_str *words, unsigned count)
{
	char buf[REQUEST_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < count; i++) {
		if (i)
			bel_write_char(&writer, SEPARATOR);
		bel_write_str(&writer, words[i]);
	}
	bel_write_char(&writer, '\n');
	if (writer.is_full)
		return BEL_ERR_LIMIT;
	return send(fd, buf, writer.len, MSG_NOSIGNAL) == (ssize_t)writer.len
		       ? BEL_OK
		       : bel_err_from_errno(errno);
}

/* Everything up to the trailer is the answer; what follows it is the status. */
static enum bel_err take_answer(int *status, int fd,
				void (*on_bytes)(void *user, bel_str bytes), void *user)
{
	char buf[SINK_BYTES];
	char tail[16];
	size_t tail_len = 0;
	bool is_over = false;
	ssize_t got;

	while ((got = read(fd, buf, sizeof buf)) > 0) {
		bel_str bytes = { buf, (size_t)got };
		size_t end = is_over ? 0 : bel_str_find(bytes, TRAILER);
		if (end)
			on_bytes(user, bel_str_slice(bytes, 0, end));
		is_over |= end < bytes.len;
		for (; end < bytes.len && tail_len < sizeof tail; end++)
			if (bel_char_is_digit(buf[end]))
				tail[tail_len++] = buf[end];
	}
	uint64_t number;
	if (!is_over || bel_str_to_u64(&number, (bel_str){ tail, tail_len }, 255))
		return BEL_ERR_CLOSED;
	*status = (int)number;
	return BEL_OK;
}

enum bel_err bel_api_ask(int *status, const char *control_path, const bel_str *words,
			 unsigned count, void (*on_bytes)(void *user, bel_str bytes),
			 void *user)
{
	struct sockaddr_un name;
	enum bel_err err;
	int fd;

	if (!set_path(&name, control_path))
		return bel_err_from_errno(ENAMETOOLONG);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bel_err_from_errno(errno);
	if (connect(fd, (struct sockaddr *)&name, sizeof name))
		err = bel_err_from_errno(errno);
	else
		err = send_words(fd, words, count);
	if (!err)
		err = take_answer(status, fd, on_bytes, user);
	close(fd);
	return err;
}
