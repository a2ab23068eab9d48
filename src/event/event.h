/* SPDX-License-Identifier: Apache-2.0
 *
 * event: subscriptions (RFC 6665): one side asks to be told of something for a while, the
 * other tells it. Pure: messages and time in, states and actions out; who sends the
 * requests is call/ for REFER, and the roles above for all else.
 *
 *   subscriber.h  who asks and is told
 *   notifier.h    who is asked and tells
 *
 * A subscription lies in its owner's memory. One thread at a time. */
#ifndef BEL_EVENT_EVENT_H
#define BEL_EVENT_EVENT_H

#include "event/notifier.h"
#include "event/subscriber.h"

#endif
