# SPDX-License-Identifier: Apache-2.0
"""libnice, as a phone (see nice_phone.py)."""

import os
import sys

from . import programs
from .phone import Phone

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Nice(Phone):
    """With a component for RTCP, and without rtcp-mux."""

    kind = "libnice"
    program = programs.NICE
    transports = ("udp",)
    patterns = {
        "registered": "EVENT registered",
        "refused": "EVENT refused",
        "established": "EVENT established",
        "ready": "EVENT ready",
        "ended": "EVENT ended",
    }
    hang_up_command = "hang up"
    quit_command = "quit"
    recordings = ("heard.raw",)
    options = ()

    def start(self):
        self.child = self.stage.start(self.name, self.command(), env=self.environment(), cwd=ROOT)
        return self

    def command(self):
        account = self.account
        recording = self.stage.write(f"{self.name}/heard.raw", "")
        who = (account.host, account.user, account.password, str(self.stage.ports(2)), recording)
        return [sys.executable, "-m", "peers.nice_phone", *who, *self.options]

    def dial_command(self, uri):
        return f"dial {uri}"


class MuxNice(Nice):
    options = ("mux",)
