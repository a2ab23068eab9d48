# SPDX-License-Identifier: Apache-2.0
"""Ports on loopback that nobody uses, below the range that the kernel hands out by itself."""

import random
import socket
import threading

LOWEST, HIGHEST = 20000, 32000
TRIES = 1000

given = set()
lock = threading.Lock()


def is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True


def block(count):
    """The first of `count` adjacent ports, free for UDP and TCP and given to nobody else."""
    with lock:
        for _ in range(TRIES):
            # Even, because media ports come in pairs with RTP on the even one.
            first = random.randrange(LOWEST, HIGHEST - count, 2)
            ports = range(first, first + count)
            if given.isdisjoint(ports) and all(is_free(port) for port in ports):
                given.update(ports)
                return first
    raise RuntimeError(f"no {count} adjacent free ports")


def give_back(first, count):
    """Once everything that used them has ended."""
    with lock:
        given.difference_update(range(first, first + count))


def is_bound(pid, kind, port):
    """Whether a socket is bound (udp) or listens (tcp) on the port, as the process sees it.

    Reading its table works from outside its network namespace, and disturbs nothing.
    """
    try:
        with open(f"/proc/{pid}/net/{kind}", encoding="ascii") as table:
            rows = [line.split() for line in table.readlines()[1:]]
    except OSError:
        return False
    wanted = f":{port:04X}"
    return any(row[1].endswith(wanted) and (kind == "udp" or row[3] == "0A") for row in rows)
