/* SPDX-License-Identifier: Apache-2.0
 *
 * libbelfry: telephony by SIP for any program. An agent is one user agent with sockets
 * and a loop of its own; accounts register it with providers and servers; calls carry
 * sound that comes from files, tones, devices or the program itself.
 *
 *   error.h    what a function returns that can fail
 *   agent.h    opening an agent, turning its loop
 *   event.h    what it tells
 *   account.h  who we are, and where we can be reached
 *   call.h     calling, being called, and all that happens in a call
 *   media.h    what is said and heard in it
 *   message.h  text messages, and asking who is there
 *
 * One thread: whoever turns an agent's loop makes all calls for it. Agents share nothing,
 * so that several may run in several threads. The library starts no threads and has no
 * global state. Events come from inside belfry_agent_step and belfry_agent_run alone,
 * never from inside another call into the library; in them every function may be called
 * but those two and belfry_agent_close.
 *
 * Strings are UTF-8, ended by NUL. Those given to the library are copied; those of an
 * event are valid until the callback returns. Options are structs, whose fields that are
 * not named are zero, and zero is the sensible default.
 *
 * Start with agent.h; examples/answer.c is a whole program. */
#ifndef BELFRY_BELFRY_H
#define BELFRY_BELFRY_H

#include <belfry/error.h>
#include <belfry/event.h>
#include <belfry/agent.h>
#include <belfry/account.h>
#include <belfry/call.h>
#include <belfry/media.h>
#include <belfry/message.h>

#endif
