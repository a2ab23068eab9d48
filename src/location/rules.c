/* SPDX-License-Identifier: Apache-2.0
 * RFC 3261 section 10.3 steps 6 and 7, with RFC 5626 section 6. */
#include "location/location_int.h"

struct bel_flow bel_flow_kept(const struct bel_flow *flow)
{
	struct bel_flow kept = *flow;

	if (flow->transport == BEL_SIP_UDP) {
		kept.worker = 0;
		kept.index = kept.generation = 0;
	}
	return kept;
}

bool bel_flow_is_alike(const struct bel_flow *a, const struct bel_flow *b)
{
	return a->transport == b->transport && a->listener == b->listener &&
	       a->worker == b->worker && a->index == b->index &&
	       a->generation == b->generation && bel_addr_is_equal(&a->peer, &b->peer) &&
	       bel_addr_is_equal(&a->local, &b->local);
}

/* ---- which binding a contact means ---- */

static bool is_same_uri(const struct bel_binding *binding,
			const struct bel_contact_change *change)
{
	struct bel_uri uri;

	if (bel_str_is_equal(binding->contact, change->uri_text))
		return true;
	return bel_uri_parse(&uri, binding->contact) == BEL_OK &&
	       bel_uri_is_equal(&uri, change->uri);
}

/* RFC 5626 section 6: with reg-id, instance and reg-id are what is bound. The same phone
 * may have been here before it learned of outbound. */
static bool is_meant(const struct bel_binding *binding,
		     const struct bel_contact_change *change)
{
	if (change->reg_id && binding->reg_id)
		return change->reg_id == binding->reg_id &&
		       bel_str_is_equal_nocase(change->instance, binding->instance);
	return is_same_uri(binding, change);
}

static bel_str transport_of(const struct bel_uri *uri)
{
	bel_str value;

	if (bel_uri_param(uri, BEL_STR("transport"), &value))
		return value;
	return uri->scheme == BEL_URI_SIPS ? BEL_STR("tls") : BEL_STR("udp");
}

/* What a phone left behind that came up again at another address: the same Call-ID,
 * contact user and transport. Nothing else would remove it before it is over, and calls
 * would ring nowhere. One that the request names itself is no ghost. */
static bool is_ghost(const struct bel_binding *binding, const struct bel_bind *bind,
		     const struct bel_contact_change *change, uint64_t call_id_hash)
{
	struct bel_uri uri;

	if (binding->call_id_hash != call_id_hash || binding->reg_id || change->reg_id ||
	    !bel_str_is_equal_nocase(binding->instance, change->instance) ||
	    bel_uri_parse(&uri, binding->contact) ||
	    !bel_str_is_equal(uri.user, change->uri->user) ||
	    !bel_str_is_equal_nocase(transport_of(&uri), transport_of(change->uri)))
		return false;
	for (unsigned i = 0; i < bind->contacts_count; i++)
		if (is_meant(binding, &bind->contacts[i]))
			return false;
	return true;
}

static struct bel_draft *find_meant(struct bel_drafts *drafts,
				    const struct bel_contact_change *change)
{
	for (unsigned i = 0; i < drafts->count; i++)
		if (!drafts->items[i].is_gone &&
		    is_meant(&drafts->items[i].binding, change))
			return &drafts->items[i];
	return NULL;
}

static struct bel_draft *find_ghost(struct bel_drafts *drafts,
				    const struct bel_bind *bind,
				    const struct bel_contact_change *change,
				    uint64_t call_id_hash)
{
	for (unsigned i = 0; i < drafts->count; i++) {
		struct bel_draft *draft = &drafts->items[i];
		if (!draft->is_gone && !draft->is_changed &&
		    is_ghost(&draft->binding, bind, change, call_id_hash))
			return draft;
	}
	return NULL;
}

/* ---- order ---- */

/* The same request again: what it asked for is what is there. */
static bool is_repeat(const struct bel_draft *draft, const struct bel_bind *bind,
		      const struct bel_contact_change *change)
{
	const struct bel_binding *binding = &draft->binding;

	return binding->cseq == bind->cseq && change->expires_s &&
	       bel_str_is_equal(binding->contact, change->uri_text) &&
	       bel_str_is_equal(binding->params, change->params) &&
	       bel_str_is_equal(binding->instance, change->instance) &&
	       binding->reg_id == change->reg_id && binding->q == change->q &&
	       binding->expires_ms - binding->changed_ms ==
		       (uint64_t)change->expires_s * 1000;
}

