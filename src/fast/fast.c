/* SPDX-License-Identifier: Apache-2.0
 * Ways in the kernel: laid, looked at, taken back. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fast/fast_int.h"

/* The program, compiled for the kernel's machine; its bytes are put in here. */
extern const char bel_fast_program[], bel_fast_program_end[];
__asm__(".section .rodata\n"
	".balign 8\n"
	".global bel_fast_program\n"
	"bel_fast_program:\n"
	".incbin \"" BELFRY_FAST_PROGRAM "\"\n"
	".global bel_fast_program_end\n"
	"bel_fast_program_end:\n"
	".previous\n");

struct bel_fast {
	struct bpf_object *object;
	int ways;                     /* descriptor of the map, the object's */
	struct bel_fast_state *state; /* mapped */
	size_t state_size;
	struct attachments attachments;
};

/* ---- opening ---- */

static enum bel_err err_of(int err)
{
	return err == -EPERM || err == -EACCES ? BEL_ERR_DENIED
					       : bel_err_from_errno(-err);
}

static enum bel_err map_state(struct bel_fast *fast)
{
	int fd = bpf_object__find_map_fd_by_name(fast->object, "state");
	void *at;

	fast->state_size = (size_t)sysconf(_SC_PAGESIZE);
	at = mmap(NULL, fast->state_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return err_of(-errno);
	fast->state = at;
	fast->state->pid = (uint32_t)getpid();
	return BEL_OK;
}

static enum bel_err load(struct bel_fast *fast, const struct bel_fast_opts *opts)
{
	const struct bpf_program *program;
	enum bel_err err;
	int result;

	libbpf_set_print(NULL);
	fast->object = bpf_object__open_mem(
		bel_fast_program, (size_t)(bel_fast_program_end - bel_fast_program),
		NULL);
	if (!fast->object)
		return err_of(-errno);
	result = bpf_object__load(fast->object);
	if (result)
		return err_of(result);
	fast->ways = bpf_object__find_map_fd_by_name(fast->object, "ways");
	err = map_state(fast);
	if (err)
		return err;
	program = bpf_object__find_program_by_name(fast->object, "bel_carry");
	return bel_fast_attach(&fast->attachments, bpf_program__fd(program),
			       opts->is_filter);
}

enum bel_err bel_fast_open(struct bel_fast **out, const struct bel_fast_opts *opts)
{
	struct bel_fast *fast = calloc(1, sizeof *fast);
	enum bel_err err;

	if (!fast)
		return bel_err_from_errno(ENOMEM);
	err = load(fast, opts);
	if (err) {
		bel_fast_close(fast);
		return err == (enum bel_err) - EPERM ? BEL_ERR_DENIED : err;
	}
	*out = fast;
	return BEL_OK;
}

void bel_fast_close(struct bel_fast *fast)
{
	if (!fast)
		return;
	bel_fast_detach(&fast->attachments);
	if (fast->state)
		munmap(fast->state, fast->state_size);
	bpf_object__close(fast->object);
	free(fast);
}

/* ---- ways ---- */

static void live(struct bel_fast *fast)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_store_n(&fast->state->alive_ns,
			 (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
			 __ATOMIC_RELAXED);
}

static struct bel_fast_key key_of(const bel_addr *local)
{
	struct bel_fast_key key = { .port = htons(local->port) };

	memcpy(key.ip, local->ip, sizeof key.ip);
	return key;
}

enum bel_err bel_fast_lay(struct bel_fast *fast, const struct bel_fast_way *way,
			  const struct bel_rtp_source *source)
{
	struct bel_fast_key key = key_of(&way->local);
	struct bel_fast_value value = {
		.from_port = htons(way->from.port),
		.outer_port = htons(way->outer.port),
		.to_port = htons(way->to.port),
		.payloads = { way->payloads[0], way->payloads[1] },
		.clock_hz = way->clock_hz,
		.has_source = source != NULL,
	};
	enum bel_err err;

	if (way->from.family != way->to.family)
		return BEL_ERR_UNSUPPORTED;
	err = bel_fast_route(&value.interface, &way->outer, &way->to);
	if (err)
		return BEL_ERR_UNSUPPORTED;
	memcpy(value.from_ip, way->from.ip, sizeof value.from_ip);
	memcpy(value.outer_ip, way->outer.ip, sizeof value.outer_ip);
	memcpy(value.to_ip, way->to.ip, sizeof value.to_ip);
	if (source)
		value.source = *source;
	live(fast);
	if (!bpf_map_update_elem(fast->ways, &key, &value, BPF_ANY))
		return BEL_OK;
	return errno == E2BIG ? BEL_ERR_LIMIT : bel_err_from_errno(errno);
}

static void take_figures(struct bel_fast_figures *out, const struct bel_fast_value *value)
{
	*out = (struct bel_fast_figures){
		.packets = value->packets,
		.bytes = value->bytes,
		.strange_payloads = value->strange_payloads,
		.last_us = value->last_ns / 1000,
		.has_source = value->has_source,
		.source = value->source,
	};
}

bool bel_fast_read(struct bel_fast_figures *out, struct bel_fast *fast,
		   const bel_addr *local)
{
	struct bel_fast_key key = key_of(local);
	struct bel_fast_value value;

	live(fast);
	if (bpf_map_lookup_elem_flags(fast->ways, &key, &value, BPF_F_LOCK))
		return false;
	take_figures(out, &value);
	return true;
}

bool bel_fast_take_back(struct bel_fast_figures *out, struct bel_fast *fast,
			const bel_addr *local)
{
	struct bel_fast_key key = key_of(local);
	struct bel_fast_value value;
	bool is_there;

	live(fast);
	is_there = !bpf_map_lookup_and_delete_elem_flags(fast->ways, &key, &value,
							 BPF_F_LOCK);
	/* Linux before 5.14 does it in two steps. */
	if (!is_there && errno != ENOENT) {
		is_there = !bpf_map_lookup_elem_flags(fast->ways, &key, &value,
						      BPF_F_LOCK);
		(void)bpf_map_delete_elem(fast->ways, &key);
	}
	if (is_there)
		take_figures(out, &value);
	return is_there;
}
