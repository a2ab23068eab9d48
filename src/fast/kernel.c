/* SPDX-License-Identifier: Apache-2.0
 * Ways in this machine's kernel. */
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

struct kernel {
	struct bel_fast base;
	struct bpf_object *object;
	int ways;                     /* descriptor of the map, the object's */
	struct bel_fast_state *state; /* mapped */
	size_t state_size;
	struct attachments attachments;
};

static struct kernel *kernel_of(struct bel_fast *fast)
{
	return BEL_CONTAINER_OF(fast, struct kernel, base);
}

/* ---- the program ---- */

static enum bel_err err_of(int err)
{
	return err == -EPERM || err == -EACCES ? BEL_ERR_DENIED
					       : bel_err_from_errno(-err);
}

static enum bel_err map_state(struct kernel *fast)
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

static enum bel_err load(struct kernel *fast, const struct bel_fast_opts *opts)
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

static void end(struct bel_fast *base)
{
	struct kernel *fast = kernel_of(base);

	bel_fast_detach(&fast->attachments);
	if (fast->state)
		munmap(fast->state, fast->state_size);
	bpf_object__close(fast->object);
	free(fast);
}

/* ---- ways ---- */

static void live(struct kernel *fast)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_store_n(&fast->state->alive_ns,
			 (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
			 __ATOMIC_RELAXED);
}

static enum bel_err lay(struct bel_fast *base, const struct bel_fast_way *way,
			const struct bel_rtp_source *source)
{
	struct kernel *fast = kernel_of(base);
	struct bel_fast_key key = bel_fast_key_of(&way->local);
	struct bel_fast_value value = bel_fast_value_of(way, source);

	if (way->from.family != way->to.family ||
	    bel_fast_route(&value.interface, &way->outer, &way->to))
		return BEL_ERR_UNSUPPORTED;
	live(fast);
	if (!bpf_map_update_elem(fast->ways, &key, &value, BPF_ANY))
		return BEL_OK;
	return errno == E2BIG ? BEL_ERR_LIMIT : bel_err_from_errno(errno);
}

static bool look(struct bel_fast_figures *out, struct bel_fast *base,
		 const bel_addr *local)
{
	struct kernel *fast = kernel_of(base);
	struct bel_fast_key key = bel_fast_key_of(local);
	struct bel_fast_value value;

	live(fast);
	if (bpf_map_lookup_elem_flags(fast->ways, &key, &value, BPF_F_LOCK))
		return false;
	bel_fast_figures_of(out, &value);
	return true;
}

static bool take_back(struct bel_fast_figures *out, struct bel_fast *base,
		      const bel_addr *local)
{
	struct kernel *fast = kernel_of(base);
	struct bel_fast_key key = bel_fast_key_of(local);
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
		bel_fast_figures_of(out, &value);
	return is_there;
}

/* ---- opening ---- */

static const struct bel_fast_kind in_kernel = { end, lay, look, take_back };

enum bel_err bel_fast_open(struct bel_fast **out, const struct bel_fast_opts *opts)
{
	struct kernel *fast = calloc(1, sizeof *fast);
	enum bel_err err;

	if (!fast)
		return bel_err_from_errno(ENOMEM);
	fast->base.kind = &in_kernel;
	err = load(fast, opts);
	if (err) {
		end(&fast->base);
		return err == (enum bel_err) - EPERM ? BEL_ERR_DENIED : err;
	}
	*out = &fast->base;
	return BEL_OK;
}
