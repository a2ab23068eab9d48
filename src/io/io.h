/* SPDX-License-Identifier: Apache-2.0
 *
 * io: the only room that meets the operating system. A loop is one thread's world: the
 * time of the turn, timers, UDP sockets, streams, mailboxes from other threads, name
 * look-ups and files. Each exists twice behind the same calls: on epoll, c-ares and the
 * kernel's files (loop_epoll.c), and simulated, with a virtual clock and a seeded network
 * (sim.h). Rooms above cannot tell which one they run on.
 *
 * Everything here belongs to the thread that runs the loop unless it says otherwise.
 * Callbacks may close any object, their own included. Start reading at loop.h. */
#ifndef BEL_IO_IO_H
#define BEL_IO_IO_H

#include "io/loop.h"
#include "io/timer.h"
#include "io/udp.h"
#include "io/ports.h"
#include "io/stream.h"
#include "io/mailbox.h"
#include "io/resolver.h"
#include "io/disk.h"

#endif
