# SPDX-License-Identifier: Apache-2.0
"""SIPp and sipsak: many calls, one registration, one question."""

import os
import re

from harness.suite import Case
from harness.wait import Failed
from peers import programs, sipsak

from . import scene

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sipp")
CALLS_SHORT, CALLS_FULL = 100, 500
RATE = 100  # calls a second
SIPP_S = 60
REGISTER_S = 10


def start_sipp(stage, scenario, transport, calls, *more):
    """Starts a scenario; returns the port it uses and the program."""
    port = stage.ports(2)
    argv = [
        programs.SIPP.path(),
        *("-sf", os.path.join(SCENARIOS, scenario + ".xml"), "-m", str(calls)),
        *("-i", "127.0.0.1", "-p", str(port), "-t", {"udp": "u1", "tcp": "t1"}[transport]),
        *("-timeout", str(SIPP_S), "-timeout_error", "-nostdin"),
        *("-trace_err", "-error_file", stage.path(f"sipp-{scenario}-errors.log")),
        *more,
    ]
    # Its screen is for terminals and needs to be told that there is none.
    return port, stage.start(f"sipp-{scenario}", argv, env={"TERM": "dumb"})


def register(stage, server, contact):
    """Registers bob there. (sipsak takes no contact with a parameter.)"""
    _, child = start_sipp(
        stage, "register", "udp", 1, server.address(), "-s", "bob", "-key", "contact", contact
    )
    if child.result(REGISTER_S) != 0:
        raise Failed(f"{contact} could not be registered")


def many_calls(transport):
    def play(stage):
        calls = CALLS_FULL if stage.options.full else CALLS_SHORT
        # One user is not meant to call that often; SIPp has only the one.
        server = scene.start_server(stage, calls_per_second=RATE * 2)
        port, callee = start_sipp(stage, "uas", transport, calls)
        register(stage, server, f"sip:bob@127.0.0.1:{port};transport={transport}")
        target = (server.address(transport), "-s", "bob", "-r", str(RATE))
        _, caller = start_sipp(stage, "uac", transport, calls, *target)
        for child in (caller, callee):
            code = child.result(SIPP_S + 5)
            if code != 0:
                raise Failed(f"{child.name}: not every one of {calls} calls went through ({code})")

    return Case(f"sipp/{transport}", play, (programs.SIPP,))


CONTACT = "sip:alice@127.0.0.1:5555"


def registers(stage):
    server = scene.start_server(stage)
    code, _ = sipsak.register(stage, scene.account_of(server, "alice"), CONTACT)
    if code != 0:
        raise Failed(f"sipsak could not register: it ended with {code}")


def refused(stage):
    server = scene.start_server(stage)
    account = scene.account_of(server, "alice", password="not-the-password")
    code, text = sipsak.register(stage, account, CONTACT)
    if code == 0:
        raise Failed("registered with a wrong password")
    if not re.search(r"(?s)Authorization: Digest.*SIP/2\.0 40[13] ", text):
        raise Failed("a wrong password was not answered with 401 or 403")


def options(stage):
    server = scene.start_server(stage)
    code, text = sipsak.options(stage, server)
    if code != 0 or "SIP/2.0 200 " not in text:
        raise Failed("OPTIONS was not answered with 200")


CASES = [
    many_calls("udp"),
    many_calls("tcp"),
    Case("sipsak/registers", registers, (programs.SIPSAK,)),
    Case("sipsak/refused", refused, (programs.SIPSAK,)),
    Case("sipsak/options", options, (programs.SIPSAK,)),
]
