# SPDX-License-Identifier: Apache-2.0
"""Two phones call each other through the server: every pairing, hung up from both sides."""

import dataclasses
import itertools

from harness.suite import Case
from peers.baresip import Baresip
from peers.linphone import Linphone
from peers.server import DOMAIN
from peers.twinkle import Twinkle

from . import scene


@dataclasses.dataclass(frozen=True)
class Pairing:
    caller: type
    callee: type
    caller_transport: str
    callee_transport: str
    hangs_up: str  # "caller" or "callee"
    domain: str = ""  # instead of the server's address

    @property
    def name(self):
        form = "domain" if self.domain else "calls"
        one = f"{self.caller.kind}-{self.caller_transport}"
        other = f"{self.callee.kind}-{self.callee_transport}"
        return f"{form}/{one}/{other}/{self.hangs_up}-hangs-up"

    def play(self, stage):
        server = scene.start_server(stage)
        callee = scene.start_phone(
            stage, self.callee, server, "bob", self.callee_transport, domain=self.domain
        )
        caller = scene.start_phone(
            stage, self.caller, server, "alice", self.caller_transport, domain=self.domain
        )
        hangs_up = caller if self.hangs_up == "caller" else callee
        scene.call(caller, callee, caller.account.uri_of("bob"), hangs_up)
        caller.quit()
        callee.quit()

    def case(self, full):
        needs = {self.caller.program, self.callee.program}
        return Case(self.name, self.play, tuple(sorted(needs, key=lambda p: p.name)), full)


# Each phone once as caller and as callee, each transport, and one change of transport.
SHORT = (
    Pairing(Baresip, Linphone, "tls", "tls", "caller"),
    Pairing(Linphone, Twinkle, "tcp", "tcp", "callee"),
    Pairing(Twinkle, Baresip, "udp", "udp", "caller"),
    Pairing(Linphone, Baresip, "udp", "tls", "callee"),
    Pairing(Baresip, Twinkle, "udp", "udp", "callee", DOMAIN),
)


def every_pairing():
    for caller, callee in itertools.product(scene.PHONES, repeat=2):
        for one, other in itertools.product(caller.transports, callee.transports):
            for side in ("caller", "callee"):
                yield Pairing(caller, callee, one, other, side)
    for phone in scene.PHONES:
        for transport in phone.transports:
            yield Pairing(phone, phone, transport, transport, "caller", DOMAIN)


CASES = [pairing.case(full=False) for pairing in SHORT]
CASES += [pairing.case(full=True) for pairing in every_pairing() if pairing not in SHORT]
