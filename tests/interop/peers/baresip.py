# SPDX-License-Identifier: Apache-2.0
"""baresip 1.0: UDP, TCP, TLS. It takes the interface by address only ("lo" is refused)."""

import math
import os
import struct
import wave

from . import programs
from .phone import Phone

CONFIG = """\
net_interface 127.0.0.1
sip_listen 127.0.0.1:{port}
rtp_ports {first_media}-{last_media}
module_path {modules}
audio_source aufile,{tone}
audio_player aubridge,null
audio_alert aubridge,null
module g711.so
module aufile.so
module aubridge.so
module stdio.so
module_tmp account.so
module_app menu.so
"""

RATE_HZ = 8000
TONE_S = 30


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

    def command(self):
        directory = self.stage.path(self.name)
        port = self.stage.ports(20)
        config = CONFIG.format(
            port=port,
            first_media=port + 4,
            last_media=port + 19,
            modules=os.path.realpath("/usr/lib/baresip/modules"),
            tone=self.stage.path(self.name, "tone.wav"),
        )
        self.stage.write(f"{self.name}/config", config)
        self.stage.write(f"{self.name}/contacts", "")
        self.stage.write(f"{self.name}/accounts", self.account_line() + "\n")
        write_tone(self.stage.path(self.name, "tone.wav"))
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


def write_tone(path):
    """440 Hz: with nothing to play, baresip would send no media."""
    samples = (
        int(8000 * math.sin(2 * math.pi * 440 * i / RATE_HZ)) for i in range(RATE_HZ * TONE_S)
    )
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
