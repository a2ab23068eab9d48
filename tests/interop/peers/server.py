# SPDX-License-Identifier: Apache-2.0
"""What a case asks of a server, whichever it is."""

import dataclasses

from harness import ports, wait

DOMAIN = "example.test"
PASSWORDS = {"alice": "alice-pw", "bob": "bob-pw", "carol": "carol-pw"}
READY_S = 15


@dataclasses.dataclass(frozen=True)
class Setup:
    """What differs from case to case; the defaults are what most of them want."""

    domain: str = DOMAIN
    passwords: dict = dataclasses.field(default_factory=lambda: dict(PASSWORDS))
    hosts: tuple = ("127.0.0.1",)
    accept_from: tuple = ()  # foreign domains whose users may call ours
    answers: dict = dataclasses.field(default_factory=dict)  # number: what it answers with
    calls_per_second: int = 0  # of one user; 0: what the server allows by itself
    turn: tuple = ()  # lines of its block; of Belfry alone
    trust: tuple = ()  # addresses without a budget; of Belfry alone
    port: int = 0  # 0: any free one


class Server:
    """UDP and TCP on one port, TLS on the next, on every host of the setup."""

    def __init__(self, stage, setup, name):
        self.stage = stage
        self.setup = setup
        self.name = name
        self.port = setup.port or stage.ports(2)
        self.tls_port = self.port + 1
        self.child = None

    @property
    def host(self):
        return self.setup.hosts[0]

    @property
    def domain(self):
        return self.setup.domain

    def address(self, transport="udp"):
        """HOST:PORT for that transport."""
        port = self.tls_port if transport == "tls" else self.port
        return f"{self.host}:{port}"

    def start(self):
        self.child = self.stage.start(self.name, self.command())
        wait.until(self.is_ready, READY_S, f"{self.name} listening on {self.address()}")
        return self

    def is_ready(self):
        if self.child.ended():
            raise wait.Failed(f"{self.name} ended with {self.child.process.returncode}")
        needed = (("udp", self.port), ("tcp", self.port), ("tcp", self.tls_port))
        return all(ports.is_bound(self.child.pid, kind, port) for kind, port in needed)

    def command(self):
        """Writes what the server needs below the stage; returns how to start it."""
        raise NotImplementedError
