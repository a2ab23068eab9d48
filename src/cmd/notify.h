/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CMD_NOTIFY_H
#define BEL_CMD_NOTIFY_H

/* Tells systemd ("READY=1", "WATCHDOG=1", "STOPPING=1"); nothing when it did not ask. */
void bel_notify(const char *state);

#endif
