# SPDX-License-Identifier: Apache-2.0
"""coturn's clients with our TURN server: data both ways, from relay to relay.

Our client with coturn's server is tests/unit/nat/coturn.c.
"""

import json
import re
import subprocess

from harness import ports, wait
from harness.suite import Case
from harness.wait import Failed
from peers import programs
from peers.baresip import Baresip
from peers.caller import Caller

from . import scene

SECRET = "open-sesame"
MESSAGES, BYTES = 20, 172
UCLIENT_S, STUN_S, READY_S = 60, 10, 5


def start_server(stage, *lines):
    """Belfry with TURN on loopback; returns it and the first of two ports: plain, TLS."""
    port = stage.ports(2)
    block = (
        f"listen udp,tcp 127.0.0.1:{port}",
        f"listen tls 127.0.0.1:{port + 1}",
        "allow 127.0.0.1",
        *lines,
    )
    # Strangers have a budget by address; a dozen of clients come from this one.
    server = scene.start_server(stage, turn=block, trust=("127.0.0.1",))

    def is_ready():
        pid = server.child.pid
        return ports.is_bound(pid, "udp", port) and ports.is_bound(pid, "tcp", port + 1)

    wait.until(is_ready, READY_S, f"turn listening on {port}")
    return server, port


def uclient(stage, port, *options):
    """Runs coturn's load client; what it sent must have come back, to the last packet."""
    argv = [
        programs.UCLIENT.path(),
        *("-y", "-n", str(MESSAGES), "-m", "2", "-l", str(BYTES), "-p", str(port)),
        *options,
        "127.0.0.1",
    ]
    child = stage.start("uclient", argv)
    code = child.result(UCLIENT_S)
    text = child.log.text()
    if code != 0:
        raise Failed(f"turnutils_uclient ended with {code}")
    totals = re.findall(r"start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", text)
    if not totals or totals[-1][0] != totals[-1][1] or int(totals[-1][0]) < 2 * MESSAGES:
        raise Failed(f"sent and received: {totals[-1:]}")
    if "Total lost packets 0 " not in text:
        raise Failed("packets were lost")


def by_password(name, *options, is_tls=False, full=False):
    def play(stage):
        _, port = start_server(stage)
        uclient(stage, port + is_tls, "-u", "alice", "-w", "alice-pw", *options)

    return Case(f"turn/uclient-{name}", play, (programs.UCLIENT,), full=full)


def by_secret(stage):
    _, port = start_server(stage, f"secret {SECRET}")
    uclient(stage, port, "-u", "carol", "-W", SECRET)


def refused(stage):
    server, port = start_server(stage)
    argv = [programs.UCLIENT.path(), "-y", "-u", "alice", "-w", "wrong", "-p", str(port)]
    child = stage.start("uclient", [*argv, "127.0.0.1"])
    if child.result(UCLIENT_S) == 0 or "Cannot complete Allocation" not in child.log.text():
        raise Failed("a wrong password was not refused")
    if "wrong credentials" not in server.child.log.text():
        raise Failed("the server has no word of it")


def stunclient(stage):
    server, port = start_server(stage)
    for to in (port, server.port):
        argv = [programs.STUNCLIENT.path(), "-p", str(to), "127.0.0.1"]
        child = stage.start(f"stunclient-{to}", argv)
        child.result(STUN_S)
        if "UDP reflexive addr: 127.0.0.1:" not in child.log.text():
            raise Failed(f"no answer from port {to}")


class TurnedBaresip(Baresip):
    """Its sound goes by a relay: it knows TURN beside ICE."""

    modules = ("stun", "turn")
    turn_port = 0

    def account_line(self):
        account = self.account
        line = super().account_line() + ";medianat=turn"
        line += f";stunserver=turn:{account.user}:{account.password}@127.0.0.1:{self.turn_port}"
        return line


def counters(stage, server):
    state = stage.path(server.name, "state")
    argv = [stage.options.binary, "status", "--json", "--state", state]
    return json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)


def phone_with_relay(stage):
    server, port = start_server(stage)
    phone = TurnedBaresip(stage, scene.account_of(server, "bob"))
    phone.turn_port = port
    phone.start_registered()
    agent = Caller(stage, scene.account_of(server, "alice"))
    agent.dial("bob", "--duration", "3s", "--expect", "audio=700Hz")
    phone.expect("established", scene.CALL_S)
    agent.verdict()
    phone.expect("ended", scene.CALL_S)
    phone.check_heard()
    # 50 packets a second each way, for three seconds.
    counted = counters(stage, server)
    for way in ("turn_packets_to_peers", "turn_packets_to_clients"):
        if counted[way] < 100:
            raise Failed(f"{way}: {counted[way]}")


CASES = [
    by_password("udp"),
    by_password("tcp", "-t"),
    by_password("tls", "-t", "-S", is_tls=True),
    by_password("send", "-s"),
    by_password("unfragmented", "-g", full=True),
    by_password("padded", "-D", full=True),
    by_password("tcp-send", "-t", "-s", full=True),
    Case("turn/uclient-secret", by_secret, (programs.UCLIENT,)),
    Case("turn/uclient-refused", refused, (programs.UCLIENT,)),
    Case("turn/baresip", phone_with_relay, (programs.BARESIP,), tries=2),
    Case("turn/stunclient", stunclient, (programs.STUNCLIENT,)),
]