static bool is_in_order(const struct bel_draft *draft, const struct bel_bind *bind,
			uint64_t call_id_hash)
{
	return draft->binding.call_id_hash != call_id_hash ||
	       bind->cseq > draft->binding.cseq;
}

/* ---- temporary GRUUs ---- */

static bool is_of_instance(const struct bel_draft *draft, bel_str instance,
			   uint64_t wall_ms)
{
	/* One that this very request removes still counts: the phone moved. */
	return draft->binding.expires_ms > wall_ms &&
	       bel_str_is_equal_nocase(draft->binding.instance, instance);
}

/* RFC 5627 section 5.1: the binding that the contact is compared with is the newest of
 * its instance, or of its reg-id, for flows have Call-IDs of their own. */
static const struct bel_binding *find_newest(const struct bel_drafts *drafts,
					     const struct bel_contact_change *change,
					     uint64_t wall_ms)
{
	const struct bel_binding *newest = NULL;

	for (unsigned i = 0; i < drafts->count; i++) {
		const struct bel_binding *binding = &drafts->items[i].binding;
		if (is_of_instance(&drafts->items[i], change->instance, wall_ms) &&
		    (!change->reg_id || change->reg_id == binding->reg_id) &&
		    (!newest || binding->changed_ms >= newest->changed_ms))
			newest = binding;
	}
	return newest;
}

/* The series that the contact joins; 0 for a new one. A Call-ID that changed ends that of
 * the whole instance. */
static uint64_t join_series(struct bel_drafts *drafts, const struct bel_bind *bind,
			    const struct bel_contact_change *change,
			    uint64_t call_id_hash)
{
	const struct bel_binding *newest;
	uint64_t series = 0;
	bool is_over;

	if (!change->instance.len)
		return 0;
	newest = find_newest(drafts, change, bind->wall_ms);
	is_over = newest && newest->call_id_hash != call_id_hash;
	for (unsigned i = 0; i < drafts->count; i++) {
		struct bel_binding *binding = &drafts->items[i].binding;
		if (!is_of_instance(&drafts->items[i], change->instance, bind->wall_ms))
			continue;
		if (is_over)
			binding->series = 0;
		else if (binding->series)
			series = binding->series;
	}
	return series;
}

/* ---- applying ---- */

static void update(struct bel_draft *draft, const struct bel_bind *bind,
		   const struct bel_contact_change *change, uint64_t call_id_hash,
		   uint64_t series)
{
	struct bel_binding *binding = &draft->binding;

	binding->series = series;
	binding->contact = change->uri_text;
	binding->params = change->params;
	binding->instance = change->instance;
	binding->path = bind->path;
	binding->user_agent = bind->user_agent;
	binding->call_id_hash = call_id_hash;
	binding->cseq = bind->cseq;
	binding->expires_ms = bind->wall_ms + (uint64_t)change->expires_s * 1000;
	binding->changed_ms = bind->wall_ms;
	binding->q = change->q;
	binding->reg_id = change->reg_id;
	binding->uses_flow = change->uses_flow;
	binding->flow_is_gone = false;
	binding->needs_ping = change->needs_ping;
	binding->flow = bel_flow_kept(&bind->flow);
	draft->is_changed = true;
}

static enum bel_err add(struct bel_drafts *drafts, const struct bel_bind *bind,
			const struct bel_contact_change *change, uint64_t call_id_hash)
{
	uint64_t series = join_series(drafts, bind, change, call_id_hash);
	struct bel_draft *draft;

	if (drafts->count == DRAFTS_MAX)
		return BEL_ERR_LIMIT;
	draft = &drafts->items[drafts->count++];
	draft->binding = (struct bel_binding){ .registered_ms = bind->wall_ms };
	draft->is_gone = false;
	draft->is_new = true;
	update(draft, bind, change, call_id_hash, series);
	return BEL_OK;
}

/* Further bindings that the contact means as well go: the phone has one place here. */
static enum bel_err remove_others(struct bel_drafts *drafts, const struct bel_draft *kept,
				  const struct bel_bind *bind,
				  const struct bel_contact_change *change,
				  uint64_t call_id_hash)
{
	for (unsigned i = 0; i < drafts->count; i++) {
		struct bel_draft *draft = &drafts->items[i];
		if (draft == kept || draft->is_gone || draft->is_changed ||
		    !is_meant(&draft->binding, change))
			continue;
		if (!is_in_order(draft, bind, call_id_hash))
			return BEL_ERR_MISMATCH;
		draft->is_gone = true;
	}
	return BEL_OK;
}

