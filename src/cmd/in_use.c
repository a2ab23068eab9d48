/* SPDX-License-Identifier: Apache-2.0
 * Who listens on a port, by /proc: the table of sockets gives an inode, the processes'
 * open files give who holds it. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"

/* Inode of a socket bound to the port, 0 when there is none. */
static uint64_t find_inode(const char *table, uint16_t port)
{
	size_t len;
	char *text = bel_cmd_read_file(table, &len);
	struct bel_cursor cursor = bel_cursor_init((bel_str){ text, len });
	uint64_t found = 0;

	while (text && !found && !bel_cursor_is_end(&cursor)) {
		bel_str line = bel_cursor_until_char(&cursor, '\n');
		bel_str column[10] = { { NULL, 0 } };
		bel_cursor_take(&cursor, '\n');
		for (unsigned i = 0; i < BEL_COUNT_OF(column); i++) {
			line = bel_str_trim(line);
			size_t end = bel_str_find(line, ' ');
			column[i] = bel_str_slice(line, 0, end);
			line = bel_str_slice(line, end, line.len);
		}
		size_t colon = bel_str_find(column[1], ':');
		uint64_t number, inode;
		if (bel_str_to_hex64(&number, bel_str_slice(column[1], colon + 1,
							    column[1].len)) ||
		    number != port || bel_str_to_u64(&inode, column[9], UINT64_MAX))
			continue;
		found = inode;
	}
	free(text);
	return found;
}

/* /proc/PID/WHAT, terminated; empty when it is too long to be one. */
static void proc_path(char path[PATH_BYTES], const char *pid, const char *what,
		      const char *entry)
{
	struct bel_writer writer = bel_writer_init(path, PATH_BYTES - 1);

	bel_write_lit(&writer, "/proc/");
	bel_write_text(&writer, pid);
	bel_write_text(&writer, what);
	bel_write_text(&writer, entry);
	path[writer.is_full ? 0 : writer.len] = '\0';
}

static bool holds(const char *pid, uint64_t inode)
{
	char path[PATH_BYTES], wanted[64], target[64];
	struct bel_writer name = bel_writer_init(wanted, sizeof wanted);
	DIR *dir;
	bool is_found = false;

	bel_write_format(&name, "socket:[%llu]", (unsigned long long)inode);
	proc_path(path, pid, "/fd", "");
	dir = opendir(path);
	for (struct dirent *entry; dir && !is_found && (entry = readdir(dir));) {
		ssize_t len;
		proc_path(path, pid, "/fd/", entry->d_name);
		len = readlink(path, target, sizeof target);
		is_found = len > 0 && bel_str_is_equal(bel_writer_str(&name),
						       (bel_str){ target, (size_t)len });
	}
	if (dir)
		closedir(dir);
	return is_found;
}

void bel_port_owner(struct bel_writer *writer, const bel_addr *addr, bool is_udp)
{
	const char *table = is_udp              ? addr->family == 4 ? "/proc/net/udp"
								    : "/proc/net/udp6"
			    : addr->family == 4 ? "/proc/net/tcp"
						: "/proc/net/tcp6";
	uint64_t inode = find_inode(table, addr->port);
	DIR *proc = inode ? opendir("/proc") : NULL;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		char path[PATH_BYTES];
		size_t len = 0;
		char *name;
		if (!bel_char_is_digit(entry->d_name[0]) || !holds(entry->d_name, inode))
			continue;
		proc_path(path, entry->d_name, "/comm", "");
		name = bel_cmd_read_file(path, &len);
		bel_write_escaped(writer, bel_str_trim((bel_str){ name, len }));
		bel_write_format(writer, " (pid %s)", entry->d_name);
		free(name);
		break;
	}
	if (proc)
		closedir(proc);
}
