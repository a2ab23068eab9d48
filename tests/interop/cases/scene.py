# SPDX-License-Identifier: Apache-2.0
"""What the cases set up and do again and again."""

from harness import wait
from peers.account import Account
from peers.baresip import Baresip
from peers.belfry import Belfry
from peers.kamailio import Kamailio
from peers.linphone import Linphone
from peers.server import Setup
from peers.twinkle import Twinkle

PHONES = (Baresip, Linphone, Twinkle)
SERVERS = {"belfry": Belfry, "kamailio": Kamailio}
CALL_S = 10
LOG_S = 2


def new_server(stage, **setup):
    """The server under test, not started; `setup` as peers.server.Setup has it."""
    return SERVERS[stage.server](stage, Setup(**setup), "server")


def start_server(stage, **setup):
    return new_server(stage, **setup).start()


def through(kind, play):
    """The same with another server than the one that is asked for."""

    def played(stage):
        stage.server = kind
        play(stage)

    return played


def account_of(server, user, transport="udp", **more):
    more.setdefault("password", server.setup.passwords[user])
    return Account(server, user, transport=transport, **more)


def start_phone(stage, kind, server, user, transport="udp", **more):
    """A phone that has registered."""
    return kind(stage, account_of(server, user, transport, **more)).start_registered()


def call(caller, callee, uri, hangs_up):
    """A whole call; `hangs_up` is one of the two phones.

    ACK and BYE have to come by way of the server: phones that find each other without it
    would also find an end, but not from behind a NAT.
    """
    caller.dial(uri)
    for phone in (caller, callee):
        phone.expect("established", CALL_S)
    hangs_up.hang_up()
    for phone in (caller, callee):
        phone.expect("ended", CALL_S)
    left = callee if hangs_up is caller else caller
    for phone, method in ((callee, "ACK"), (left, "BYE")):
        what = f"{method} at {phone.name} by way of the server"
        wait.until(lambda p=phone, m=method: p.has_received_by_proxy(m), LOG_S, what)
