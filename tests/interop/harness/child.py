# SPDX-License-Identifier: Apache-2.0
"""A program that a case has started: its own process group, its output in one file.

It is ended by its own id, never by a name, and by the kernel should the harness die.
"""

import os
import signal
import subprocess

from . import wait
from .log import Log

STOP_S = 3


class Child:
    def __init__(self, name, argv, log_path, enter=(), env=None, cwd=None):
        """`enter` is a command prefix that enters a namespace (see space.py)."""
        self.name = name
        self.log = Log(log_path)
        self.log_file = open(log_path, "wb")
        guard = ["setpriv", "--pdeathsig", "TERM", "--"]
        self.process = subprocess.Popen(
            [*enter, *guard, *argv],
            stdin=subprocess.PIPE,
            stdout=self.log_file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )

    @property
    def pid(self):
        return self.process.pid

    def ended(self):
        return self.process.poll() is not None

    def say(self, line):
        """Types a line at the program."""
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise wait.Failed(f"{self.name} has ended, cannot say: {line}") from None

    def result(self, seconds):
        """Waits for the end; returns the exit code."""
        wait.until(self.ended, seconds, f"the end of {self.name}")
        return self.process.returncode

    def stop(self):
        self.signal_group(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        # Also what the program itself has forked and left behind.
        self.signal_group(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.log_file.close()

    def signal_group(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass
