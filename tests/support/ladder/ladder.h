/* SPDX-License-Identifier: Apache-2.0
 *
 * ladder: call flows as text, run against whole servers, in the simulator and over
 * loopback sockets (ground.h). A ladder is a file of lines; its phones do nothing but
 * what the lines say, and every message that comes to a phone has to stand in a line.
 * Time passes where a line says so: a message that is expected comes within 100 ms.
 *
 *   script.c  lines into words, fields and flags
 *   text.c    {NAME} and escapes; the tale of what went wrong
 *   actor.c   who takes part
 *   server.c  the servers of a ladder
 *   phone.c   sockets of a phone and what came in by them
 *   agent.c   a user agent of ours as an end; steps.c: what the lines make it do
 *   draft.c   a message field by field, as the lines want it
 *   speak.c   the messages of a phone: requests, ACK, CANCEL, responses
 *   listen.c  what came against what a line expects
 *   run.c     the statements: begin here
 *   suite.c   all ladders as tests
 *
 * A line is words, then fields, set apart by two blanks or more. An indented line goes
 * on with the one before. '#' begins a line that is for people.
 *
 *   server NAME IP       with its configuration, indented. Without any: belfry at
 *                        203.0.113.1, domain example.test, users alice, bob and carol.
 *   phone NAME [user USER] [server NAME] [ip IP[:PORT]] [tcp] [stranger]
 *                        Who is not introduced is a phone of his own name over UDP at
 *                        the first server; a stranger knows no password.
 *   agent NAME [user USER] [server NAME] [by SERVER|NAME] [ip IP[:PORT]] [q Q] [alone]
 *                        A user agent of ours (src/call, src/client): it does what its
 *                        steps say, and the rest by itself. Its requests go to its
 *                        server, by another one or a name of DNS; alone, or for an
 *                        address, they go there. q is that of its Contact.
 *   name NAME IP         what DNS says; also name NAME srv PORT TARGET [PRIORITY]
 *   register NAME...     REGISTER, its challenge, REGISTER and 200; from here on the
 *                        requests of the phone bring credentials
 *   after 500ms          everything sent so far was expected, and time passes
 *   expect SERVER FIGURE N
 *   expect AGENT calls|held|requests|hears N
 *                        held: calls in which the other end has it on hold; hears: 1
 *                        when sound came within the last 100 ms
 *   call NAME            the lines that follow are about another call
 *   drain SERVER         bel_node_drain;  cancel SERVER: bel_node_cancel_pending
 *   close NAME           the phone's connections
 *   cut A B, heal A B    the network between the two
 *
 * The steps of an agent. WHOM is who is at the other end of the call; it may be left out
 * when there is one such call. Fields become fields of the request, or of the refusal.
 *
 *   alice dials TARGET [late] [faithful] [reliably]
 *                        an agent, a phone or a URI; late: without an offer, faithful:
 *                        a redirection is not followed, reliably: Require: 100rel
 *   bob rings [STATUS] [sdp],  bob answers [WHOM],  bob refuses STATUS
 *   alice holds [WHOM],  alice resumes [WHOM]
 *   alice hangs up [WHOM]
 *   bob transfers WHOM to TARGET
 *   bob transfers WHOM to his call with WHOM
 *   alice follows [WHOM] takes the REFER and calls as asked;  alice declines [WHOM]
 *
 * A step waits up to 100 ms for the call that it is about. Every message from and to an
 * agent has to stand in a line, in its order between the two.
 *
 *   A -> B METHOD [URI] [FLAG...]    Name: value ...
 *   A -> B STATUS [METHOD] [FLAG...] Name: value ...
 *
 * To say it, a phone fills in the rest of the message: Via, tags, CSeq, the route set and
 * the target of its dialog, Contact, credentials. A response answers the newest request
 * that has no final response, or the newest of METHOD. "Name: value" stands in the place
 * of the field it would have made, "+Name: value" beside it, "-Name:" takes it out.
 * What a server sends is compared: URI and values are patterns with '*' and '?'; one
 * value of the field has to fit, with Name[2] the second, "Phrase:" is the reason phrase
 * of a response, "Body:" the whole body, "-Name:" wants none, "+Name: 2" wants so many.
 * {NAME} is the address of a phone or server, {NAME.target}
 * the other end's Contact, {NAME.route} and {NAME.route2} the first two of its
 * route set, {NAME.pub-gruu} and {NAME.temp-gruu} the newest that its registration was
 * given, {NAME.first-temp-gruu} the oldest, {NAME.tag} its tag and {NAME.id} the Call-ID;
 * {NAME.replaces} is what names the one call of an agent to its other end (RFC 3891);
 * {branch}, {tag}, {number} are new ones; \t, \r, \n as in C.
 *
 *   lost     the receiver does not get it (a phone only takes note of it)
 *   again    the same bytes as the last such message
 *   sdp      with a body
 *   from PORT  from another UDP port of the phone
 *   raw      none of the fields that the phone would have made
 *
 * Between servers a line picks the message out of what they said to each other. */
#ifndef BEL_TESTS_LADDER_H
#define BEL_TESTS_LADDER_H

#include "base/base.h"

enum bel_ladder_ground { BEL_LADDER_SIM, BEL_LADDER_LOOPBACK };

/* WRONG: it did not go as written, and the tale tells the line, what was expected there
 * and what came. LEFT_OUT: it wants something that this ground has not got; the tale is
 * the reason. */
enum bel_ladder_end { BEL_LADDER_RIGHT, BEL_LADDER_WRONG, BEL_LADDER_LEFT_OUT };
enum bel_ladder_end bel_ladder_run(const char *path, enum bel_ladder_ground ground,
				   struct bel_writer *tale);

/* Every tests/scenario/NAME.ladder as one test, on that ground; the names of some as
 * arguments run those alone. The exit status of the program: 77 when all were left out.
 */
int bel_ladder_suite(enum bel_ladder_ground ground, int argc, char **argv);

#endif
