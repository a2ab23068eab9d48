# SPDX-License-Identifier: Apache-2.0
"""Media carried, beside rtpengine in user space.

Both are steered by the NG protocol and bound to one processor, the generator to the other; they take
turns, started fresh for each figure. 500 calls, packets of 172 bytes, each checked when it comes back:
who sent it, in which order, with which contents. *Paced* is 50 packets a second and side, 50,000
together; *saturated* is as fast as it goes with 256 in flight. SRTP is AES_CM_128_HMAC_SHA1_80 by SDES
on one side and RTP on the other. Time is that of all threads of the server for a packet that came out.
"""

import os
import re
import shutil
import statistics
import subprocess

from . import process
from .load import Failed
from .server import HERE, LOAD_CPU, ROOT, Belfry, Server, pinned

BINARY = f"{ROOT}/build/bench/rtpload"
SOURCE = f"{HERE}/media/rtpload.c"
CLIENT = f"{HERE}/media/ngclient.py"
CALLS, COST_CALLS, SECONDS = 500, 1000, 3
LIMIT_S = 120


def build():
    if os.path.exists(BINARY) and os.path.getmtime(BINARY) > os.path.getmtime(SOURCE):
        return
    os.makedirs(os.path.dirname(BINARY), exist_ok=True)
    subprocess.run(["cc", "-O2", "-w", "-o", BINARY, SOURCE, "-lcrypto"], check=True)


class Steered:
    """What takes commands at a port of its own."""

    def control(self):
        return f"127.0.0.1:{self.port + 2}"

    def run(self, argv):
        done = subprocess.run(
            pinned(LOAD_CPU, argv), capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        if done.returncode != 0:
            raise Failed(f"{self.name}: {done.stdout.strip()} {done.stderr.strip()[-300:]}")
        return done.stdout

    def client(self, *words):
        argv = ["python3", CLIENT, *words, "--ng", self.control(), "--pid", str(self.pid)]
        return self.run(argv)


class Ours(Steered, Belfry):
    title = "Belfry"

    def command(self):
        state = f"{self.directory}/state"
        shutil.rmtree(state, ignore_errors=True)
        return [
            *(self.binary, "run", "--quiet", "--state", state, "--workers", "1"),
            *("--listen", f"udp,tcp:127.0.0.1:{self.port}", "--ng", self.control()),
        ]


class Peer(Steered, Server):
    name, title = "rtpengine", "rtpengine"
    binary = "/usr/bin/rtpengine"

    def command(self):
        return [
            *(self.binary, "--config-file=none", "--table=-1", "--interface=127.0.0.1"),
            *(f"--listen-ng={self.control()}", f"--listen-tcp=127.0.0.1:{self.port}"),
            *("--port-min=30000", "--port-max=60000", "--num-threads=1", "--log-level=3"),
            *("--log-stderr", "--foreground", f"--pidfile={self.directory}/pid"),
            *("--timeout=3600", "--silent-timeout=7200", "--no-fallback"),
        ]


def carry(server, keys, *pace):
    """Microseconds a packet; packets a second."""
    path = f"{server.directory}/calls"
    server.client("setup", str(CALLS), path, "--own", "--base", "12000", *keys)
    argv = [BINARY, "-f", path, "-p", str(server.pid), "-t", str(SECONDS), *pace]
    figures = dict(re.findall(r"(\w+)=(\S+)", server.run(argv)))
    broken = [name for name in ("bad_hash", "bad_ssrc", "bad_len", "srtp_fail") if figures[name] != "0"]
    if broken or int(figures["rx"]) < 0.95 * int(figures["tx"]):
        raise Failed(f"{server.name}: {figures}")
    return float(figures["cpu_us"])


def set_up(server, keys):
    """Microseconds for offer, answer and delete."""
    text = server.client("cost", str(COST_CALLS), *keys)
    return float(re.search(r"cpu_us per call (\S+)", text).group(1))


def memory(server, keys):
    """Bytes a call that is carried."""
    before = process.memory_bytes(server.pid)
    path = f"{server.directory}/calls"
    server.client("setup", str(CALLS), path, "--own", "--base", "12000", *keys)
    return (process.memory_bytes(server.pid) - before) / CALLS


PLAIN, SRTP = (), ("--srtp",)
SATURATED = ("-u", "-w", "0.5")
# Name, unit, what measures it; the goal: of the ratio, or (absolute) of the figure itself.
CASES = (
    ("RTP, paced", "us", lambda server: carry(server, PLAIN), 0.55, None),
    ("RTP, saturated", "us", lambda server: carry(server, PLAIN, *SATURATED), 0.65, None),
    ("RTP to SRTP, paced", "us", lambda server: carry(server, SRTP), 0.55, None),
    ("RTP to SRTP, saturated", "us", lambda server: carry(server, SRTP, *SATURATED), 0.55, None),
    ("a call set up and ended", "us", lambda server: set_up(server, PLAIN), None, 60),
    ("the same with keys", "us", lambda server: set_up(server, SRTP), None, None),
    ("memory of a call", "bytes", lambda server: memory(server, PLAIN), None, 6000),
    ("memory of a call with keys", "bytes", lambda server: memory(server, SRTP), None, None),
)


def once(kind, take, directory, port):
    server = kind(f"{directory}/{kind.name}", port)
    try:
        return take(server)
    finally:
        server.stop()


def measure(directory, arguments, say):
    build()
    found = []
    for name, unit, take, ratio, absolute in CASES:
        if arguments.only and arguments.only not in name:
            continue
        values = {kind: [] for kind in (Peer, Ours)}
        for _ in range(arguments.runs):
            for kind, list_ in values.items():
                list_.append(once(kind, take, directory, arguments.port))
        say(f"  {name}: " + ", ".join(f"{k.title} {statistics.median(v):.1f}" for k, v in values.items()))
        found.append((name, unit, values, ratio, absolute))
    return found


def shown(values, unit):
    form = "{:,.2f}" if unit == "us" else "{:,.0f}"
    return f"{form.format(min(values))} / {form.format(statistics.median(values))}"


def verdict(ratio, ours, goal, absolute):
    if goal is None and absolute is None:
        return "-", ""
    if goal is not None:
        return f"{goal:.2f}x", "met" if ratio <= goal else f"{ratio / goal:.2f} times the goal"
    return f"{absolute:,}", "met" if ours <= absolute else f"{ours / absolute:.2f} times the goal"


def table(found):
    yield "| work | unit | rtpengine min / median | Belfry min / median | ratio min / median | goal | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    for name, unit, values, goal, absolute in found:
        peer, ours = values[Peer], values[Ours]
        least = min(ours) / min(peer) if min(peer) > 0 else 0
        middle = statistics.median(ours) / statistics.median(peer)
        aim, said = verdict(middle, statistics.median(ours), goal, absolute)
        yield (
            f"| {name} | {unit} | {shown(peer, unit)} | {shown(ours, unit)} "
            f"| {least:.2f} / {middle:.2f} | {aim} | {said} |"
        )