static enum bel_err apply(struct bel_drafts *drafts, const struct bel_bind *bind,
			  const struct bel_contact_change *change, uint64_t call_id_hash)
{
	struct bel_draft *draft = find_meant(drafts, change);

	if (!draft && change->expires_s)
		draft = find_ghost(drafts, bind, change, call_id_hash);
	if (!draft)
		return change->expires_s ? add(drafts, bind, change, call_id_hash)
					 : BEL_OK;
	/* The same contact twice in one request: the later value counts. */
	if (!draft->is_changed && !is_in_order(draft, bind, call_id_hash))
		return is_repeat(draft, bind, change) ? BEL_OK : BEL_ERR_MISMATCH;
	if (change->expires_s)
		update(draft, bind, change, call_id_hash,
		       join_series(drafts, bind, change, call_id_hash));
	else
		draft->is_gone = true;
	return remove_others(drafts, draft, bind, change, call_id_hash);
}

static enum bel_err remove_all(struct bel_drafts *drafts, const struct bel_bind *bind,
			       uint64_t call_id_hash)
{
	for (unsigned i = 0; i < drafts->count; i++) {
		if (drafts->items[i].is_gone)
			continue;
		if (!is_in_order(&drafts->items[i], bind, call_id_hash))
			return BEL_ERR_MISMATCH;
		drafts->items[i].is_gone = true;
	}
	return BEL_OK;
}

void bel_drafts_remove_over(struct bel_drafts *drafts, uint64_t wall_ms)
{
	for (unsigned i = 0; i < drafts->count; i++)
		if (drafts->items[i].binding.expires_ms <= wall_ms)
			drafts->items[i].is_gone = true;
}

unsigned bel_drafts_live(const struct bel_drafts *drafts)
{
	unsigned count = 0;

	for (unsigned i = 0; i < drafts->count; i++)
		count += !drafts->items[i].is_gone;
	return count;
}

enum bel_err bel_drafts_apply(struct bel_drafts *drafts, const struct bel_bind *bind,
			      uint64_t call_id_hash)
{
	unsigned max = bind->contacts_max < BEL_LOCATION_CONTACTS_MAX
			       ? bind->contacts_max
			       : BEL_LOCATION_CONTACTS_MAX;
	unsigned before;
	enum bel_err err = BEL_OK;

	bel_drafts_remove_over(drafts, bind->wall_ms);
	before = bel_drafts_live(drafts);
	if (bind->removes_all)
		return remove_all(drafts, bind, call_id_hash);
	for (unsigned i = 0; i < bind->contacts_count && !err; i++)
		err = apply(drafts, bind, &bind->contacts[i], call_id_hash);
	/* A cap that was lowered since does not keep phones from refreshing. */
	if (!err && bel_drafts_live(drafts) > max && bel_drafts_live(drafts) > before)
		err = BEL_ERR_LIMIT;
	return err;
}

/* ---- a plain refresh ---- */

bool bel_bind_is_refresh(const struct bel_bind *bind, const struct bel_binding *binding,
			 uint64_t call_id_hash)
{
	const struct bel_contact_change *change = &bind->contacts[0];
	struct bel_flow flow = bel_flow_kept(&bind->flow);

	return bind->contacts_count == 1 && change->expires_s &&
	       binding->expires_ms > bind->wall_ms &&
	       binding->call_id_hash == call_id_hash && bind->cseq > binding->cseq &&
	       bel_str_is_equal(binding->contact, change->uri_text) &&
	       binding->q == change->q && binding->reg_id == change->reg_id &&
	       binding->uses_flow == change->uses_flow && !binding->flow_is_gone &&
	       binding->needs_ping == change->needs_ping &&
	       bel_flow_is_alike(&binding->flow, &flow) &&
	       bel_str_is_equal(binding->params, change->params) &&
	       bel_str_is_equal(binding->instance, change->instance) &&
	       (binding->series || !binding->instance.len) &&
	       bel_str_is_equal(binding->path, bind->path) &&
	       bel_str_is_equal(binding->user_agent, bind->user_agent);
}
