# SPDX-License-Identifier: Apache-2.0
"""A phone with a wrong password says so and is not registered."""

from harness.suite import Case
from harness.wait import Failed
from peers.account import Account
from peers.phone import REGISTER_S

from . import scene


def wrong_password(kind):
    def play(stage):
        server = scene.start_server(stage)
        phone = kind(stage, Account(server, "alice", "not-the-password")).start()
        phone.expect("refused", REGISTER_S)
        if phone.has_seen("registered"):
            raise Failed("registered with a wrong password")

    return Case(f"refused/{kind.kind}", play, (kind.program,))


CASES = [wrong_password(kind) for kind in scene.PHONES]
