# SPDX-License-Identifier: Apache-2.0
"""Overload: what becomes of calls when more are offered than a server can carry.

Calls are begun at a rate, whatever the server does; whoever gets 503 with Retry-After gives up,
everything else is sent again as RFC 3261 says. A call counts when it was set up and ended within a
second of the last one's beginning. First the rate of one server with a fixed number of calls in
flight is found: that is its capacity; the rates are multiples of it.
"""

import re
import subprocess
from collections import namedtuple

from . import load
from .server import LOAD_CPU, SERVER_CPU, Belfry, Kamailio, pinned
from .signalling import ADDRESSES

FACTORS = (0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
AFTERWARDS, RECOVERY_S = 0.8, 5
SECONDS = 10
LATE_US_MAX = 100000  # a generator that is later than this no longer offers what it should
GOODPUT_GOAL = 0.9

Point = namedtuple("Point", "factor offered goodput refused p50_ms p99_ms late_ms")


def calls(server, rate, seconds):
    """One stretch at a rate; nothing that happens in it is a failure of the run."""
    argv = [load.BINARY, "call", "-s", f"127.0.0.1:{server.port}", "-n", str(int(rate * seconds))]
    argv += ["-r", str(int(rate)), "-R", "-q", "-a", str(ADDRESSES), "-o", "0", "-c", "64", "-u", "64"]
    done = subprocess.run(
        pinned(LOAD_CPU, argv), capture_output=True, text=True, timeout=20 * seconds, check=False
    )
    found = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)(?:\s|$)", done.stdout)}
    if not found:
        raise load.Failed(f"calls at {server.name}: {done.stderr.strip()[:300]}")
    return found


def point(server, factor, rate, seconds=SECONDS):
    found = calls(server, rate, seconds)
    return Point(
        factor,
        found["ops"] / found["elapsed"],
        found["in_time"] / found["elapsed"],
        found["refused"] / found["elapsed"],
        found["p50_us"] / 1000,
        found["p99_us"] / 1000,
        found["late_us"] / 1000,
    )


def started(server_type, directory, port):
    server = server_type(directory, port)
    load.run("register", server, ADDRESSES, "-a", ADDRESSES, "-o", 0)
    return server


def capacity(server_type, directory, port):
    server = started(server_type, directory, port)
    try:
        count = server_type.capacity_calls
        figures = load.run(
            *("call", server, count, "-a", ADDRESSES, "-o", 0, "-c", 64, "-u", 64), in_flight=64
        )
        return count / float(figures["elapsed"])
    finally:
        server.stop()


def curve(server_type, directory, port, say):
    """Each point with a server that was just started: what one leaves is not the next one's."""
    most = capacity(server_type, directory, port)
    say(f"  {server_type.title}: {most:.0f} calls/s with 64 in flight")
    points = []
    for factor in (*FACTORS, AFTERWARDS):
        server = started(server_type, directory, port)
        try:
            if len(points) == len(FACTORS):
                # What is left of the worst after five seconds.
                calls(server, most * FACTORS[-1], SECONDS)
                calls(server, most * AFTERWARDS, RECOVERY_S)
            points.append(point(server, factor, most * factor))
        finally:
            server.stop()
        say(f"  {server_type.title}, {factor} of it: {points[-1]}")
    return points


class Peer(Kamailio):
    title, capacity_calls = "Kamailio", 30000


class Whole(Belfry):
    title, capacity_calls = "Belfry", 60000


class Slowed(Belfry):
    """So slow that the generator can offer five times what it carries."""

    title, capacity_calls = "Belfry, slowed by valgrind", 4000

    def __init__(self, directory, port):
        super().__init__(directory, port, wrap=[*pinned(SERVER_CPU, []), "valgrind", "--tool=none", "-q"])


def measure(directory, port, say):
    return {kind.title: curve(kind, directory, port, say) for kind in (Peer, Whole, Slowed)}


def table(found):
    yield "| offered, of capacity | | calls/s offered | done in time | refused | set up, ms: median | p99 |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for name, points in found.items():
        for index, at in enumerate(points):
            is_after = index == len(FACTORS)
            label = f"{at.factor:.1f}, five seconds after {FACTORS[-1]:.1f}" if is_after else f"{at.factor:.1f}"
            mark = "" if at.late_ms * 1000 < LATE_US_MAX else " (the generator could do no more)"
            yield (
                f"| {label} | {name} | {at.offered:,.0f}{mark} | {at.goodput:,.0f} "
                f"| {at.refused:,.0f} | {at.p50_ms:.1f} | {at.p99_ms:.1f} |"
            )


def verdicts(found):
    for name, points in found.items():
        steady = points[: len(FACTORS)]
        most = max(at.goodput for at in steady)
        normal = max(at.p99_ms for at in steady if at.factor <= 1.0)
        for at in steady:
            if at.factor in (2.0, 5.0):
                share = at.goodput / most
                met = "met" if share >= GOODPUT_GOAL else "not met"
                yield (
                    f"{name} at {at.factor:.0f} times: {share:.0%} of its most (goal {GOODPUT_GOAL:.0%}: {met}); "
                    f"p99 {at.p99_ms / normal:.1f} times that of up to 1.0 (goal 2)."
                )
