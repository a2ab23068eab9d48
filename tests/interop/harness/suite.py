# SPDX-License-Identifier: Apache-2.0
"""The list of cases, and the running of them."""

import concurrent.futures
import dataclasses
import fnmatch
import os
import re
import shutil
import tempfile
import time
from typing import Callable

from . import wait
from .log import Log
from .stage import Stage

TAIL_LINES = 12
INTERRUPTED = "interrupted"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    play: Callable[[Stage], None]
    needs: tuple = ()  # peers.programs.Program
    full: bool = False  # left out of the short form
    tries: int = 1  # a busy machine may tear a sound; it does not do so every time


@dataclasses.dataclass(frozen=True)
class Outcome:
    name: str
    verdict: str  # "ok", "FAILED", "skipped"
    seconds: float
    reason: str = ""
    details: tuple = ()

    def __str__(self):
        if self.verdict == "ok":
            return f"ok {self.name} {self.seconds:.1f}s"
        return "\n".join([f"{self.verdict} {self.name}: {self.reason}", *self.details])


def choose(cases, pattern, full):
    """A pattern is a name, a part of one, or has wildcards; it reaches the full form too."""
    if pattern:
        wanted = pattern if re.search(r"[*?\[]", pattern) else f"*{pattern}*"
        return [case for case in cases if fnmatch.fnmatch(case.name, wanted)]
    return [case for case in cases if full or not case.full]


def repeated(cases, count):
    """How steady is it? Every failure shows then."""
    return [dataclasses.replace(case, tries=1) for case in cases for _ in range(count)]


def failure_details(stage):
    details = []
    for path in stage.logs():
        lines = Log(path).tail(TAIL_LINES)
        name = os.path.relpath(path, stage.directory)
        details += [f"    {name}:", *(f"        {line[:200]}" for line in lines)]
    return (*details, f"    all of it: {stage.directory}")


def play(case, options):
    if wait.interrupted.is_set():
        return Outcome(case.name, "skipped", 0, INTERRUPTED)
    missing = [program for program in case.needs if not program.is_here()]
    if missing:
        reason = ", ".join(f"{p.name} is missing (Debian: {p.package})" for p in missing)
        return Outcome(case.name, "skipped", 0, reason)
    directory = tempfile.mkdtemp(prefix="belfry-interop-")
    stage = Stage(directory, options)
    began = time.monotonic()
    verdict, reason, details = "ok", "", ()
    try:
        case.play(stage)
    except wait.Skipped as skipped:
        verdict, reason = "skipped", str(skipped)
    except wait.Interrupted:
        verdict, reason = "skipped", INTERRUPTED
    except Exception as error:  # pylint: disable=broad-except
        # A broken harness is a failure of the case, with its name, like any other.
        known = isinstance(error, wait.Failed)
        verdict, reason = "FAILED", str(error) if known else repr(error)
    finally:
        stage.stop()
    if verdict == "FAILED":
        details = failure_details(stage)
    elif not options.keep:
        shutil.rmtree(directory, ignore_errors=True)
    return Outcome(case.name, verdict, time.monotonic() - began, reason, details)


def play_tries(case, options):
    for count in range(1, case.tries + 1):
        outcome = play(case, options)
        if outcome.verdict != "FAILED":
            break
    again = f" at try {count}" if count > 1 and outcome.verdict == "ok" else ""
    return dataclasses.replace(outcome, name=outcome.name + again)


def run(cases, options, show):
    """Plays the cases, options.jobs at a time; returns how many had each verdict."""
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        playing = [pool.submit(play_tries, case, options) for case in cases]
        for future in concurrent.futures.as_completed(playing):
            outcome = future.result()
            counts[outcome.verdict] += 1
            if outcome.reason != INTERRUPTED:
                show(str(outcome))
    return counts
