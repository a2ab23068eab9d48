/* SPDX-License-Identifier: Apache-2.0
 * A TURN server on a bench: its surroundings are played by the bench, which keeps what
 * was sent last. Users: alice (password "wonder"), bob (password "builder"), of the realm
 * "example.org". */
#ifndef BEL_TEST_TURN_H
#define BEL_TEST_TURN_H

#include "support/support.h"

#include "turn/turn.h"

enum { BEL_TEST_TURN_RELAYS = 64, BEL_TEST_TURN_BYTES = 2048 };

struct bel_test_turn_relay {
	bel_turn_relay id;
	bel_addr addr;
	bool is_open;
};

struct bel_test_turn {
	struct bel_turn_server *server;
	struct bel_crypto *crypto;
	uint64_t now_ms, wall_s;

	/* how the surroundings behave */
	bool is_silent;                /* nothing may be answered without credentials */
	bool has_no_v6;                /* no relay of that family */
	bool is_full;                  /* no relay at all */
	bool is_broken;                /* the store cannot be asked */
	bool is_starved;               /* the bench itself takes no memory */
	bel_addr public_v4, public_v6; /* where relays are opened */
	bel_addr other_relay;          /* that another server holds open */

	/* logins that guessed */
	unsigned wrong_count;
	bel_addr wrong_source;

	/* to clients */
	unsigned sent_count;
	struct bel_turn_tuple sent_to;
	char sent[BEL_TEST_TURN_BYTES];
	size_t sent_len;
	size_t budget_request_bytes, budget_answer_bytes; /* as may_answer was asked */

	/* to peers */
	unsigned relayed_count;
	bel_turn_relay relayed_by;
	bel_addr relayed_to;
	char relayed[BEL_TEST_TURN_BYTES];
	size_t relayed_len;
	bool is_unfragmented;

	/* May be NULL: told of what goes out, while it goes. */
	void *wire;
	void (*on_sent)(void *wire, const struct bel_turn_tuple *to, bel_str bytes);
	void (*on_relayed)(void *wire, bel_turn_relay relay, const bel_addr *peer,
			   bel_str data);

	struct bel_test_turn_relay relays[BEL_TEST_TURN_RELAYS];
	unsigned relays_count, closed_count;

	struct bel_stun_msg answer; /* the last one, when it was STUN */
	unsigned transactions_count;
};

/* How a client proves who it is. */
struct bel_test_turn_login {
	const char *username, *password;
	bool has_algorithm; /* else nothing is said of it, which means MD5 */
	enum bel_stun_algorithm algorithm;
	bool is_sha256;    /* MESSAGE-INTEGRITY-SHA256 */
	bool is_by_hash;   /* USERHASH for USERNAME */
	const char *nonce; /* NULL: a fresh one */
};

extern const struct bel_test_turn_login bel_test_turn_alice, bel_test_turn_bob;

/* With what is not in *opts filled in (port, crypto, realm, key); opts may be NULL. The
 * server starts at one hour. */
void bel_test_turn_open(struct bel_test_turn *bench,
			const struct bel_turn_server_opts *opts);
void bel_test_turn_close(struct bel_test_turn *bench);
/* The same for an allocation walk, which says what failed. */
enum bel_err bel_test_turn_try_open(struct bel_test_turn *bench,
				    const struct bel_turn_server_opts *opts);
/* In steps of at most a second, timers as they come. */
void bel_test_turn_wait(struct bel_test_turn *bench, uint64_t ms);

/* 198.51.100.host:port to our 192.0.2.1:3478. */
struct bel_turn_tuple bel_test_turn_client(uint8_t host, uint16_t port);
bel_addr bel_test_addr(const char *text);

/* A request in buf, BEL_TEST_TURN_BYTES large. */
struct bel_writer bel_test_turn_request(struct bel_test_turn *bench, char *buf,
					enum bel_stun_method method);
/* Sends it as it is; 0 for a success, the code of an error, 1 when nothing came. */
unsigned bel_test_turn_send(struct bel_test_turn *bench,
			    const struct bel_turn_tuple *from, bel_str request);
/* Adds who sends it, and sends it. An answer to right credentials is checked to carry
 * the right integrity. */
unsigned bel_test_turn_ask(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
			   const struct bel_test_turn_login *login,
			   struct bel_writer *request);
/* A nonce for that source, terminated. */
void bel_test_turn_nonce(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
			 char out[64]);

/* The usual ones, as alice. */
unsigned bel_test_turn_allocate(struct bel_test_turn *bench,
				const struct bel_turn_tuple *from);
unsigned bel_test_turn_refresh(struct bel_test_turn *bench,
			       const struct bel_turn_tuple *from, uint32_t lifetime_s);
unsigned bel_test_turn_permit(struct bel_test_turn *bench,
			      const struct bel_turn_tuple *from, const char *peer);
unsigned bel_test_turn_bind(struct bel_test_turn *bench,
			    const struct bel_turn_tuple *from, uint16_t channel,
			    const char *peer);
/* Indications and ChannelData: whether something went to a peer. */
bool bel_test_turn_say(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
		       const char *peer, const char *data);
bool bel_test_turn_say_by_channel(struct bel_test_turn *bench,
				  const struct bel_turn_tuple *from, uint16_t channel,
				  const char *data);
/* Whether something went to a client. */
bool bel_test_turn_hear(struct bel_test_turn *bench, bel_turn_relay relay,
			const char *peer, const char *data);

#endif
