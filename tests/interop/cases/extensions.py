# SPDX-License-Identifier: Apache-2.0
"""Calls of Belfry's agent with phones, with what both sides must understand: ringing that has
to arrive (RFC 3262), and sessions that end unless somebody refreshes them (RFC 4028).

That both talk goes without saying; the extension itself must have been on the wire.
"""

import re

from harness import wait
from harness.suite import Case
from harness.wait import Failed
from peers import tone
from peers.baresip import Baresip
from peers.caller import Caller
from peers.linphone import Linphone
from peers.twinkle import Twinkle

from . import scene
from .talks import HEARS, TALK_S, TRIES, each, meet, part, talk_for

LEAST_INTERVAL_S = 90  # RFC 4028 section 4
REFRESH_S = LEAST_INTERVAL_S / 2
LATE_S = 10


class ReliableLinphone(Linphone):
    more_config = "100rel_support_level=2\n"


class TimedLinphone(Linphone):
    """It refreshes by itself, whoever called."""

    more_config = "session_expires_enabled=1\nsession_expires_value=90\n"
    tone_s = 90


class RefreshedLinphone(TimedLinphone):
    """Who is called refreshes."""

    more_config = TimedLinphone.more_config + "session_expires_refresher_value=1\n"


def reliable(kind, phone_calls):
    def play(stage):
        more = ("--ring", "500ms") if phone_calls else ("--duration", "4s")
        agent, phone = meet(stage, kind, "udp", "--reliable", *HEARS, *more, phone_calls=phone_calls)
        talk_for(2 * TALK_S)
        part(agent, phone)
        # From the one that calls to the one that rang.
        target = "alice" if phone_calls else "bob"
        if not any(
            re.match(rf"PRACK sip:{target}@", request) and "RAck: " in request
            for request in phone.requests("PRACK")
        ):
            raise Failed("no PRACK was on the wire")

    return play


def cannot_be_reliable(stage):
    """baresip 1.0 does not know 100rel, and says so."""
    server = scene.start_server(stage)
    scene.start_phone(stage, Baresip, server, "bob")
    caller = Caller(stage, scene.account_of(server, "alice"))
    caller.dial("bob", "--reliable", "--expect", "status=420")
    caller.verdict()


def refreshes(phone, target):
    """INVITEs and UPDATEs within a call, to that user, that prolong the session."""
    return [
        request
        for request in phone.requests("INVITE|UPDATE")
        if re.match(rf"\w+ sip:{target}@", request)
        and re.search(r"(?mi)^to: .*;tag=", request)
        and re.search(r"(?m)^Session-Expires: *90\b", request)
    ]


def refreshed(kind, phone_calls, target):
    """Both go on talking after a refresh that is sent to `target`."""

    def play(stage):
        heard = stage.path("us.wav")
        options = ("--codec", "PCMU", "--record", heard, "--expect", "status=200")
        more = () if phone_calls else ("--duration", f"{LEAST_INTERVAL_S}s")
        agent, phone = meet(stage, kind, "udp", *options, *more, phone_calls=phone_calls)
        wait.until(
            lambda: refreshes(phone, target), REFRESH_S + LATE_S, f"a refresh sent to {target}"
        )
        talk_for(2 * TALK_S)
        phone.hang_up()
        agent.verdict()
        phone.expect("ended", scene.CALL_S)
        phone.check_heard(least_s=REFRESH_S)
        seconds, _ = tone.seconds_of(heard, tone.TONE_HZ)
        if seconds < REFRESH_S:
            raise Failed(f"heard {seconds:g} s of {tone.TONE_HZ} Hz")

    return play


SHORT = ("reliable-to/linphone-udp",)
CASES = [
    Case("agent/reliable-refused/baresip-udp", cannot_be_reliable, (Baresip.program,), False, TRIES)
]
for phone_kind in (ReliableLinphone, Twinkle):
    for name, calling in (("reliable-from", True), ("reliable-to", False)):
        CASES += each(name, reliable(phone_kind, calling), phone_kind, "udp", SHORT)
for name, phone_kind, calling, to in (
    ("they-refresh/calling", TimedLinphone, True, "alice"),
    ("they-refresh/called", TimedLinphone, False, "alice"),
    ("we-refresh/called", RefreshedLinphone, True, "bob"),
):
    CASES += each(name, refreshed(phone_kind, calling, to), phone_kind, "udp", SHORT)
