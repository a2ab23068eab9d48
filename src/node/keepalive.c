/* SPDX-License-Identifier: Apache-2.0
 * Phones behind a NAT are kept reachable: an OPTIONS down each UDP flow whose phone is
 * not where its Contact says, every 25 s. It is the phone's answer that renews the way:
 * only what leaves the inside does so at every NAT (RFC 4787 section 4.3). The flows lie
 * in one list a second of the period, so that each second has its share and none is
 * searched. */
#include <errno.h>
#include <stdlib.h>

#include "node/node_int.h"

enum { SECONDS_MAX = 120, BUCKETS_FIRST = 256, OPTIONS_BYTES_MAX = 2048 };

struct ping {
	struct bel_list second; /* in the list of its second */
	struct ping *next;      /* in its bucket */
	uint64_t binding;
	struct bel_flow flow;
	uint32_t cseq;
	size_t contact_len;
	char contact[];
};

struct keepalives {
	pthread_mutex_t lock;
	unsigned period_s;
	struct bel_list seconds[SECONDS_MAX];
	struct ping **buckets;
	size_t mask, count;
	uint64_t last_s;
};

enum bel_err bel_keepalives_open(struct keepalives **out, unsigned period_s)
{
	struct keepalives *keepalives = calloc(1, sizeof *keepalives);

	if (!keepalives)
		return bel_err_from_errno(ENOMEM);
	keepalives->buckets = calloc(BUCKETS_FIRST, sizeof(struct ping *));
	if (!keepalives->buckets) {
		free(keepalives);
		return bel_err_from_errno(ENOMEM);
	}
	keepalives->mask = BUCKETS_FIRST - 1;
	keepalives->period_s = period_s < SECONDS_MAX ? period_s : SECONDS_MAX;
	pthread_mutex_init(&keepalives->lock, NULL);
	for (unsigned i = 0; i < SECONDS_MAX; i++)
		bel_list_init(&keepalives->seconds[i]);
	*out = keepalives;
	return BEL_OK;
}

void bel_keepalives_close(struct keepalives *keepalives)
{
	if (!keepalives)
		return;
	for (size_t i = 0; i <= keepalives->mask; i++) {
		while (keepalives->buckets[i]) {
			struct ping *ping = keepalives->buckets[i];
			keepalives->buckets[i] = ping->next;
			free(ping);
		}
	}
	pthread_mutex_destroy(&keepalives->lock);
	free(keepalives->buckets);
	free(keepalives);
}

/* Where the link to a binding's ping stands, or would stand. */
static struct ping **find(struct keepalives *keepalives, uint64_t binding)
{
	struct ping **at = &keepalives->buckets[binding & keepalives->mask];

	while (*at && (*at)->binding != binding)
		at = &(*at)->next;
	return at;
}

static void grow(struct keepalives *keepalives)
{
	size_t size = (keepalives->mask + 1) * 2;
	struct ping **buckets = calloc(size, sizeof(struct ping *));

	if (!buckets)
		return;
	for (size_t i = 0; i <= keepalives->mask; i++) {
		while (keepalives->buckets[i]) {
			struct ping *ping = keepalives->buckets[i];
			keepalives->buckets[i] = ping->next;
			ping->next = buckets[ping->binding & (size - 1)];
			buckets[ping->binding & (size - 1)] = ping;
		}
	}
	free(keepalives->buckets);
	keepalives->buckets = buckets;
	keepalives->mask = size - 1;
}

static void put(struct keepalives *keepalives, const struct bel_binding *binding)
{
	struct ping **at = find(keepalives, binding->id);
	struct ping *ping = *at;

	if (!ping) {
		ping = calloc(1, sizeof *ping + binding->contact.len);
		if (!ping)
			return; /* its own REGISTERs still keep it open */
		ping->binding = binding->id;
		ping->contact_len = binding->contact.len;
		memcpy(ping->contact, binding->contact.ptr, binding->contact.len);
		*at = ping;
		bel_list_init(&ping->second);
		bel_list_put(&keepalives->seconds[binding->id % keepalives->period_s],
			     &ping->second);
		if (++keepalives->count > keepalives->mask)
			grow(keepalives);
	}
	ping->flow = binding->flow;
}

static void take_out(struct keepalives *keepalives, uint64_t binding)
{
	struct ping **at = find(keepalives, binding);
	struct ping *ping = *at;

	if (!ping)
		return;
	*at = ping->next;
	bel_list_remove(&ping->second);
	keepalives->count--;
	free(ping);
}

void bel_keepalives_on_change(struct keepalives *keepalives,
			      const struct bel_binding *binding, bool is_gone)
{
	if (!keepalives->period_s)
		return;
	pthread_mutex_lock(&keepalives->lock);
	if (binding->needs_ping && !is_gone && binding->flow.transport == BEL_SIP_UDP)
		put(keepalives, binding);
	else
		take_out(keepalives, binding->id);
	pthread_mutex_unlock(&keepalives->lock);
}

static void send_options(struct ping *ping, struct bel_transport *transport)
{
	bel_addr own = bel_flow_own_addr(transport, &ping->flow);
	char buf[OPTIONS_BYTES_MAX], host[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_writer name = bel_writer_init(host, sizeof host);
	bel_str contact = { ping->contact, ping->contact_len };

	bel_addr_write(&name, &own);
	ping->cseq++;
	bel_sip_write_request_line(&writer, BEL_STR("OPTIONS"), contact);
	bel_write_lit(&writer, "Via: SIP/2.0/UDP ");
	bel_write_str(&writer, bel_writer_str(&name));
	bel_write_lit(&writer, ";rport;branch=" BEL_PING_BRANCH);
	bel_write_hex64(&writer, ping->binding, 16);
	bel_write_hex64(&writer, ping->cseq, 8);
	bel_write_lit(&writer, "\r\nMax-Forwards: 1\r\nFrom: <sip:");
	bel_write_str(&writer, bel_writer_str(&name));
	bel_write_lit(&writer, ">;tag=");
	bel_write_hex64(&writer, ping->binding, 16);
	bel_write_lit(&writer, "\r\nTo: <");
	bel_write_str(&writer, contact);
	bel_write_lit(&writer, ">\r\nCall-ID: ping-");
	bel_write_hex64(&writer, ping->binding, 16);
	bel_sip_write_crlf(&writer);
	bel_sip_write_cseq(&writer, ping->cseq, BEL_STR("OPTIONS"));
	bel_sip_write_body(&writer, BEL_STR_NONE, BEL_STR_NONE);
	if (!writer.is_full)
		bel_flow_send(transport, &ping->flow, bel_writer_str(&writer));
}

void bel_keepalives_ping(struct keepalives *keepalives, struct bel_transport *transport,
			 uint64_t now_s)
{
	struct bel_list *second;

	if (!keepalives->period_s || now_s == keepalives->last_s)
		return;
	keepalives->last_s = now_s;
	pthread_mutex_lock(&keepalives->lock);
	second = &keepalives->seconds[now_s % keepalives->period_s];
	BEL_LIST_EACH(node, second)
	{
		send_options(BEL_CONTAINER_OF(node, struct ping, second), transport);
	}
	pthread_mutex_unlock(&keepalives->lock);
}
