/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "doctor/doctor_int.h"

enum { TEXT_BYTES = 1024 };

const char *bel_doctor_level_name(enum bel_doctor_level level)
{
	static const char *const names[BEL_DOCTOR_LEVELS] = {
		[BEL_DOCTOR_OK] = "ok",
		[BEL_DOCTOR_SKIPPED] = "skip",
		[BEL_DOCTOR_WARNING] = "warn",
		[BEL_DOCTOR_BAD] = "bad",
	};

	return names[level];
}

void bel_doctor_say(const struct bel_doctor *doctor, enum bel_doctor_level level,
		    const char *check, const char *remedy, const char *format, ...)
{
	char text[TEXT_BYTES];
	struct bel_finding finding = { .level = level,
				       .check = check,
				       .remedy = bel_str_from(remedy ? remedy : "") };
	va_list args;

	va_start(args, format);
	finding.text = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	doctor->opts.on_finding(doctor->opts.user, &finding);
}

const char *bel_doctor_addr(char buf[ADDR_BYTES], const bel_addr *addr)
{
	struct bel_writer writer = bel_writer_init(buf, ADDR_BYTES - 1);

	if (addr->port)
		bel_addr_write(&writer, addr);
	else
		bel_addr_write_host(&writer, addr);
	buf[writer.len] = '\0';
	return buf;
}

/* ---- tasks ---- */

static void on_ending(void *user)
{
	struct bel_doctor *doctor = user;

	doctor->opts.on_end(doctor->opts.user);
}

static void end_when_idle(struct bel_doctor *doctor)
{
	if (bel_list_is_empty(&doctor->tasks))
		bel_timer_start(doctor->opts.loop, &doctor->ending,
				bel_loop_now_ms(doctor->opts.loop));
}

void bel_task_start(struct task *task, struct bel_doctor *doctor,
		    void (*close)(struct task *task))
{
	task->doctor = doctor;
	task->close = close;
	bel_list_put(&doctor->tasks, &task->node);
}

void bel_task_end(struct task *task)
{
	struct bel_doctor *doctor = task->doctor;

	bel_list_remove(&task->node);
	task->close(task);
	end_when_idle(doctor);
}

/* ---- from open to close ---- */

enum bel_err bel_doctor_open(struct bel_doctor **out, const struct bel_doctor_opts *opts)
{
	static enum bel_err (*const checks[])(struct bel_doctor *) = {
		bel_doctor_machine, bel_doctor_certificate, bel_doctor_names,
		bel_doctor_nat,     bel_doctor_way,
	};
	struct bel_doctor *doctor = calloc(1, sizeof *doctor);
	enum bel_err err = BEL_OK;

	if (!doctor)
		return bel_err_from_errno(ENOMEM);
	doctor->opts = *opts;
	bel_list_init(&doctor->tasks);
	bel_timer_init(&doctor->ending, on_ending, doctor);
	for (unsigned i = 0; i < BEL_COUNT_OF(checks) && !err; i++)
		err = checks[i](doctor);
	if (err) {
		bel_doctor_close(doctor);
		return err;
	}
	end_when_idle(doctor);
	*out = doctor;
	return BEL_OK;
}

void bel_doctor_close(struct bel_doctor *doctor)
{
	if (!doctor)
		return;
	BEL_LIST_EACH(node, &doctor->tasks)
	{
		struct task *task = BEL_CONTAINER_OF(node, struct task, node);
		bel_list_remove(node);
		task->close(task);
	}
	bel_timer_stop(doctor->opts.loop, &doctor->ending);
	free(doctor);
}
