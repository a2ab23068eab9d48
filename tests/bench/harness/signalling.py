# SPDX-License-Identifier: Apache-2.0
"""Signalling: what an operation costs a server, and what it remembers of it.

The peer and Belfry take turns, so that the mood of the machine is the same for both; what is
compared is the ratio, of the smallest figures and of the medians.
"""

import os
import statistics
import subprocess
import time
from collections import namedtuple

from . import load
from .server import Belfry, Floor, Kamailio

ADDRESSES = 1000
SETTLE_S = 7  # transactions of calls linger for 5 s after their last answer

# goal: the most that Belfry may cost, as a share of Kamailio. instructions: user space's. pairs: of
# a datagram in and one out.
Case = namedtuple("Case", "name mode count goal instructions pairs transport first settle_s")
CASES = (
    Case("OPTIONS answered", "options", 200000, 0.50, 5000, 1, "udp", None, 0),
    Case("REGISTER refresh", "register", 150000, 0.55, 9000, 1, "udp", None, 0),
    Case("REGISTER, 401, REGISTER, 200", "auth", 60000, 0.50, None, 2, "udp", None, 0),
    Case("stateless forward and its 200", "fwd", 150000, 0.45, 14000, 2, "udp", None, 0),
    Case("call", "call", 30000, 0.40, 45000, 6.5, "udp", 0, SETTLE_S),
    Case("call over TCP", "call", 30000, 0.30, None, None, "tcp", 2000000, SETTLE_S),
    Case("call over TLS", "call", 30000, 0.30, None, None, "tls", 4000000, SETTLE_S),
)


def options_of(case):
    options = ["-a", ADDRESSES, "-t", case.transport]
    return options + (["-o", case.first] if case.first is not None else [])


def prepare(case, server):
    """Who is called is registered first; each transport has users of its own."""
    if case.first is not None:
        load.run("register", server, ADDRESSES, *options_of(case), tls=case.transport == "tls")


def perform(case, server, count):
    figures = load.run(case.mode, server, count, *options_of(case), tls=case.transport == "tls")
    time.sleep(case.settle_s)
    return figures


def measure_cpu(server_type, case, scale, directory, port):
    """Processor time of one operation, in microseconds, after a tenth of the load to warm up."""
    count = max(100, int(case.count * scale))
    server = server_type(directory, port)
    try:
        prepare(case, server)
        perform(case, server, max(100, count // 10))
        before = server.cpu_ns()
        perform(case, server, count)
        return (server.cpu_ns() - before) / count / 1000
    finally:
        server.stop()


def measure_instructions(server_type, case, directory, port, count=2000):
    """User-space instructions of one operation, by callgrind."""
    out = f"{directory}/callgrind.{server_type.name}"
    wrap = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={out}.%p"]
    server = server_type(directory, port, wrap=wrap)
    try:
        prepare(case, server)
        perform(case, server, 500)
        control(server, "-z")
        for name in os.listdir(directory):
            if name.startswith(os.path.basename(out) + "."):
                os.remove(f"{directory}/{name}")
        perform(case, server, count)
        control(server, "-d")
        time.sleep(1)
        return sum(totals(directory, os.path.basename(out))) / count
    finally:
        server.stop()


def control(server, order):
    from . import process

    for pid in process.tree(server.pid):
        subprocess.run(["callgrind_control", order, str(pid)], capture_output=True, check=False)


def totals(directory, prefix):
    for name in os.listdir(directory):
        if name.startswith(prefix + "."):
            with open(f"{directory}/{name}", encoding="ascii", errors="replace") as file:
                lines = [line.split() for line in file if line.startswith(("totals:", "summary:"))]
            if lines:
                yield int(lines[-1][1])


class Rows:
    """Both servers' figures of one case, from runs that took turns."""

    def __init__(self, case):
        self.case = case
        self.us = {Belfry.name: [], Kamailio.name: []}
        self.floor_us = []
        self.instructions = None
        self.failures = []

    def ratio(self, of):
        return of(self.us[Belfry.name]) / of(self.us[Kamailio.name])

    def is_complete(self):
        return all(self.us.values())

    def met(self):
        return self.is_complete() and self.ratio(statistics.median) <= self.case.goal


def run_case(case, arguments, directory, say):
    rows = Rows(case)
    for turn in range(arguments.runs):
        if case.pairs:
            pair_us = measure_cpu(Floor, CASES[0], arguments.scale / 100, directory, arguments.port)
            rows.floor_us.append(pair_us * case.pairs)
        for server_type in (Kamailio, Belfry):
            try:
                us = measure_cpu(server_type, case, arguments.scale / 100, directory, arguments.port)
            except load.Failed as failure:
                rows.failures.append(str(failure))
                say(f"  {failure}")
                continue
            rows.us[server_type.name].append(us)
            say(f"  {case.name}, turn {turn + 1}: {server_type.name} {us:.2f} us")
    if arguments.instructions:
        rows.instructions = measure_instructions(Belfry, case, directory, arguments.port)
        say(f"  {case.name}: {rows.instructions:.0f} instructions")
    return rows
