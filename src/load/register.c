/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "load/load_int.h"

struct registration {
	struct load_item item;
	struct bel_oneshot *oneshot;
};

static void on_answer(void *user, struct bel_sip_msg *response, enum bel_err err)
{
	struct registration *registration = user;
	struct bel_load_figures *figures = &registration->item.load->figures;

	if (!response) {
		bel_load_figures_fail(figures, BEL_LOAD_LOST, 0, err);
	} else if (response->status >= 300) {
		bel_load_figures_fail(figures, BEL_LOAD_REFUSED, response->status,
				      BEL_OK);
	} else {
		bel_load_note_setup(&registration->item);
		figures->succeeded++;
	}
	bel_load_finish(&registration->item);
}

static enum bel_err start(struct load_item **out, struct bel_load *load, uint64_t n,
			  uint64_t due_us)
{
	const struct bel_load_opts *opts = &load->opts;
	struct registration *registration = calloc(1, sizeof *registration);
	enum bel_err err;

	(void)n;
	if (!registration)
		return bel_err_from_errno(ENOMEM);
	registration->item = (struct load_item){ .load = load, .due_us = due_us };
	bel_list_init(&registration->item.node);
	err = bel_oneshot_send(&registration->oneshot,
			       &(struct bel_oneshot_opts){
				       .ua = bel_lib_ua(opts->lib),
				       .method = BEL_SIP_REGISTER,
				       .from = opts->from,
				       .to = opts->from,
				       .target = opts->target,
				       .account = opts->account,
				       .has_contact = true,
				       .contact_user = opts->user,
				       .lines = BEL_STR("Expires: 60\r\n"),
				       .on_answer = on_answer,
				       .user = registration,
			       });
	if (err) {
		free(registration);
		return err;
	}
	*out = &registration->item;
	return BEL_OK;
}

static void stop(struct load_item *item)
{
	struct registration *registration = BEL_CONTAINER_OF(item, struct registration,
							     item);

	bel_oneshot_drop(registration->oneshot);
	bel_load_figures_fail(&item->load->figures, BEL_LOAD_STOPPED, 0, BEL_OK);
	bel_load_finish(item);
}

static void drop(struct load_item *item)
{
	struct registration *registration = BEL_CONTAINER_OF(item, struct registration,
							     item);

	bel_oneshot_drop(registration->oneshot);
	bel_list_remove(&item->node);
	free(registration);
}

const struct load_kind bel_load_register = { .start = start, .stop = stop, .drop = drop };
