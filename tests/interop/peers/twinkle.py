# SPDX-License-Identifier: Apache-2.0
"""twinkle-console 1.10: UDP and TCP (Debian builds it without TLS)."""

from harness.log import Log

from . import microphone, programs
from .phone import Phone

PROFILE = """\
user_name={user}
user_domain={host}
user_display={user}
auth_name={user}
auth_pass={password}
sip_transport={transport}
registration_time=60
allow_refer=yes
ask_user_to_refer=no
speex_dsp_vad=no
speex_dsp_nrd=no
speex_dsp_agc=no
register_at_startup=yes
{more}{proxy}
"""

SYSTEM = """\
dev_ringtone=alsa:null
dev_speaker=alsa:heard
dev_mic=alsa:said
validate_audio_dev=no
play_ringtone=no
play_ringback=no
sip_port={port}
rtp_port={media_port}
"""


# Files instead of a sound card, at the pace of RTP.
SOUND = """\
pcm.heard {{ type file slave.pcm null format raw file "|cat >>{directory}/heard.raw" }}
pcm.said {{ type file slave.pcm null format raw file "/dev/null" infile "{directory}/said.raw" }}
"""


class Twinkle(Phone):
    kind = "twinkle"
    program = programs.TWINKLE
    transports = ("udp", "tcp")
    patterns = {
        "registered": r"registration succeeded",
        "refused": r"registration failed: 40[13]",
        "established": r"call established\.|far end answered call\.",
        "ended": r"far end ended call\.|call ended\.",
    }
    hang_up_command = "bye"
    quit_command = "quit"
    hold_command = "hold"
    resume_command = "retrieve"
    recordings = ("heard.raw",)  # opened again and again within a call
    more_profile = ""
    digit_pattern = r"DTMF detected: (.)"

    def __init__(self, stage, account, name=""):
        super().__init__(stage, account, name)
        self.messages = Log(stage.path(self.name, ".twinkle/twinkle.log"))

    def command(self):
        account = self.account
        port = self.stage.ports(12)
        server = account.server.address(account.transport)
        profile = PROFILE.format(
            user=account.user,
            host=account.host,
            password=account.password,
            transport=account.transport,
            more=self.more_profile,
            proxy=f"outbound_proxy={server}\nregistrar={server}" if account.uses_proxy else "",
        )
        system = SYSTEM.format(port=port, media_port=port + 4)
        self.stage.write(f"{self.name}/.twinkle/phone.cfg", profile)
        self.stage.write(f"{self.name}/.twinkle/twinkle.sys", system)
        directory = self.stage.path(self.name)
        self.stage.write(f"{self.name}/.asoundrc", SOUND.format(directory=directory))
        said = self.stage.path(self.name, "said.raw")
        microphone.start(self.stage, f"{self.name}-microphone", said)
        return [self.program.path(), "phone.cfg"]

    def start(self):
        super().start()
        self.child.say("auto_answer -a on")
        return self

    def dial_command(self, uri):
        return f"call {uri}{self.account.parameter}"

    def send_digits(self, digits):
        self.child.say(f"dtmf {digits}")

    def consult(self, uri):
        self.child.say(f"transfer -c {uri}{self.account.parameter}")

    def transfer_to_consulted(self):
        self.child.say("transfer -c")
