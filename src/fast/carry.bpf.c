/* SPDX-License-Identifier: Apache-2.0
 * The program in the kernel: a packet of a way that is laid leaves with other addresses;
 * whatever else goes on as if we were not there. */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "fast/packet.h"

enum {
	LOOPBACK_INTERFACE = 1, /* in every network namespace */
	HOPS_MIN = 2,           /* so that what goes in circles ends */
	FRAGMENTS = 0x3fff,     /* of frag_off: more of them, or not the first */
};
static const uint64_t alive_ns = BEL_FAST_ALIVE_MS * 1000000ull;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BEL_FAST_WAYS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bel_fast_key);
	__type(value, struct bel_fast_value);
} ways SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, uint32_t);
	__type(value, struct bel_fast_state);
} state SEC(".maps");

/* ---- what a packet is ---- */

static __always_inline bool is_same(const uint8_t *a, const uint8_t *b)
{
	const uint64_t *first = (const void *)a, *second = (const void *)b;

	return first[0] == second[0] && first[1] == second[1];
}

static __always_inline bool is_alive(uint64_t now_ns)
{
	uint32_t index = 0;
	const struct bel_fast_state *one = bpf_map_lookup_elem(&state, &index);

	return one && now_ns - one->alive_ns < alive_ns;
}

static __always_inline void count(struct bel_fast_value *way,
				  const struct bel_fast_rtp *head, uint32_t len,
				  uint64_t now_ns)
{
	const struct bel_fast_rtp rtp = { .second = head->second,
					  .seq = bpf_ntohs(head->seq),
					  .timestamp = bpf_ntohl(head->timestamp),
					  .ssrc = bpf_ntohl(head->ssrc) };

	bpf_spin_lock(&way->lock);
	bel_fast_count(way, &rtp, len, now_ns);
	bpf_spin_unlock(&way->lock);
}

/* ---- another address ---- */

