/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: texts without a call (RFC 3428), and asking whether somebody is there. Those
 * of others come as BELFRY_EVENT_MESSAGE, when the agent was opened with has_messages. */
#ifndef BELFRY_MESSAGE_H
#define BELFRY_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_account;
struct belfry_agent;

/* All but to and text are optional. */
struct belfry_message {
	struct belfry_account *account; /* as struct belfry_dial has it */
	const char *to;                 /* as struct belfry_dial has it */
	const char *text;
	size_t text_count;        /* bytes; 0: up to the NUL */
	const char *content_type; /* NULL: text/plain;charset=UTF-8 */
};

/* *out (may be NULL) is the number that BELFRY_EVENT_REPLY has. SYNTAX for what is no
 * address; LIMIT for more than 16,000 bytes; MEMORY. */
enum belfry_error belfry_message_send(uint64_t *out, struct belfry_agent *agent,
				      const struct belfry_message *message);
/* OPTIONS: is there somebody, and what can he do? account may be NULL. As
 * belfry_message_send. */
enum belfry_error belfry_message_ask(uint64_t *out, struct belfry_agent *agent,
				     struct belfry_account *account, const char *to);
/* In BELFRY_EVENT_MESSAGE without a call: answered with this status, 300 to 699, instead
 * of 200. STATE outside of that event; LIMIT for other numbers. */
enum belfry_error belfry_message_refuse(struct belfry_agent *agent, uint16_t status);

#ifdef __cplusplus
}
#endif

#endif
