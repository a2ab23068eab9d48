# SPDX-License-Identifier: Apache-2.0
"""Phones that insist on keys and SIPp, which has none: the server carries the media between
them and changes keys. SIPp sends every packet back, so a phone has to hear its own tone.
"""

from harness import wait
from harness.suite import Case
from harness.wait import Failed
from peers import programs, tone

from . import agent, scene
from .sipp_media import media
from .tools import register, start_sipp

TALK_S = 3
END_S = 20
TRIES = 2
REFUSALS_MAX = 3  # no keys, the wrong ones, the right ones
TAKES_NOT = "the callee does not take the caller's keys"
WHYS = {"srtp": "SRTP by SDES", "dtls": "SRTP by DTLS"}


def check_why(stage, server, *clauses):
    """The server says what it did."""
    argv = [stage.options.binary, "why", "--state", stage.path(server.name, "state")]
    child = stage.start("why", argv)
    child.result(END_S)
    for clause in clauses:
        if clause not in child.log.text():
            raise Failed(f"why does not say: {clause}")


def finish(child):
    code = child.result(END_S)
    if code != 0:
        raise Failed(f"{child.name}: it went otherwise than in the scenario ({code})")


def phone_calls(kind):
    """A phone with keys calls SIPp."""

    def play(stage):
        server = scene.start_server(stage)
        port, callee = start_sipp(stage, "plain_uas", "udp", 1, *media(stage))
        register(stage, server, f"sip:bob@127.0.0.1:{port}")
        phone = scene.start_phone(stage, kind, server, "alice")
        phone.dial(phone.account.uri_of("bob"))
        phone.expect("established", scene.CALL_S)
        wait.interrupted.wait(TALK_S)
        phone.hang_up()
        phone.expect("ended", scene.CALL_S)
        phone.check_heard(hz=tone.TONE_HZ)
        check_why(stage, server, "offered again, as RTP")

    return play


class MandatoryLinphone(agent.ProtectedLinphone):
    more_config = "media_encryption=srtp\nmedia_encryption_mandatory=1\n"


class MandatoryKeyedLinphone(agent.KeyedLinphone):
    more_config = "media_encryption=dtls\nmedia_encryption_mandatory=1\n"


def dial_with_sipp(stage, server):
    target = (server.address(), "-s", "bob")
    return start_sipp(stage, "echo_uac", "udp", 1, *media(stage), *target)[1]


def sipp_calls(kind, name):
    """SIPp calls a phone that refuses calls without keys. Some take the second offer of a call
    for its first one (482): what such a phone wants is known from its refusals on, or from its
    own calls."""

    def play(stage):
        server = scene.start_server(stage)
        phone = scene.start_phone(stage, kind, server, "bob")
        for _ in range(REFUSALS_MAX):
            caller = dial_with_sipp(stage, server)
            if caller.result(END_S) == 0:
                break
        else:
            finish(caller)
        phone.expect("ended", scene.CALL_S)
        phone.check_heard(hz=tone.TONE_HZ)
        check_why(stage, server, WHYS[name], TAKES_NOT)

    return play


CASES = []
for kind, strict, name, full in (
    (agent.Protected, agent.Protected, "srtp", False),
    (agent.Keyed, agent.Keyed, "dtls", False),
    (agent.ProtectedLinphone, MandatoryLinphone, "srtp", True),
    (agent.KeyedLinphone, MandatoryKeyedLinphone, "dtls", True),
):
    needs = (kind.program, programs.SIPP)
    label = f"{kind.kind}/{name}"
    CASES.append(Case(f"bridge/{label}-calls-sipp", phone_calls(kind), needs, full, TRIES))
    CASES.append(Case(f"bridge/sipp-calls-{label}", sipp_calls(strict, name), needs, full, TRIES))
