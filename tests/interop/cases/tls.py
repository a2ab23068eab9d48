# SPDX-License-Identifier: Apache-2.0
"""Which versions of TLS the server speaks, asked by openssl s_client."""

from harness.suite import Case
from harness.wait import Failed
from peers import programs

from . import scene

HANDSHAKE_S = 10
# RFC 8446 section 6.2: protocol_version, said by the server.
WRONG_VERSION = "SSL alert number 70"


def handshake(stage, server, version):
    """What s_client says about a handshake with that version only."""
    argv = [
        programs.OPENSSL.path(),
        *("s_client", "-connect", server.address("tls"), f"-{version}"),
        # Debian's own settings would refuse old versions before a byte is sent.
        *("-cipher", "ALL:@SECLEVEL=0"),
    ]
    child = stage.start(f"s_client-{version}", argv)
    child.process.stdin.close()
    return child.result(HANDSHAKE_S), child.log.text()


def versions(stage):
    server = scene.start_server(stage)
    for version in ("tls1", "tls1_1"):
        _, text = handshake(stage, server, version)
        if WRONG_VERSION not in text:
            raise Failed(f"{version} was not refused by the server")
    for version in ("tls1_2", "tls1_3"):
        code, _ = handshake(stage, server, version)
        if code != 0:
            raise Failed(f"no handshake with {version}")


CASES = [Case("tls/versions", versions, (programs.OPENSSL,))]
