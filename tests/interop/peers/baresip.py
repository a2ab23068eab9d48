# SPDX-License-Identifier: Apache-2.0
"""baresip 1.0: UDP, TCP, TLS. It takes the interface by address only ("lo" is refused)."""

import os

from . import programs
from .phone import Phone
from .tone import write_tone

CONFIG = """\
net_interface 127.0.0.1
sip_listen 127.0.0.1:{port}
rtp_ports {first_media}-{last_media}
module_path {modules}
audio_source aufile,{tone}
audio_player aubridge,null
audio_alert aubridge,null
module g711.so
{more_modules}module aufile.so
module aubridge.so
module sndfile.so
snd_path {directory}
module stdio.so
module_tmp account.so
module_app menu.so
"""

class Baresip(Phone):
    kind = "baresip"
    program = programs.BARESIP
    transports = ("udp", "tcp", "tls")
    patterns = {
        "registered": r"registered successfully",
        "refused": r"(?s)Authorization: Digest.*?SIP/2\.0 40[13] ",
        "established": r"Call established: ",
        "ended": r"audio: destroyed|session closed",
    }
    hang_up_command = "/hangup"
    quit_command = "/quit"
    hold_command = "/hold"
    resume_command = "/resume"
    recordings = ("dump-*-dec.wav",)
    digit_pattern = r"received (?:DTMF: '(.)'|event: '(.)' \(end=0\))"
    tone_form = (8000, 1)  # rate and channels
    modules = ()  # beyond what every call needs

    def command(self):
        directory = self.stage.path(self.name)
        port = self.stage.ports(20)
        config = CONFIG.format(
            port=port,
            directory=directory,
            first_media=port + 4,
            last_media=port + 19,
            modules=os.path.realpath("/usr/lib/baresip/modules"),
            tone=self.stage.path(self.name, "tone.wav"),
            more_modules="".join(f"module {name}.so\n" for name in self.modules),
        )
        self.stage.write(f"{self.name}/config", config)
        self.stage.write(f"{self.name}/contacts", "")
        self.stage.write(f"{self.name}/accounts", self.account_line() + "\n")
        # With nothing to play it would send no media; and it plays only what has the rate
        # and the channels of the codec: with another file it does not answer at all.
        write_tone(self.stage.path(self.name, "tone.wav"), *self.tone_form)
        # The refusal of a password shows in the trace only (-s), the end of a call with -v.
        return [self.program.path(), "-s", "-v", "-f", directory]

    def account_line(self):
        account = self.account
        line = f"<{account.address_of_record}{account.parameter}>"
        line += f";auth_user={account.user};auth_pass={account.password}"
        line += ";regint=60;answermode=auto"
        if account.uses_proxy:
            line += f';outbound="{account.server_uri}"'
        return line

    def dial_command(self, uri):
        # It adds the transport of its account by itself.
        return f"/dial {uri}"

    def transfer(self, uri):
        self.child.say(f"/transfer {uri}{self.account.parameter}")

    def send_digits(self, digits):
        for digit in digits:
            self.child.say(f"/sndcode {digit}")
