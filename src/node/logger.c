/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "node/node.h"

enum {
	LINE_BYTES = 4096,
	HEAD_BYTES = 512,     /* time, level, text and the fields' names */
	ESCAPE_BYTES_MAX = 6, /* of one byte */
	KINDS = 256,
	LINES_PER_SECOND = 100,
};

/* How often a text was written in the present second. */
struct kind {
	const char *text; /* static, so its address is its name */
	time_t second;
	unsigned count;
	uint64_t held_back;
};

struct bel_logger {
	struct bel_log log;
	int fd;
	bool is_json;
	pthread_mutex_t lock;
	struct kind kinds[KINDS];
};

static const char *const level_names[] = { "debug", "info", "warning", "error" };

/* False while this text has had its share of the second. *held_back gets how many were
 * not written in the last one. */
static bool has_share(struct bel_logger *logger, const char *text, time_t now,
		      uint64_t *held_back)
{
	struct kind *kind = &logger->kinds[(uintptr_t)text / 8 % KINDS];

	*held_back = 0;
	if (kind->text != text || kind->second != now) {
		if (kind->text == text)
			*held_back = kind->held_back;
		*kind = (struct kind){ .text = text, .second = now };
	}
	if (kind->count < LINES_PER_SECOND) {
		kind->count++;
		return true;
	}
	kind->held_back++;
	return false;
}

/* What of a value fits, however it is escaped: a line that is cut is no JSON. */
static bel_str cut(bel_str value, unsigned fields_count)
{
	return bel_str_slice(value, 0,
			     (LINE_BYTES - HEAD_BYTES) / ESCAPE_BYTES_MAX / fields_count);
}

static void write_stamp(struct bel_writer *writer, const struct timespec *now)
{
	struct tm tm;

	gmtime_r(&now->tv_sec, &tm);
	bel_write_format(writer, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			 tm.tm_min, tm.tm_sec, now->tv_nsec / 1000000);
}

static void write_text(struct bel_writer *writer, enum bel_log_level level,
		       const char *text, const struct bel_log_field *fields,
		       unsigned count)
{
	bel_write_format(writer, " %-7s ", level_names[level]);
	bel_write_text(writer, text);
	for (unsigned i = 0; i < count; i++) {
		if (!fields[i].value.len)
			continue;
		bel_write_char(writer, ' ');
		bel_write_text(writer, fields[i].name);
		bel_write_char(writer, '=');
		bel_write_escaped(writer, cut(fields[i].value, count));
	}
}

static void write_json(struct bel_writer *writer, enum bel_log_level level,
		       const char *text, const struct bel_log_field *fields,
		       unsigned count)
{
	bel_write_format(writer, "\",\"level\":\"%s\",\"text\":\"%s\"",
			 level_names[level], text);
	for (unsigned i = 0; i < count; i++) {
		bel_write_format(writer, ",\"%s\":\"", fields[i].name);
		bel_write_json(writer, cut(fields[i].value, count));
		bel_write_char(writer, '"');
	}
	bel_write_char(writer, '}');
}

static void put_line(struct bel_logger *logger, struct bel_writer *writer)
{
	if (writer->is_full)
		writer->len = writer->len < LINE_BYTES - 1 ? writer->len : LINE_BYTES - 1;
	writer->buf[writer->len] = '\n';
	/* One write a line: lines of several threads do not mix. A log that cannot be
	 * written is no reason to stop. */
	if (write(logger->fd, writer->buf, writer->len + 1) < 0)
		return;
}

static void on_write(void *user, enum bel_log_level level, const char *text,
		     const struct bel_log_field *fields, unsigned count)
{
	struct bel_logger *logger = user;
	struct timespec now;
	char line[LINE_BYTES + 1];
	struct bel_writer writer = bel_writer_init(line, LINE_BYTES);
	uint64_t held_back;
	bool is_written;

	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&logger->lock);
	is_written = has_share(logger, text, now.tv_sec, &held_back);
	pthread_mutex_unlock(&logger->lock);
	if (!is_written)
		return;
	if (logger->is_json)
		bel_write_lit(&writer, "{\"at\":\"");
	write_stamp(&writer, &now);
	if (logger->is_json)
		write_json(&writer, level, text, fields, count);
	else
		write_text(&writer, level, text, fields, count);
	if (held_back && !logger->is_json)
		bel_write_format(&writer, " (%llu more like it were left out)",
				 (unsigned long long)held_back);
	put_line(logger, &writer);
}

enum bel_err bel_logger_open(struct bel_logger **out, int fd, bool is_json,
			     enum bel_log_level level)
{
	struct bel_logger *logger = calloc(1, sizeof *logger);

	if (!logger)
		return bel_err_from_errno(ENOMEM);
	logger->fd = fd;
	logger->is_json = is_json;
	logger->log =
		(struct bel_log){ .write = on_write, .user = logger, .level = level };
	pthread_mutex_init(&logger->lock, NULL);
	*out = logger;
	return BEL_OK;
}

void bel_logger_close(struct bel_logger *logger)
{
	if (!logger)
		return;
	pthread_mutex_destroy(&logger->lock);
	free(logger);
}

const struct bel_log *bel_logger_log(const struct bel_logger *logger)
{
	return &logger->log;
}
