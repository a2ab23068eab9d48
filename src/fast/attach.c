/* SPDX-License-Identifier: Apache-2.0
 * The program on the interfaces, where packets come in. Several processes may have theirs
 * on one interface: each passes on what is not its own. Linux 6.6 and above has links for
 * it (TCX), which end with the process. A filter (tc-bpf(8)) outlives it, so each one's
 * state tells whose it is. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if_arp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "fast/fast_int.h"

enum {
	PRIORITY = 0xbe1f, /* ours among the filters of an interface */
	HANDLES_MAX = 32,  /* processes on one interface */
	MAPS_MAX = 8,
	TCX_INGRESS = 46, /* of enum bpf_attach_type, which may be older here */
};

/* ---- what was left behind ---- */

static bool read_state(struct bel_fast_state *out, uint32_t map_id)
{
	struct bpf_map_info info = { .id = 0 };
	uint32_t size = sizeof info, index = 0;
	int fd = bpf_map_get_fd_by_id(map_id);
	bool is_state;

	if (fd < 0)
		return false;
	is_state = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		   !strcmp(info.name, "state") && info.value_size == sizeof *out &&
		   !bpf_map_lookup_elem(fd, &index, out);
	close(fd);
	return is_state;
}

static uint32_t owner_of(uint32_t program_id)
{
	uint32_t maps[MAPS_MAX], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX,
				      .map_ids = (uint64_t)(uintptr_t)maps };
	int fd = bpf_prog_get_fd_by_id(program_id);
	struct bel_fast_state state = { .pid = 0 };

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) || strcmp(info.name, "bel_carry"))
		info.nr_map_ids = 0;
	close(fd);
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++)
		if (read_state(&state, maps[i]))
			return state.pid;
	return 0;
}

static bool is_gone(uint32_t pid)
{
	return pid && kill((pid_t)pid, 0) && errno == ESRCH;
}

static void clear(const struct bpf_tc_hook *hook, uint32_t handle)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = PRIORITY);

	if (bpf_tc_query(hook, &opts) || !is_gone(owner_of(opts.prog_id)))
		return;
	opts.prog_id = 0;
	(void)bpf_tc_detach(hook, &opts);
}

/* ---- one interface ---- */

static int link_to(struct attachments *attachments, int interface, int program)
{
	int link = bpf_link_create(program, interface, (enum bpf_attach_type)TCX_INGRESS,
				   NULL);

	if (link < 0)
		return link;
	attachments->all[attachments->count++] =
		(struct attachment){ .interface = interface, .link = link };
	return 0;
}

static int put_filter(struct attachments *attachments, int interface, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface,
		    .attach_point = BPF_TC_INGRESS);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	for (uint32_t handle = 1; handle <= HANDLES_MAX; handle++)
		clear(&hook, handle);
	err = -EBUSY;
	for (uint32_t handle = 1; handle <= HANDLES_MAX && err; handle++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = PRIORITY,
			    .prog_fd = program);
		err = bpf_tc_attach(&hook, &opts);
		if (err && err != -EEXIST)
			return err;
		if (!err)
			attachments->all[attachments->count++] = (struct attachment){
				.interface = interface, .handle = handle
			};
	}
	return err;
}

/* ---- all of them ---- */

static bool is_fit(const struct ifaddrs *one)
{
	const struct sockaddr_ll *link = (const void *)one->ifa_addr;

	return link && link->sll_family == AF_PACKET && (one->ifa_flags & IFF_UP) &&
	       (link->sll_hatype == ARPHRD_ETHER || link->sll_hatype == ARPHRD_LOOPBACK);
}

static int interface_of(const struct ifaddrs *one)
{
	return ((const struct sockaddr_ll *)(const void *)one->ifa_addr)->sll_ifindex;
}

enum bel_err bel_fast_attach(struct attachments *out, int program, bool is_filter)
{
	struct ifaddrs *list;
	int err = -ENODEV, last;

	out->count = 0;
	if (getifaddrs(&list))
		return bel_err_from_errno(errno);
	for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
		if (!is_fit(one) || out->count == BEL_FAST_INTERFACES_MAX)
			continue;
		last = is_filter ? -EINVAL : link_to(out, interface_of(one), program);
		/* An older kernel knows no such links. */
		if (last == -EINVAL)
			last = put_filter(out, interface_of(one), program);
		if (last)
			err = last;
	}
	freeifaddrs(list);
	return out->count ? BEL_OK : bel_err_from_errno(-err);
}

void bel_fast_detach(struct attachments *attachments)
{
	for (unsigned i = 0; i < attachments->count; i++) {
		const struct attachment *one = &attachments->all[i];
		if (!one->handle) {
			close(one->link);
			continue;
		}
		LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = one->interface,
			    .attach_point = BPF_TC_INGRESS);
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = one->handle,
			    .priority = PRIORITY);
		(void)bpf_tc_detach(&hook, &opts);
	}
	attachments->count = 0;
}
