# SPDX-License-Identifier: Apache-2.0
"""Media carried between machines: two network namespaces with a cable.

Where packets come from another machine, part of a relay's work is the kernel's, outside of any process,
and with `media { fast auto }` nearly all of it. So here the time is that of a whole processor with
nothing else to do: what comes by the cable is handled there; the generator has the other one. It is
what an idle loop there could no longer do, against the same loop before the first packet.
rtpengine is in user space, as it is without its kernel module; Belfry is told `media fast auto`.
"""

import importlib.util
import re
import subprocess
import sys
import time

from . import media, versus
from .load import Failed
from .server import ROOT, SERVER_CPU, STARTED_S
from .versus import Work

OURS, THEIRS = "10.9.0.1", "10.9.0.2"
SECONDS, WARM_S = 4, 3  # a way is laid after a second or two
ALONE_S, MARGIN_S = 1.5, 0.4


def spaces():
    """Namespaces as the tests with other programs make them."""
    folder = f"{ROOT}/tests/interop/harness"
    spec = importlib.util.spec_from_file_location(
        "interop_harness", f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    sys.modules["interop_harness"] = importlib.util.module_from_spec(spec)
    return importlib.import_module("interop_harness.space")


class Wired:
    """A server in a space of its own, and another one for the generator."""

    def __init__(self, directory, port):
        make = spaces()
        self.world, self.load = make.Space(), make.Space()
        make.wire(self.world, [f"{OURS}/24"], self.load, [f"{THEIRS}/24"])
        self.world.run("ip", "link", "set", "lo", "up")
        self.world.run("mount", "-t", "sysfs", "none", "/sys")
        cable = "/sys/class/net/cable/queues/rx-0/rps_cpus"
        self.world.run("sh", "-c", f"echo {1 << SERVER_CPU:x} > {cable}")
        super().__init__(directory, port)

    def command(self):
        return [*self.world.enter, *super().command()]

    def wait_until_it_answers(self):
        until = time.monotonic() + STARTED_S
        while time.monotonic() < until:
            if self.client_of("ping").returncode == 0:
                return
            time.sleep(0.2)
        raise SystemExit(f"bench: {self.name} does not answer; see {self.log.name}")

    def client_of(self, *words):
        argv = ["python3", media.CLIENT, *words, "--ng", self.control(), "--at", THEIRS, "--relay", OURS]
        return subprocess.run([*self.world.enter, *argv], capture_output=True, text=True, check=False)

    def stop(self):
        super().stop()
        self.world.stop()
        self.load.stop()


class Peer(Wired, media.Peer):
    address = OURS


class Ours(Wired, media.Ours):
    address = OURS
    media = "media fast auto\n"


class Spin:
    """What SERVER_CPU has left, by a loop that runs when nothing else does."""

    def __init__(self):
        argv = ["taskset", "-c", str(SERVER_CPU), versus.build("spin")]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self):
        """(seconds of the monotonic clock, turns) at each tenth of a second."""
        text, _ = self.process.communicate("end\n")
        return [(float(at), int(turns)) for at, turns in (line.split() for line in text.splitlines())]


def turns_a_second(samples, first, last):
    inside = [sample for sample in samples if first <= sample[0] <= last]
    (began, before), (ended, after) = inside[0], inside[-1]
    return (after - before) / (ended - began)


def carry(server, *pace):
    """What the generator found, each packet checked as in media.py."""
    path = f"{server.directory}/calls"
    done = server.client_of("setup", str(media.CALLS), path, "--own", "--base", "12000")
    if done.returncode != 0:
        raise Failed(f"{server.name}: {done.stderr.strip()}")
    load = [*server.load.enter, versus.build("rtpload", "-lcrypto"), "-f", path, "-H", THEIRS]
    load += ["-t", str(SECONDS), "-w", str(WARM_S), *pace]
    spin, began = Spin(), time.monotonic()
    time.sleep(ALONE_S)
    try:
        text = versus.run(server, load)
    finally:
        ended, samples = time.monotonic(), spin.stop()
    figures = dict(re.findall(r"(\w+)=(\S+)", text))
    media.refuse_broken(server, figures)
    alone = turns_a_second(samples, began + MARGIN_S, began + ALONE_S)
    left = turns_a_second(samples, ended - SECONDS + MARGIN_S, ended - MARGIN_S)
    figures["busy_us"] = 1e6 * (1 - left / alone) / float(figures["pps"])
    return figures


def cost(server, *pace):
    """Microseconds of the processor for a packet that came out."""
    return carry(server, *pace)["busy_us"]


def rate(server):
    """Packets a second, as many as the generator can check."""
    return float(carry(server, *SATURATED)["pps"])


def delay(server):
    """Microseconds from one end to the other, of one packet in a hundred more."""
    return float(carry(server)["p99"])


SATURATED = ("-u",)
WORKS = (
    Work("RTP, paced", "us", cost, absolute=2.0),
    Work("RTP, saturated", "us", lambda server: cost(server, *SATURATED), absolute=2.0),
    Work("delay at the 99th percentile, paced", "us", delay),
    Work("carried and checked, saturated", "a second", rate),
)
KINDS = (Peer, Ours)
