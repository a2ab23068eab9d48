# SPDX-License-Identifier: Apache-2.0
"""Kamailio serves a domain of its own; users of both domains call each other.

By addresses: Kamailio is 127.0.0.2, which is none of our server's own addresses and so a
foreign domain, without any name service. By names: inside a namespace with a name server
of its own, both find each other by SRV records.
"""

import os
import sys

from harness import names, ports, wait
from harness.suite import Case
from peers import programs
from peers.baresip import Baresip
from peers.kamailio import Kamailio
from peers.server import DOMAIN, Setup

from . import scene

NEIGHBOUR_ADDRESS = "127.0.0.2"
NEIGHBOUR_DOMAIN = "k.test"
DNS_PORT = 53
NEEDS = (programs.BARESIP, programs.KAMAILIO, programs.KAMAILIO_TLS)


def new_neighbour(stage, domain):
    setup = Setup(
        domain=domain,
        hosts=(NEIGHBOUR_ADDRESS,),
        passwords={"karl": "karl-pw"},
        accept_from=("any",),
    )
    return Kamailio(stage, setup, "neighbour")


def call_both_ways(stage, server, neighbour, **domains):
    ours = scene.start_phone(
        stage, Baresip, server, "alice", outbound=True, domain=domains.get("ours", "")
    )
    theirs = scene.start_phone(
        stage, Baresip, neighbour, "karl", outbound=True, domain=domains.get("theirs", "")
    )
    scene.call(ours, theirs, theirs.account.address_of_record, hangs_up=ours)
    scene.call(theirs, ours, ours.account.address_of_record, hangs_up=ours)
    scene.call(theirs, ours, ours.account.address_of_record, hangs_up=theirs)


def by_addresses(stage):
    server = scene.start_server(stage, accept_from=(NEIGHBOUR_ADDRESS,))
    neighbour = new_neighbour(stage, NEIGHBOUR_ADDRESS).start()
    call_both_ways(stage, server, neighbour)


def strangers_are_refused(stage):
    server = scene.start_server(stage)
    neighbour = new_neighbour(stage, NEIGHBOUR_ADDRESS).start()
    ours = scene.start_phone(stage, Baresip, server, "alice")
    theirs = scene.start_phone(stage, Baresip, neighbour, "karl", outbound=True)
    theirs.dial(ours.account.address_of_record)
    theirs.expect("ended", scene.CALL_S)
    if ours.has_seen("established"):
        raise wait.Failed("a stranger's call got through without accept from")


def start_name_server(stage, servers):
    """Answers for the domains of the servers; servers must have been given their ports."""
    zone = []
    for server in servers:
        host = f"sip.{server.domain}"
        zone += [f"{server.domain} A {server.host}", f"{host} A {server.host}"]
        for service, port in (("_sip._udp", server.port), ("_sip._tcp", server.port)):
            zone.append(f"{service}.{server.domain} SRV {port} {host}")
    path = stage.write("zone", "\n".join(zone) + "\n")
    script = os.path.abspath(names.__file__)
    child = stage.start("names", [sys.executable, script, "127.0.0.1", str(DNS_PORT), path])
    wait.until(lambda: ports.is_bound(child.pid, "udp", DNS_PORT), 5, "the name server")


def by_names(stage):
    space = stage.new_space()
    stage.move_into(space)
    space.cover("/etc/resolv.conf", "nameserver 127.0.0.1\n", stage.directory)
    server = scene.new_server(stage, accept_from=(NEIGHBOUR_DOMAIN,))
    neighbour = new_neighbour(stage, NEIGHBOUR_DOMAIN)
    start_name_server(stage, (server, neighbour))
    server.start()
    neighbour.start()
    call_both_ways(stage, server, neighbour, ours=DOMAIN, theirs=NEIGHBOUR_DOMAIN)


CASES = [
    Case("neighbour/by-addresses", by_addresses, NEEDS),
    Case("neighbour/by-names", by_names, (*NEEDS, programs.IP, programs.NSENTER)),
    Case("neighbour/strangers-are-refused", strangers_are_refused, NEEDS),
]
