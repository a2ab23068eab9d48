# SPDX-License-Identifier: Apache-2.0
"""Overload: what becomes of calls when more are offered than a server can carry.

Calls are begun at a rate, whatever the server does; whoever gets 503 with Retry-After gives up,
everything else is sent again as RFC 3261 says. A call counts when it was set up and ended within a
second of the last one's beginning. First the rate of one server with a fixed number of calls in
flight is found: that is its capacity; the rates are multiples of it.
"""

import re
import subprocess
import time
from collections import namedtuple

from . import load
from .server import LOAD_CPU, Belfry, Kamailio, pinned
from .signalling import ADDRESSES

FACTORS = (0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
AFTERWARDS, RECOVERY_S = 0.8, 5
CAPACITY_CALLS, SECONDS, REST_S = 60000, 10, 7
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


def capacity(server):
    load.run("register", server, ADDRESSES, "-a", ADDRESSES, "-o", 0)
    found = load.run(
        *("call", server, CAPACITY_CALLS, "-a", ADDRESSES, "-o", 0, "-c", 64, "-u", 64),
        in_flight=64,
    )
    return CAPACITY_CALLS / float(found["elapsed"])


def curve(server_type, directory, port, say):
    server = server_type(directory, port)
    points = []
    try:
        most = capacity(server)
        say(f"  {server.name}: {most:.0f} calls/s with 64 in flight")
        for factor in (*FACTORS, AFTERWARDS):
            is_after = len(points) == len(FACTORS)
            if is_after:
                # Straight after the worst: what is left of it after five seconds.
                calls(server, most * FACTORS[-1], SECONDS)
                calls(server, most * AFTERWARDS, RECOVERY_S)
            else:
                time.sleep(REST_S)
            points.append(point(server, factor, most * factor))
            say(f"  {server.name}, {factor} of it: {points[-1]}")
    finally:
        server.stop()
    return points


def measure(directory, port, say):
    return {server.name: curve(server, directory, port, say) for server in (Kamailio, Belfry)}


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
