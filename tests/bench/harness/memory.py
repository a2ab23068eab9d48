# SPDX-License-Identifier: Apache-2.0
"""Memory: bytes for each contact, call and connection, of the process and its children.

The kernel's buffers are not in it.
"""

import os
import time
from collections import namedtuple

from . import load, process
from .server import Belfry, EmptyBelfry

Figure = namedtuple("Figure", "name bytes goal")
GOALS = {
    "start, empty": 8 << 20,
    "registered contact": 350,
    "ringing call": 4000,
    "established call": 1000,
    "idle TCP connection": 1024,
    "idle TLS connection": 15872,
}
CONTACTS, CALLS, CONNECTIONS = 500000, 10000, 5000


def empty(server):
    return {"start, empty": server.memory_bytes()}


def contacts(server):
    before = server.memory_bytes()
    load.run("register", server, CONTACTS, "-a", CONTACTS)
    time.sleep(1)
    return {"registered contact": (server.memory_bytes() - before) / CONTACTS}


def hooked(server, directory, *arguments, **options):
    """Runs a load that stops at phases; returns the memory at each."""
    notes = f"{directory}/phases"
    if os.path.exists(notes):
        os.remove(notes)
    hook = f"sh -c 'echo $0 $(python3 {process.__file__} {server.pid}) >>{notes}'"
    load.run(*arguments, hook=hook, **options)
    with open(notes, encoding="ascii") as file:
        return {phase: int(bytes_) for phase, bytes_ in (line.split() for line in file)}


def calls(server, directory):
    load.run("register", server, 1000, "-a", 1000)
    time.sleep(1)
    at = hooked(server, directory, "hold", server, CALLS, "-a", 1000, "-T", 8, in_flight=64)
    return {
        "ringing call": (at["ringing"] - at["start"]) / CALLS,
        "established call": (at["established"] - at["start"]) / CALLS,
    }


def connections(server, directory, kind):
    at = hooked(
        *(server, directory, "conns", server, CONNECTIONS, "-t", kind, "-S", 4, "-T", 3),
        tls=kind == "tls",
    )
    return {f"idle {kind.upper()} connection": (at["idle"] - at["start"]) / CONNECTIONS}


def measure(server_type, directory, port, say):
    """Each with a server of its own: what one leaves behind is not the next one's."""
    found = {}
    for part in (
        empty,
        contacts,
        lambda server: calls(server, directory),
        lambda server: connections(server, directory, "tcp"),
        lambda server: connections(server, directory, "tls"),
    ):
        is_empty = part is empty and server_type is Belfry
        server = (EmptyBelfry if is_empty else server_type)(directory, port)
        try:
            found.update(part(server))
        except load.Failed as failure:
            say(f"  {failure}")
        finally:
            server.stop()
    return found
