# SPDX-License-Identifier: Apache-2.0
"""linphonec 5.1: UDP, TCP, TLS. Its screen says little; its debug log has every state."""

import os
import re

from harness.log import Log

from . import programs
from .phone import Phone
from .tone import LENGTH_S, TONE_HZ, write_tone

CONFIG = """\
[sip]
sip_port={port}
sip_tcp_port={port}
sip_tls_port={tls_port}
verify_server_certs=0
verify_server_cn=0
guess_hostname=0
use_ipv6=0
register_only_when_network_is_up=0
default_proxy=0
{more}
[rtp]
audio_rtp_port={media_port}

[auth_info_0]
username={user}
passwd={password}

[proxy_0]
reg_proxy=<{server_uri}>
reg_identity={identity}
reg_expires=60
reg_sendregister=1
publish=0
{route}

{sections}"""


class Linphone(Phone):
    kind = "linphone"
    program = programs.LINPHONE
    transports = ("udp", "tcp", "tls")
    patterns = {
        "registered": r"to \[LinphoneRegistrationOk\]",
        "refused": r"to \[LinphoneRegistrationFailed\]",
        "established": r"to LinphoneCallStreamsRunning",
        "ended": r"to LinphoneCallEnd",
    }
    hang_up_command = "terminate"
    quit_command = "quit"
    hold_command = "pause"
    resume_command = "resume"
    recordings = ("heard.wav",)
    digit_pattern = r"Receiving tone (.) "
    more_config = ""  # of [sip]
    more_sections = ""
    tone_hz = TONE_HZ
    tone_s = LENGTH_S

    def __init__(self, stage, account, name=""):
        super().__init__(stage, account, name)
        self.events = self.messages = Log(stage.path(self.name + "-debug.log"))

    def command(self):
        account = self.account
        port = self.stage.ports(8)
        config = CONFIG.format(
            port=port,
            tls_port=port + 1,
            media_port=port + 2,
            more=self.more_config,
            sections=self.more_sections,
            user=account.user,
            password=account.password,
            server_uri=account.server_uri,
            identity=account.address_of_record,
            route=f"reg_route=<{account.server_uri};lr>" if account.uses_proxy else "",
        )
        path = self.stage.write(f"{self.name}/linphonerc", config)
        # It looks for its databases there and does not make the directory.
        os.makedirs(self.stage.path(self.name, ".local/share/linphone"))
        debug = ["-d", "6", "-l", self.events.path]
        return [self.program.path(), "-c", path, "-a", *debug]

    def start(self):
        super().start()
        # Without a file to play it would send no media.
        tone = self.stage.path(self.name, "tone.wav")
        write_tone(tone, hz=self.tone_hz, length_s=self.tone_s)
        self.child.say("soundcard use files")
        self.child.say(f"play {tone}")
        self.child.say(f"record {self.stage.path(self.name, 'heard.wav')}")
        return self

    def dial_command(self, uri):
        return f"call {uri}{self.account.parameter}"

    def send_digits(self, digits):
        for digit in digits:
            self.child.say(digit)

    def consult(self, uri):
        self.hold()
        self.dial(uri)

    def transfer_to_consulted(self):
        self.child.say("transfer 1 --to-call 2")

    def digits(self):
        return "".join(re.findall(self.digit_pattern, self.child.log.text()))
