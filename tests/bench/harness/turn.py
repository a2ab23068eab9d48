# SPDX-License-Identifier: Apache-2.0
"""TURN and STUN, beside coturn.

Over UDP, bound to one processor, the generator to the other; they take turns, started fresh for each
figure. Packets of 160 bytes by channels of 500 clients (*paced*: 50,000 a second together, both ways) or
of 200 (*saturated*: as fast as it goes with 256 in flight), each checked when it comes out: who sent it,
in which order, with which contents. A Binding's answer is checked for our address. Time is that of all
threads of the server, memory its Pss.
"""

import re
import shutil

from . import process, versus
from .load import Failed
from .server import Belfry, Server
from .versus import Work

SECONDS, CYCLES, ALLOCATIONS = 3, 500, 2000
USER, PASSWORD = "u", "p"
# Nothing is relayed to the server's own address, whatever is allowed.
PEER = "127.0.0.2"
CONFIG = """domain bench.test
trust 127.0.0.1
user {user} password {password}
turn {{
 listen udp 127.0.0.1:{turn}
 allow {peer}
 relays 10000 per user
 bytes unlimited
}}
"""


class Served:
    """TURN is a port further on than what answers TCP."""

    @property
    def turn(self):
        return self.port + 2

    def load(self, name, *words):
        argv = [versus.build(name, "-lcrypto"), "127.0.0.1", str(self.turn), "-p", str(self.pid), *words]
        return versus.run(self, argv)


class Ours(Served, Belfry):
    title = "Belfry"

    def command(self):
        config, state = f"{self.directory}/belfry.conf", f"{self.directory}/state"
        shutil.rmtree(state, ignore_errors=True)
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(user=USER, password=PASSWORD, turn=self.turn, peer=PEER))
        return [
            *(self.binary, "run", "--quiet", "--state", state, "--workers", "1"),
            *("--config", config, "--listen", f"udp,tcp:127.0.0.1:{self.port}"),
        ]


class Peer(Served, Server):
    name, title = "coturn", "coturn"
    binary = "/usr/bin/turnserver"

    def command(self):
        return [
            *(self.binary, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"),
            *(f"--listening-port={self.turn}", f"--alt-listening-port={self.port}"),
            *("--relay-threads=1", "--no-tls", "--no-dtls", "--no-cli", "--lt-cred-mech"),
            *(f"--user={USER}:{PASSWORD}", "--realm=bench.test", "--allow-loopback-peers"),
            *("--log-file=stdout", "--simple-log", f"--pidfile={self.directory}/pid"),
            *("--min-port=20000", "--max-port=30000", "--no-software-attribute"),
            *(f"--userdb={self.directory}/db",),
        ]

    def wait_until_it_answers(self):
        self.port, turn = self.turn, self.port
        try:
            super().wait_until_it_answers()
        finally:
            self.port = turn


LOGIN = ("-u", USER, "-P", PASSWORD)


def figures_of(text, word):
    line = next(line for line in text.splitlines() if line.startswith(word))
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", line)}


def carry(server, count, *pace):
    text = server.load("turnload", "-n", str(count), *LOGIN, "-t", str(SECONDS), *pace)
    figures = figures_of(text, "turn ")
    if figures["bad"] or figures["ooo"] or figures["rx"] < 0.99 * figures["tx"]:
        raise Failed(f"{server.name}: {text}")
    return figures["cpu_us"]


def bind(server):
    text = server.load("stunflood", "-t", str(SECONDS))
    figures = figures_of(text, "stun ")
    if figures["bad"] or figures["rx"] < 0.99 * figures["tx"]:
        raise Failed(f"{server.name}: {text}")
    return figures["cpu_us"]


def cycle(server):
    text = server.load("turnload", "-n", "1", *LOGIN, "-A", str(CYCLES))
    return figures_of(text, "alloc ")["cpu_us"]


def memory(server):
    """What the process grows by, looked at while the allocations stand."""
    before = process.memory_bytes(server.pid)
    # They stay for ten minutes after the generator has gone.
    server.load("turnload", "-n", str(ALLOCATIONS), *LOGIN, "-t", "0.1", "-r", "100")
    return (process.memory_bytes(server.pid) - before) / ALLOCATIONS


WORKS = (
    Work("ChannelData, paced", "us", lambda server: carry(server, 500), ratio=0.85),
    Work("ChannelData, saturated", "us", lambda server: carry(server, 200, "-U"), ratio=0.85),
    Work("Binding", "us", bind, ratio=0.65),
    Work("allocation, channel, release", "us", cycle, ratio=0.40),
    Work("memory of an allocation", "bytes", memory, absolute=5000),
)
KINDS = (Peer, Ours)
