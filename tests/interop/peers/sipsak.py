# SPDX-License-Identifier: Apache-2.0
"""sipsak 0.9: one request from the command line."""

from harness.wait import Failed

from . import programs

ANSWER_S = 10


def register(stage, account, contact, name="sipsak-register"):
    """Registers `contact` with digest; Failed if that is refused."""
    uri = f"sip:{account.user}@{account.server.address()}"
    login = ["-u", account.user, "-a", account.password]
    argv = ["-U", "-i", "-C", contact, "-s", uri, "-x", "300", *login]
    child = stage.start(name, [programs.SIPSAK.path(), *argv, "-v"])
    code = child.result(ANSWER_S)
    if code != 0:
        raise Failed(f"sipsak could not register {contact}: it ended with {code}")


def options(stage, server):
    """The text of the exchange that OPTIONS to the server has caused."""
    argv = [programs.SIPSAK.path(), "-vv", "-s", f"sip:{server.address()}"]
    child = stage.start("sipsak-options", argv)
    code = child.result(ANSWER_S)
    if code != 0:
        raise Failed(f"sipsak ended with {code}")
    return child.log.text()
