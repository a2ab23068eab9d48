# SPDX-License-Identifier: Apache-2.0
"""Waiting with a deadline. Nothing in these tests sleeps for a fixed time."""

import threading
import time

# Set on Ctrl-C; every wait then ends, and every case takes down what it started.
interrupted = threading.Event()

POLL_S = 0.02


class Failed(Exception):
    """The case ran and its expectation did not hold."""


class Skipped(Exception):
    """The case cannot run on this machine; the text says why."""


class Interrupted(Exception):
    """The person at the keyboard has seen enough."""


def until(condition, seconds, what):
    """Returns the first true value of condition(); Failed(what) after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if interrupted.is_set():
            raise Interrupted()
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:g} s: {what}")
        interrupted.wait(POLL_S)
