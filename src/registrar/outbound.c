/* SPDX-License-Identifier: Apache-2.0
 * RFC 5626 section 6: reg-id counts when the phone's flow ends at us, or at an edge proxy
 * that marked its Path with "ob". */
#include "registrar/registrar_int.h"

/* The edge proxy is the one that marks; others may have put themselves above it. */
static bool has_marked_path(const struct bel_sip_msg *msg)
{
	struct bel_sip_values values;
	struct bel_sip_addr path;
	bel_str value;

	bel_sip_values_init(&values, msg, BEL_SIP_H_PATH);
	while (bel_sip_values_next(&value, &values))
		if (bel_sip_addr_parse(&path, value) == BEL_OK &&
		    bel_uri_param(&path.uri, BEL_STR("ob"), NULL))
			return true;
	return false;
}

void bel_registrar_outbound_look(struct bel_registration *registration)
{
	struct bel_sip_msg *msg = registration->request->msg;
	bool reaches_phone = registration->is_direct || has_marked_path(msg);

	registration->supports_outbound = bel_sip_has_token(msg, BEL_SIP_H_SUPPORTED,
							    BEL_STR("outbound"));
	if (!registration->registrar->conf->registrar.has_outbound)
		return;
	registration->has_outbound = reaches_phone;
	registration->lacks_first_hop = !reaches_phone && registration->supports_outbound;
}
