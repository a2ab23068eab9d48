# SPDX-License-Identifier: Apache-2.0
"""Two servers that take turns at the same work, and what came of it as a table."""

import os
import statistics
import subprocess
from dataclasses import dataclass
from typing import Callable, Optional

from .load import Failed
from .server import HERE, LOAD_CPU, ROOT, pinned

LIMIT_S = 120


@dataclass(frozen=True)
class Work:
    """One line. The goal is of the ratio of medians, or (absolute) of our own median."""

    name: str
    unit: str
    take: Callable
    ratio: Optional[float] = None
    absolute: Optional[float] = None


def build(name, *libraries):
    """A load generator of tests/bench/media."""
    source, binary = f"{HERE}/media/{name}.c", f"{ROOT}/build/bench/{name}"
    if not os.path.exists(binary) or os.path.getmtime(binary) <= os.path.getmtime(source):
        os.makedirs(os.path.dirname(binary), exist_ok=True)
        subprocess.run(["cc", "-O2", "-w", "-o", binary, source, *libraries], check=True)
    return binary


def run(server, argv):
    done = subprocess.run(
        pinned(LOAD_CPU, argv), capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode != 0:
        raise Failed(f"{server.name}: {done.stdout.strip()} {done.stderr.strip()[-300:]}")
    return done.stdout


def once(kind, take, directory, port):
    server = kind(f"{directory}/{kind.name}", port)
    try:
        return take(server)
    finally:
        server.stop()


def measure(kinds, works, directory, arguments, say):
    found = []
    for work in works:
        if arguments.only and arguments.only not in work.name:
            continue
        values = {kind: [] for kind in kinds}
        for _ in range(arguments.runs):
            for kind, list_ in values.items():
                list_.append(once(kind, work.take, directory, arguments.port))
        say(f"  {work.name}: " + ", ".join(f"{k.title} {statistics.median(v):.1f}" for k, v in values.items()))
        found.append((work, values))
    return found


def shown(values, unit):
    form = "{:,.2f}" if unit == "us" else "{:,.0f}"
    return f"{form.format(min(values))} / {form.format(statistics.median(values))}"


def verdict(work, ratio, ours):
    if work.ratio is not None:
        return f"{work.ratio:.2f}x", "met" if ratio <= work.ratio else f"{ratio / work.ratio:.2f} times the goal"
    if work.absolute is not None:
        is_met = ours <= work.absolute
        return f"{work.absolute:,}", "met" if is_met else f"{ours / work.absolute:.2f} times the goal"
    return "-", ""


def table(kinds, found):
    """kinds are the peer and ours."""
    peer, ours = kinds
    yield f"| work | unit | {peer.title} min / median | Belfry min / median | ratio min / median | goal | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    for work, values in found:
        theirs, mine = values[peer], values[ours]
        least = min(mine) / min(theirs) if min(theirs) > 0 else 0
        middle = statistics.median(mine) / statistics.median(theirs)
        aim, said = verdict(work, middle, statistics.median(mine))
        yield (
            f"| {work.name} | {work.unit} | {shown(theirs, work.unit)} | {shown(mine, work.unit)} "
            f"| {least:.2f} / {middle:.2f} | {aim} | {said} |"
        )
