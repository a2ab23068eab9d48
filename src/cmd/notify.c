/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"

void bel_notify(const char *state)
{
	bel_str path = bel_str_from(getenv("NOTIFY_SOCKET"));
	bel_str text = bel_str_from(state);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	if (path.len < 2 || path.len >= sizeof name.sun_path)
		return;
	memcpy(name.sun_path, path.ptr, path.len);
	if (path.ptr[0] == '@')
		name.sun_path[0] = '\0'; /* the abstract name space */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody listening is nobody's fault. */
	if (sendto(fd, text.ptr, text.len, MSG_NOSIGNAL, (struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len)) < 0) {
		close(fd);
		return;
	}
	close(fd);
}
