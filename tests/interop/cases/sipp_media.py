# SPDX-License-Identifier: Apache-2.0
"""The agent and SIPp, which sends every packet back: what is heard is what was said.

Provisional answers that must arrive (RFC 3262) and sessions with a timer (RFC 4028), in both
directions; the long form waits for the refreshes of the agent, after half of 90 s.
"""

from harness.suite import Case
from harness.wait import Failed
from peers import programs
from peers.caller import Answerer, Caller

from . import scene
from .tools import register, start_sipp

HEARS = ("--codec", "PCMU", "--expect", "audio=440Hz")
LONG = ("--codec", "PCMU", "--expect", "status=200")
END_S = 90
TRIES = 2


def media(stage):
    """A port for the echo, and nothing else on the next two."""
    return ("-rtp_echo", "-mp", str(stage.ports(4)))


def finish(child):
    code = child.result(END_S)
    if code != 0:
        raise Failed(f"{child.name}: it went otherwise than in the scenario ({code})")


def calls(scenario, *options):
    """The agent calls SIPp."""

    def play(stage):
        server = scene.start_server(stage)
        port, callee = start_sipp(stage, scenario, "udp", 1, *media(stage))
        register(stage, server, f"sip:bob@127.0.0.1:{port}")
        caller = Caller(stage, scene.account_of(server, "alice"))
        caller.dial("bob", *options)
        finish(callee)
        caller.verdict()

    return play


def called(scenario, *options):
    """SIPp (alice) calls the agent (bob)."""

    def play(stage):
        server = scene.start_server(stage)
        answerer = Answerer(stage, scene.account_of(server, "bob")).wait(*options)
        target = (server.address(), "-s", "bob")
        _, caller = start_sipp(stage, scenario, "udp", 1, *media(stage), *target)
        finish(caller)
        answerer.verdict()

    return play


CASES = []
for name, play, full in (
    ("calls/echo", calls("echo_uas", "--duration", "2s", *HEARS), False),
    ("calls/prack", calls("prack_uas", "--duration", "2s", *HEARS), False),
    ("calls/they-refresh", calls("refreshing_uas", "--duration", "4s", *HEARS), False),
    ("calls/we-refresh", calls("refreshed_uas", "--duration", "50s", *LONG), True),
    (
        "calls/digits-event",
        calls("echo_uas", "--dtmf", "159#", "--codec", "PCMU", "--expect", "audio=440Hz digits=159#"),
        True,
    ),
    (
        "calls/digits-tones",
        calls("echo_uas", "--dtmf", "159#", "--digits-by", "tones", "--expect", "digits=159#"),
        False,
    ),
    ("called-by/echo", called("echo_uac", *HEARS), False),
    ("called-by/prack", called("prack_uac", "--ring", "500ms", *HEARS), False),
    ("called-by/they-refresh", called("refreshing_uac", *HEARS), False),
    ("called-by/we-refresh", called("refreshed_uac", *LONG), True),
):
    needs = (programs.SIPP,)
    CASES.append(Case(f"agent/{name}/sipp", play, needs, full, TRIES))
    CASES.append(Case(f"kamailio/agent/{name}/sipp", scene.through("kamailio", play), needs, True, TRIES))
