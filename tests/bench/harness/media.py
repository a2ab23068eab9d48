# SPDX-License-Identifier: Apache-2.0
"""Media carried, beside rtpengine in user space.

Both are steered by the NG protocol and bound to one processor, the generator to the other; they take
turns, started fresh for each figure. 500 calls, packets of 172 bytes, each checked when it comes back:
who sent it, in which order, with which contents. *Paced* is 50 packets a second and side, 50,000
together; *saturated* is as fast as it goes with 256 in flight. SRTP is AES_CM_128_HMAC_SHA1_80 by SDES
on one side and RTP on the other. Time is that of all threads of the server for a packet that came out.
"""

import re
import shutil

from . import process, versus
from .load import Failed
from .server import HERE, Belfry, Server
from .versus import Work

CLIENT = f"{HERE}/media/ngclient.py"
CALLS, COST_CALLS, SECONDS = 500, 1000, 3


class Steered:
    """What takes commands at a port of its own."""

    def control(self):
        return f"127.0.0.1:{self.port + 2}"

    def client(self, *words):
        argv = ["python3", CLIENT, *words, "--ng", self.control(), "--pid", str(self.pid)]
        return versus.run(self, argv)


class Ours(Steered, Belfry):
    title = "Belfry"
    address = "127.0.0.1"
    media = ""  # of its configuration

    def command(self):
        state = f"{self.directory}/state"
        shutil.rmtree(state, ignore_errors=True)
        with open(f"{self.directory}/belfry.conf", "w", encoding="ascii") as file:
            file.write(self.media)
        return [
            *(self.binary, "run", "--quiet", "--state", state, "--workers", "1"),
            *("--config", file.name, "--ng", self.control()),
            *("--listen", f"udp,tcp:{self.address}:{self.port}"),
        ]


class Peer(Steered, Server):
    name, title = "rtpengine", "rtpengine"
    binary = "/usr/bin/rtpengine"
    address = "127.0.0.1"

    def command(self):
        return [
            *(self.binary, "--config-file=none", "--table=-1", f"--interface={self.address}"),
            *(f"--listen-ng={self.control()}", f"--listen-tcp=127.0.0.1:{self.port}"),
            *("--port-min=30000", "--port-max=60000", "--num-threads=1", "--log-level=3"),
            *("--log-stderr", "--foreground", f"--pidfile={self.directory}/pid"),
            *("--timeout=3600", "--silent-timeout=7200", "--no-fallback"),
        ]


def refuse_broken(server, figures):
    broken = [name for name in ("bad_hash", "bad_ssrc", "bad_len", "srtp_fail") if figures[name] != "0"]
    if broken or int(figures["rx"]) < 0.95 * int(figures["tx"]):
        raise Failed(f"{server.name}: {figures}")


def carry(server, keys, *pace):
    """Microseconds a packet; packets a second."""
    path = f"{server.directory}/calls"
    server.client("setup", str(CALLS), path, "--own", "--base", "12000", *keys)
    argv = [versus.build("rtpload", "-lcrypto"), "-f", path, "-p", str(server.pid), "-t", str(SECONDS), *pace]
    figures = dict(re.findall(r"(\w+)=(\S+)", versus.run(server, argv)))
    refuse_broken(server, figures)
    return float(figures["cpu_us"])


def set_up(server, keys):
    """Microseconds for offer, answer and delete."""
    text = server.client("cost", str(COST_CALLS), *keys)
    return float(re.search(r"cpu_us per call (\S+)", text).group(1))


def empty_commands(server):
    """Microseconds for as many commands as a call takes, with nothing to do."""
    text = server.client("pings", str(3 * COST_CALLS))
    return 3 * float(re.search(r"cpu_us per ping (\S+)", text).group(1))


def memory(server, keys):
    """Bytes a call that is carried."""
    before = process.memory_bytes(server.pid)
    path = f"{server.directory}/calls"
    server.client("setup", str(CALLS), path, "--own", "--base", "12000", *keys)
    return (process.memory_bytes(server.pid) - before) / CALLS


PLAIN, SRTP = (), ("--srtp",)
SATURATED = ("-u", "-w", "0.5")
WORKS = (
    Work("RTP, paced", "us", lambda server: carry(server, PLAIN), ratio=0.55),
    Work("RTP, saturated", "us", lambda server: carry(server, PLAIN, *SATURATED), ratio=0.65),
    Work("RTP to SRTP, paced", "us", lambda server: carry(server, SRTP), ratio=0.55),
    Work("RTP to SRTP, saturated", "us", lambda server: carry(server, SRTP, *SATURATED), ratio=0.55),
    Work("a call set up and ended", "us", lambda server: set_up(server, PLAIN), absolute=60),
    Work("the same with keys", "us", lambda server: set_up(server, SRTP)),
    Work("three empty commands, of which a call has as many", "us", empty_commands),
    Work("memory of a call", "bytes", lambda server: memory(server, PLAIN), absolute=6000),
    Work("memory of a call with keys", "bytes", lambda server: memory(server, SRTP)),
)
KINDS = (Peer, Ours)
