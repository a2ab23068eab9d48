#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TURN beside coturn: memory of an allocation, time of a relayed packet.

    tests/bench/turn.py [--bin build/release/belfry] [--allocations 5000] [--rounds 3]

Memory is what VmRSS grows by while a script makes that many allocations, each with one
channel and from a port of its own. Time is what the server's threads have used (user and
system, /proc/PID/stat) while turnutils_uclient sends messages from relay to relay, for
each message that came back; a message passes the server twice. Servers take turns. One
worker, one relay thread, loopback.
"""

import argparse
import hashlib
import hmac
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

REALM, USER, PASSWORD = b"example.org", b"alice", b"wonder"
KEY = hashlib.md5(b":".join((USER, REALM, PASSWORD))).digest()
COOKIE = 0x2112A442
PORT = 23478
BYTES = 160
# Clients, messages of each, and milliseconds between them: few and many at a time.
LOADS = ((10, 2000, 2), (60, 3000, 1))


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def message(method, attributes, nonce=None):
    body = attributes
    identity = os.urandom(12)
    if nonce:
        body += attribute(6, USER) + attribute(0x14, REALM) + attribute(0x15, nonce)
        head = struct.pack(">HHI", method, len(body) + 24, COOKIE) + identity
        body += attribute(8, hmac.new(KEY, head + body, "sha1").digest())
    return struct.pack(">HHI", method, len(body), COOKIE) + identity + body


def find(answer, kind):
    at = 20
    while at < len(answer):
        have, size = struct.unpack(">HH", answer[at : at + 4])
        if have == kind:
            return answer[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return None


def ask(sock, request):
    for _ in range(10):
        sock.send(request)
        try:
            return sock.recv(2000)
        except socket.timeout:
            pass
    raise SystemExit("no answer")


def allocate():
    """A socket with an allocation and a channel to a global address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0.5)
    sock.connect(("127.0.0.1", PORT))
    udp = attribute(0x19, struct.pack(">I", 17 << 24))
    nonce = find(ask(sock, message(3, udp)), 0x15)
    answer = ask(sock, message(3, udp, nonce))
    if answer[:2] != b"\1\3":
        raise SystemExit(f"Allocate: {answer.hex()}")
    peer = struct.pack(">BBHI", 0, 1, 4000 ^ 0x2112, 0x08080808 ^ COOKIE)
    bind = attribute(0xC, struct.pack(">HH", 0x4000, 0)) + attribute(0x12, peer)
    answer = ask(sock, message(9, bind, nonce))
    if answer[:2] != b"\1\x09":
        raise SystemExit(f"ChannelBind: {answer.hex()}")
    return sock


class Server:
    def __init__(self, name, argv):
        self.name = name
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(1.5)

    def rss_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def belfry(binary, folder):
    config = os.path.join(folder, "belfry.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(
            f"realm example.org\nworkers 1\nlisten udp 127.0.0.1:{PORT + 10}\n"
            "trust 127.0.0.1\nuser alice { password wonder }\n"
            f"turn {{ listen udp 127.0.0.1:{PORT}; relays 10000 per user; bytes unlimited }}\n"
        )
    state = os.path.join(folder, "state")
    return Server("belfry", [binary, "run", "--config", config, "--state", state])


def coturn(folder):
    # fmt: off
    return Server("coturn", [
        shutil.which("turnserver"), "-n", "-L", "127.0.0.1", "-p", str(PORT), "--no-tls",
        "--no-dtls", "-u", "alice:wonder", "-r", "example.org", "-a", "--allow-loopback-peers",
        "--no-cli", "--log-file", "/dev/null", "--no-stdout-log", "-m", "1",
        "--db", os.path.join(folder, "db"),
    ])
    # fmt: on


def measure_memory(server, count):
    sockets = [allocate()]
    before = server.rss_bytes()
    sockets += [allocate() for _ in range(count)]
    grown = server.rss_bytes() - before
    print(f"{server.name}: {grown / count:.0f} bytes an allocation, {before} before", flush=True)


def measure_time(server, clients, messages, interval_ms):
    before = server.cpu_s()
    # fmt: off
    done = subprocess.run([
        "turnutils_uclient", "-u", "alice", "-w", "wonder", "-p", str(PORT), "-y", "-c",
        "-z", str(interval_ms), "-m", str(clients), "-n", str(messages), "-l", str(BYTES),
        "127.0.0.1",
    ], capture_output=True, text=True, check=True)
    # fmt: on
    came = int(re.findall(r"tot_recv_msgs=(\d+)", done.stdout)[-1])
    used = server.cpu_s() - before
    text = f"{used * 1e6 / came:.2f} us a message, {came} of {clients * messages} came back"
    print(f"{server.name}, {clients} clients: {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="build/release/belfry")
    parser.add_argument("--allocations", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for number in range(options.rounds + 1):
        for start in (lambda f: belfry(options.bin, f), coturn):
            with tempfile.TemporaryDirectory() as folder:
                server = start(folder)
                try:
                    if number == 0:
                        measure_memory(server, options.allocations)
                    else:
                        for load in LOADS:
                            measure_time(server, *load)
                finally:
                    server.stop()


if __name__ == "__main__":
    main()
