# SPDX-License-Identifier: Apache-2.0
"""sipsak 0.9: one request from the command line.

It cuts the last digit off a port of five digits in the URIs that it writes, and sends to the
right one all the same: a server sees its own address with a port that is not its own.
"""

from . import programs

ANSWER_S = 10


def register(stage, account, contact):
    """Registers `contact` with digest; returns the exit code and the text of the exchange."""
    uri = f"sip:{account.user}@{account.server.address()}"
    login = ["-u", account.user, "-a", account.password]
    return run(stage, "register", "-U", "-i", "-C", contact, "-s", uri, "-x", "300", *login)


def options(stage, server):
    """Asks the server; returns the exit code and the text of the exchange."""
    return run(stage, "options", "-s", f"sip:{server.address()}")


def run(stage, name, *argv):
    child = stage.start(f"sipsak-{name}", [programs.SIPSAK.path(), "-vv", *argv])
    return child.result(ANSWER_S), child.log.text()
