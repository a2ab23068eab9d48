/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_DOCTOR_DOCTOR_INT_H
#define BEL_DOCTOR_DOCTOR_INT_H

#include "doctor/doctor.h"

enum { SIP_PORT = 5060, STUN_PORT = 3478, ADDR_BYTES = 64 };

/* Something that takes time. */
struct task {
	struct bel_list node;
	struct bel_doctor *doctor;
	void (*close)(struct task *task); /* frees it */
};

struct bel_doctor {
	struct bel_doctor_opts opts;
	struct bel_list tasks;
	struct bel_timer ending;
};

/* From now on the end waits for it. */
void bel_task_start(struct task *task, struct bel_doctor *doctor,
		    void (*close)(struct task *task));
/* Closes it. */
void bel_task_end(struct task *task);

/* remedy may be NULL. */
void bel_doctor_say(const struct bel_doctor *doctor, enum bel_doctor_level level,
		    const char *check, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Address and port, or without the port when it is 0; returns buf. */
const char *bel_doctor_addr(char buf[ADDR_BYTES], const bel_addr *addr);

/* ---- lookup.c ---- */

struct lookup {
	struct bel_doctor *doctor;
	struct bel_timer later;
	uint16_t port;
	bool has_asked_v6;
	bel_str host;
	bel_addr addr;
	enum bel_err err;
	void *user;
	/* Never from inside bel_lookup_start. addr is NULL on errors. */
	void (*on_found)(struct lookup *lookup, const bel_addr *addr, enum bel_err err);
};
/* doctor, on_found and user are set; the rest is zero. */
void bel_lookup_start(struct lookup *lookup, bel_str server, uint16_t default_port);
/* Also of one that was never started. */
void bel_lookup_stop(struct lookup *lookup);

/* ---- checks; each says what it finds, at once or as a task. -ENOMEM ---- */

enum bel_err bel_doctor_machine(struct bel_doctor *doctor);
enum bel_err bel_doctor_nat(struct bel_doctor *doctor);
enum bel_err bel_doctor_way(struct bel_doctor *doctor);
enum bel_err bel_doctor_names(struct bel_doctor *doctor);
enum bel_err bel_doctor_certificate(struct bel_doctor *doctor);

#endif
