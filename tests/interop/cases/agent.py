# SPDX-License-Identifier: Apache-2.0
"""Belfry's agent: phones call the server's own numbers, and `belfry call` calls phones.

What is heard decides, not that packets came: baresip and linphonec play a tone of 700 Hz, and
record the 440 Hz of the agent.
"""

import re

from harness import wait
from harness.suite import Case
from harness.wait import Failed
from peers.baresip import Baresip
from peers.caller import Caller
from peers.linphone import Linphone
from peers.nice import MuxNice, Nice

from . import scene

ECHO = "600"
TRIES = 2
TALK_S = 3


def echo(kind, transport, name="", proof="", full=False):
    """A phone hears itself, and hangs up; `proof` is what its log says meanwhile."""
    label = f"agent/echo/{kind.kind}-{transport}" + (f"/{name}" if name else "")

    def play(stage):
        server = scene.start_server(stage, answers={ECHO: "echo"})
        phone = scene.start_phone(stage, kind, server, "alice", transport)
        phone.dial(phone.account.uri_of(ECHO))
        phone.expect("established", scene.CALL_S)
        if proof:
            wait.until(lambda: re.search(proof, phone.events.text()), scene.CALL_S, proof)
        phone.hang_up()
        phone.expect("ended", scene.CALL_S)
        phone.quit()

    return Case(label, play, (kind.program,), full, TRIES)


class Wideband(Baresip):
    tone_form = (16000, 1)
    modules = ("g722",)


class Fullband(Baresip):
    tone_form = (48000, 2)
    modules = ("opus",)


class Protected(Baresip):
    modules = ("srtp",)

    def account_line(self):
        return super().account_line() + ";mediaenc=srtp-mand"


class Keyed(Baresip):
    modules = ("dtls_srtp",)

    def account_line(self):
        return super().account_line() + ";mediaenc=dtls_srtp"


class Connective(Baresip):
    modules = ("ice",)

    def account_line(self):
        return super().account_line() + ";medianat=ice"


class ConnectiveKeyed(Baresip):
    modules = ("ice", "dtls_srtp")

    def account_line(self):
        return super().account_line() + ";medianat=ice;mediaenc=dtls_srtp"


class ProtectedLinphone(Linphone):
    more_config = "media_encryption=srtp\n"


class WidebandLinphone(Linphone):
    # It is there and switched off.
    more_sections = "[audio_codec_0]\nmime=G722\nrate=8000\nchannels=1\nenabled=1\n"


class KeyedLinphone(Linphone):
    more_config = "media_encryption=dtls\n"


class ConnectiveLinphone(Linphone):
    more_sections = "[net]\nnat_policy_ref=ours\n[nat_policy_0]\nref=ours\nprotocols=ice\n"


def called(kind, transport, codec="PCMU", *options, name="", full=False):
    """`belfry call` calls a phone through the server; the tone that it plays is heard."""
    label = f"agent/calls/{kind.kind}-{transport}" + (f"/{name}" if name else "")

    def play(stage):
        server = scene.start_server(stage)
        phone = scene.start_phone(stage, kind, server, "bob", transport)
        caller = Caller(stage, scene.account_of(server, "alice", transport))
        wanted = "audio=700Hz mos>=4 loss<5%"
        caller.dial("bob", "--duration", f"{TALK_S}s", "--expect", wanted, "--codec", codec, *options)
        said = caller.verdict()
        if name.endswith(("srtp", "dtls")) and not said["protected"]:
            raise Failed("it was not protected")
        if "--ice" in options and not said["ice"].startswith("host"):
            raise Failed(f"no way was found by ICE: {said['ice']}")
        phone.check_heard()

    return Case(label, play, (kind.program,), full, TRIES)


CASES = [
    echo(Baresip, "udp"),
    echo(Linphone, "tcp"),
    called(Baresip, "udp"),
    called(Baresip, "tls", "PCMA", name="PCMA"),
    called(Protected, "udp", "PCMU", "--srtp", "sdes", name="srtp"),
    called(Keyed, "udp", "PCMU", "--srtp", "dtls", name="dtls"),
    called(Linphone, "udp"),
    called(Connective, "udp", "PCMU", "--ice", name="ice"),
    called(Nice, "udp", "PCMU", "--ice", name="ice"),
    called(MuxNice, "udp", "PCMU", "--ice", name="mux-ice"),
    echo(Nice, "udp", name="ice", proof="EVENT ready"),
]
CASES += [
    echo(kind, transport, full=True)
    for kind in scene.PHONES
    for transport in kind.transports
    if (kind, transport) not in ((Baresip, "udp"), (Linphone, "tcp"))
]
CASES += [
    called(kind, transport, full=True)
    for kind in scene.PHONES
    for transport in kind.transports
    if (kind, transport) not in ((Baresip, "udp"), (Linphone, "udp"))
]
CASES += [
    called(Linphone, "udp", "PCMU", "--srtp", "sdes", name="srtp", full=True),
    called(KeyedLinphone, "udp", "PCMU", "--srtp", "dtls", name="dtls", full=True),
    echo(Keyed, "tcp", name="dtls", proof="DTLS-SRTP complete .audio/RTCP", full=True),
    echo(KeyedLinphone, "tcp", name="dtls", proof="All streams are encrypted, key exchanged using DTLS", full=True),
    called(Wideband, "udp", "G722", name="G722", full=True),
    called(Fullband, "udp", "opus", name="opus", full=True),
    called(Linphone, "udp", "opus", name="opus", full=True),
    called(WidebandLinphone, "udp", "G722", name="G722", full=True),
    called(Linphone, "udp", "PCMA", name="PCMA", full=True),
    echo(Connective, "udp", name="ice", proof="connectivity check is complete", full=True),
    called(ConnectiveKeyed, "udp", "PCMU", "--ice", "--srtp", "dtls", name="ice-dtls", full=True),
    called(ConnectiveLinphone, "udp", "PCMU", "--ice", name="ice", full=True),
]
# The same calls through Kamailio; it has no numbers that answer by themselves.
CASES += [
    Case(f"kamailio/{case.name}", scene.through("kamailio", case.play), case.needs, True, TRIES)
    for case in CASES
    if case.name.startswith("agent/calls/")
]