static __always_inline void fill(uint8_t *ip, uint32_t v4)
{
	uint32_t *words = (uint32_t *)ip;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

static __always_inline uint32_t last_word(const uint8_t *ip)
{
	return ((const uint32_t *)ip)[3];
}

/* RFC 1071. */
static __always_inline uint16_t checksum(const struct iphdr *ip)
{
	const uint16_t *words = (const void *)ip;
	uint32_t sum = 0;

#pragma clang loop unroll(full)
	for (unsigned i = 0; i < sizeof *ip / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Returns what the addresses change in the sum of the pseudo header. */
static __always_inline int64_t readdress_v4(struct iphdr *ip,
					    const struct bel_fast_value *way)
{
	uint32_t was[2] = { ip->saddr, ip->daddr };
	uint32_t is[2] = { last_word(way->outer_ip), last_word(way->to_ip) };

	ip->saddr = is[0];
	ip->daddr = is[1];
	ip->ttl--;
	ip->tos = 0;
	ip->check = 0;
	ip->check = checksum(ip);
	return bpf_csum_diff(was, sizeof was, is, sizeof is, 0);
}

static __always_inline int64_t readdress_v6(struct ipv6hdr *ip,
					    const struct bel_fast_value *way)
{
	struct in6_addr was[2] = { ip->saddr, ip->daddr }, is[2];

	__builtin_memcpy(&is[0], way->outer_ip, sizeof is[0]);
	__builtin_memcpy(&is[1], way->to_ip, sizeof is[1]);
	ip->saddr = is[0];
	ip->daddr = is[1];
	ip->hop_limit--;
	return bpf_csum_diff((void *)was, sizeof was, (void *)is, sizeof is, 0);
}

/* ---- the way ---- */

/* Addresses and whether it is of a kind that we may take. */
static __always_inline bool read_v4(const struct iphdr *ip, struct bel_fast_key *key,
				    uint8_t *from_ip, uint32_t *len)
{
	fill(key->ip, ip->daddr);
	fill(from_ip, ip->saddr);
	*len = bpf_ntohs(ip->tot_len) - (uint32_t)sizeof *ip;
	return ip->ihl == 5 && ip->protocol == IPPROTO_UDP && ip->ttl >= HOPS_MIN &&
	       !(ip->frag_off & bpf_htons(FRAGMENTS));
}

static __always_inline bool read_v6(const struct ipv6hdr *ip, struct bel_fast_key *key,
				    uint8_t *from_ip, uint32_t *len)
{
	__builtin_memcpy(key->ip, &ip->daddr, sizeof key->ip);
	__builtin_memcpy(from_ip, &ip->saddr, sizeof key->ip);
	*len = bpf_ntohs(ip->payload_len);
	return ip->nexthdr == IPPROTO_UDP && ip->hop_limit >= HOPS_MIN;
}

static __always_inline int carry(struct __sk_buff *skb, const bool is_v6)
{
	const uint32_t udp_at = ETH_HLEN +
				(is_v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	const uint32_t needed = udp_at + sizeof(struct udphdr) + BEL_FAST_RTP_BYTES;
	struct bel_fast_key key = { .zero = 0 };
	struct bel_fast_value *way;
	uint64_t now_ns;
	uint32_t ports[2], len;
	uint8_t from_ip[16];
	int64_t change;

	/* What a driver left in other pages is fetched. */
	if ((void *)(long)skb->data + needed > (void *)(long)skb->data_end &&
	    (skb->len < needed || bpf_skb_pull_data(skb, needed)))
		return TC_ACT_UNSPEC;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	if (data + needed > end)
		return TC_ACT_UNSPEC;

	void *ip = data + ETH_HLEN;
	struct udphdr *udp = data + udp_at;
	struct bel_fast_rtp *rtp = (void *)(udp + 1);
	if (is_v6 ? !read_v6(ip, &key, from_ip, &len) : !read_v4(ip, &key, from_ip, &len))
		return TC_ACT_UNSPEC;
	key.port = udp->dest;
	way = bpf_map_lookup_elem(&ways, &key);
	if (!way || way->from_port != udp->source || !is_same(way->from_ip, from_ip))
		return TC_ACT_UNSPEC;

	/* As long as it says, nothing behind it, and checked by who gets it. */
	if (len != bpf_ntohs(udp->len) || skb->len != udp_at + len ||
	    skb->len > BEL_FAST_PACKET_BYTES_MAX || skb->gso_size ||
	    (is_v6 && !udp->check))
		return TC_ACT_UNSPEC;
	len -= sizeof *udp;
	if (len < BEL_FAST_RTP_BYTES || !bel_fast_is_rtp(rtp) ||
	    !bel_fast_is_whole(rtp, end, len))
		return TC_ACT_UNSPEC;
	/* From elsewhere to this machine itself: its stack would take it for forged. */
	if (!way->interface && skb->ifindex != LOOPBACK_INTERFACE)
		return TC_ACT_UNSPEC;
	now_ns = bpf_ktime_get_ns();
	if (!is_alive(now_ns))
		return TC_ACT_UNSPEC;

	count(way, rtp, len, now_ns);
	__builtin_memcpy(&ports[0], udp, sizeof ports[0]);
	udp->source = way->outer_port;
	udp->dest = way->to_port;
	__builtin_memcpy(&ports[1], udp, sizeof ports[1]);
	change = is_v6 ? readdress_v6(ip, way) : readdress_v4(ip, way);

	/* The packet may not be looked at after this. */
	const uint32_t check_at = udp_at + __builtin_offsetof(struct udphdr, check);
	bpf_l4_csum_replace(skb, check_at, 0, change,
			    BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0);
	bpf_l4_csum_replace(skb, check_at, ports[0], ports[1],
			    BPF_F_MARK_MANGLED_0 | sizeof ports[0]);
	return way->interface ? bpf_redirect_neigh(way->interface, NULL, 0, 0)
			      : TC_ACT_UNSPEC;
}

/* On Ethernet, and on the loopback interface, which looks like it. */
SEC("tc")
int bel_carry(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return carry(skb, false);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return carry(skb, true);
	return TC_ACT_UNSPEC;
}

/* Nothing that it calls asks for the GPL. */
char licence[] SEC("license") = "Apache-2.0";
