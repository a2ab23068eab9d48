# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: each is started fresh, bound to one processor, and ended."""

import os
import shutil
import signal
import socket
import subprocess
import time

from . import process

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))
SERVER_CPU, LOAD_CPU = 1, 0
STARTED_S, ENDED_S = 30, 20


def pinned(cpu, argv):
    """On one processor, and before all other work where that is allowed."""
    first = ["chrt", "-f", "10"] if os.geteuid() == 0 and shutil.which("chrt") else []
    return [*first, "taskset", "-c", str(cpu), *argv]


class Server:
    """One start of a server. `port` serves UDP and TCP, `port + 1` TLS."""

    name = ""

    def __init__(self, directory, port, wrap=(), cpu=SERVER_CPU):
        self.directory, self.port = directory, port
        os.makedirs(directory, exist_ok=True)
        self.log = open(f"{directory}/{self.name}.log", "wb")
        argv = [*wrap, *self.command()]
        self.process = subprocess.Popen(
            argv if wrap else pinned(cpu, argv),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.wait_until_it_answers()

    def command(self):
        raise NotImplementedError

    @property
    def pid(self):
        return self.process.pid

    def wait_until_it_answers(self):
        until = time.monotonic() + STARTED_S
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    time.sleep(0.5)
                    return
            time.sleep(0.1)
        self.stop()
        raise SystemExit(f"bench: {self.name} does not listen; see {self.log.name}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(ENDED_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()

    def cpu_ns(self):
        return process.cpu_ns(self.pid)

    def memory_bytes(self):
        return process.memory_bytes(self.pid)


class Floor(Server):
    """The kernel's part of one message in and one out; it serves OPTIONS alone."""

    name = "floor"
    binary = f"{ROOT}/build/bench/floor"

    def command(self):
        return [self.binary, str(self.port)]

    def wait_until_it_answers(self):
        time.sleep(0.2)


class Belfry(Server):
    name = "belfry"
    binary = f"{ROOT}/build/release/belfry"
    config = f"{HERE}/signalling/belfry.conf"

    def command(self):
        state = f"{self.directory}/state"
        shutil.rmtree(state, ignore_errors=True)
        # The operator of a benchmark is one source with all the load: the guard is told so.
        return [
            *(self.binary, "run", "--quiet", "--state", state, "--workers", "1"),
            *("--config", self.config),
            *("--listen", f"udp,tcp:127.0.0.1:{self.port}"),
            *("--listen", f"tls:127.0.0.1:{self.port + 1}"),
        ]


class EmptyBelfry(Belfry):
    """With nothing configured."""

    config = os.devnull


class Kamailio(Server):
    """At its leanest: one worker, the allocator without checks, everything in memory."""

    name = "kamailio"
    binary = "/usr/sbin/kamailio"

    def command(self):
        key, cert = f"{self.directory}/key.pem", f"{self.directory}/cert.pem"
        if not os.path.exists(key):
            subprocess.run(
                [
                    *("openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=bench.test"),
                    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                    *("-keyout", key, "-out", cert),
                ],
                check=True,
                capture_output=True,
            )
        tls = f"{self.directory}/tls.cfg"
        with open(tls, "w", encoding="ascii") as file:
            for side in ("server", "client"):
                file.write(
                    f"[{side}:default]\nmethod = TLSv1.2+\nverify_certificate = no\n"
                    f"require_certificate = no\nprivate_key = {key}\ncertificate = {cert}\n"
                )
        config = f"{self.directory}/kamailio.cfg"
        with open(f"{HERE}/signalling/kamailio.cfg", encoding="ascii") as file:
            text = file.read().replace("@TLSCFG@", tls)
        with open(config, "w", encoding="ascii") as file:
            file.write(text)
        return [
            *(self.binary, "-f", config, "-x", "fm", "-X", "fm", "-m", "4096", "-M", "32"),
            *("-P", f"{self.directory}/pid", "-DD", "-E", "-Y", self.directory),
            *("-A", "CHILDREN=1", "-A", "TCPCHILDREN=1", "-A", "HASHSIZE=17", "-A", "WITH_TLS=1"),
            *("-l", f"udp:127.0.0.1:{self.port}", "-l", f"tcp:127.0.0.1:{self.port}"),
            *("-l", f"tls:127.0.0.1:{self.port + 1}"),
        ]
