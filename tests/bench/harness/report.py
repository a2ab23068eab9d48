# SPDX-License-Identifier: Apache-2.0
"""The tables that are written to docs/figures."""

import os
import platform
import statistics
import subprocess

from . import load, memory, overload, versus
from .server import ROOT, Belfry, Kamailio


def first_line(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def made_by(what):
    commit = first_line("git", "-C", ROOT, "rev-parse", "--short", "HEAD")
    return f"""Made by `./bench {what}`, commit {commit}. {processor()}, {os.cpu_count()} processors, Linux
{platform.release()}; {first_line(Kamailio.binary, "-v").removeprefix("version: ")}; {first_line(Belfry.binary, "version")}.
"""


def heading(arguments):
    return f"""# Signalling, beside Kamailio

{made_by("signalling")}
One worker each, bound to one processor, the load generator to the other; {load.IN_FLIGHT} operations in
flight; the servers take turns, {arguments.runs} runs each of {arguments.scale} % of the operations, started fresh for
each run. Time is that of all threads of the server, the kernel's work for it included. Every message is checked at both ends; a
run with one failure does not count and is told below. Kamailio: allocator fm, one child, memory
only, DNS off. Belfry: `tests/bench/signalling/belfry.conf`, registrations journalled (`sync 5ms`).
*Kernel alone* is what a program without SIP costs that sends every OPTIONS back in batches
(`tests/bench/signalling/floor.c`), times the datagrams of the operation, in the same turns.
"""


def pair(values):
    return f"{min(values):.2f} / {statistics.median(values):.2f}" if values else "-"


def verdict(rows):
    if not rows.is_complete():
        return "not measured"
    if rows.met():
        return "met"
    over = rows.ratio(statistics.median) / rows.case.goal
    return f"{over:.2f} times the goal"


def times(results):
    yield "| operation | Kamailio us, min / median | Belfry us | kernel alone | ratio of minima | of medians | goal | |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    for rows in results:
        if rows.is_complete():
            ratios = f"{rows.ratio(min):.2f} | {rows.ratio(statistics.median):.2f}"
        else:
            ratios = "- | -"
        yield (
            f"| {rows.case.name} | {pair(rows.us[Kamailio.name])} | {pair(rows.us[Belfry.name])} "
            f"| {pair(rows.floor_us)} | {ratios} | {rows.case.goal:.2f} | {verdict(rows)} |"
        )
    for rows in results:
        yield from (f"\nFailed: {failure}" for failure in rows.failures)


def instructions(results):
    yield "| operation | user instructions (callgrind) | goal |"
    yield "|---|--:|--:|"
    for rows in results:
        if rows.instructions:
            yield f"| {rows.case.name} | {rows.instructions:,.0f} | {rows.case.instructions or '-'} |"


def memory_table(found):
    yield "| bytes of | Kamailio | Belfry | goal |"
    yield "|---|--:|--:|--:|"
    for name, goal in memory.GOALS.items():
        cells = [found.get(server, {}).get(name) for server in (Kamailio.name, Belfry.name)]
        shown = " | ".join("-" if cell is None else f"{cell:,.0f}" for cell in cells)
        yield f"| {name} | {shown} | {goal:,} |"


def save(path, lines):
    text = "\n".join(lines) + "\n"
    if path:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return text


def write(path, arguments, results, found):
    lines = [heading(arguments), *times(results)]
    if any(rows.instructions for rows in results):
        lines += ["", *instructions(results)]
    if found:
        lines += ["", *memory_table(found)]
    return save(path, lines)


def write_overload(path, found):
    lines = ["# Overload, beside Kamailio", "", made_by("overload")]
    lines += [overload.__doc__.split("\n\n", 1)[1].strip(), ""]
    lines += ["One worker each, bound to one processor, the load generator to the other. Calls over UDP.", ""]
    return save(path, [*lines, *overload.table(found), "", *overload.verdicts(found)])


def write_versus(path, room, title, version, found):
    """room measured it: media, turn."""
    lines = [f"# {title}", "", made_by(room.__name__.rsplit(".", 1)[-1]), f"{version}.", ""]
    lines += [room.__doc__.split("\n\n", 1)[1].strip(), ""]
    return save(path, [*lines, *versus.table(room.KINDS, found)])
