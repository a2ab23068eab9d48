# SPDX-License-Identifier: Apache-2.0
"""The load generator: it plays both sides and checks every message of them."""

import os
import re
import subprocess

from .server import HERE, LOAD_CPU, ROOT, pinned

BINARY = f"{ROOT}/build/bench/sipload"
PROGRAMS = ("sipload", "floor")
IN_FLIGHT = 32


def build():
    for name in PROGRAMS:
        binary, source = f"{ROOT}/build/bench/{name}", f"{HERE}/signalling/{name}.c"
        if os.path.exists(binary) and os.path.getmtime(binary) > os.path.getmtime(source):
            continue
        os.makedirs(os.path.dirname(binary), exist_ok=True)
        subprocess.run(["cc", "-O2", "-o", binary, source, "-lssl", "-lcrypto"], check=True)


class Failed(Exception):
    pass


def run(mode, server, count, *options, in_flight=IN_FLIGHT, tls=False, hook=None, limit_s=300):
    """One load; returns its figures. Anything but a flawless run is a failure."""
    port = server.port + (1 if tls else 0)
    argv = [BINARY, mode, "-s", f"127.0.0.1:{port}", "-n", str(count), "-w", str(in_flight)]
    argv += [str(option) for option in options] + (["-x", hook] if hook else [])
    done = subprocess.run(
        pinned(LOAD_CPU, argv), capture_output=True, text=True, timeout=limit_s, check=False
    )
    figures = dict(re.findall(r"(\w+)=(\S+)", done.stdout))
    if figures.get("ok") != str(count) or figures.get("failed") != "0" or figures.get("bad") != "0":
        raise Failed(f"{mode} at {server.name}: {done.stdout.strip()} {done.stderr.strip()[:300]}")
    return figures
