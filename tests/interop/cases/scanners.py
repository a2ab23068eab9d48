# SPDX-License-Identifier: Apache-2.0
"""sipvicious attacks over a cable, and finds nothing; phones on loopback do not notice.

The server lives in one namespace and the attackers in another: their bans are theirs, and
every attack comes from an address of its own.
"""

import dataclasses
import itertools

from harness import space as spaces
from harness.suite import Case
from harness.wait import Failed
from peers import programs
from peers.baresip import Baresip
from peers.server import PASSWORDS

from . import scene

SERVER = "10.99.0.1"
ATTACKERS = tuple(f"10.99.0.{number}" for number in range(11, 19))
FOUND_NOTHING = "found nothing"
FOUND_SOMETHING = "+---"  # the frame of a table
NETWORK = "10.99.0.0/24"
USERS = ("alice", "bob")  # one registered, one not
GUESSES_MAX = 10
WORDS = 10000
ATTACK_S = 60
SILENCE_S = 3  # how long svcrack goes on without an answer


@dataclasses.dataclass
class Siege:
    stage: object
    server: object
    outside: object  # the namespace of the attackers
    sources: list

    def start(self, program, *argv, name=""):
        """Starts a scanner at an address that the server has not seen yet."""
        source = self.sources.pop(0)
        # sipvicious does not send from the address it binds to: the route decides.
        self.outside.run("ip", "route", "replace", NETWORK, "dev", "cable", "src", source)
        return self.stage.start(
            name or program.name,
            [program.path(), "-b", source, "-p", str(self.server.port), *argv, SERVER],
            enter=self.outside.enter,
        )

    def found(self, child):
        """Waits for the end of a scanner; whether it found anything."""
        child.result(ATTACK_S)
        text = child.log.text()
        if FOUND_NOTHING in text:
            return False
        if FOUND_SOMETHING in text:
            return True
        raise Failed(f"{child.name} gives no verdict")


def lay_siege(stage):
    inside = stage.new_space()
    outside = stage.new_space(inside)
    prefixed = [f"{address}/24" for address in ATTACKERS]
    spaces.wire(inside, [f"{SERVER}/24"], outside, prefixed)
    stage.move_into(inside)
    server = scene.start_server(stage, hosts=("127.0.0.1", SERVER))
    return Siege(stage, server, outside, list(ATTACKERS))


def finds_no_server(stage):
    siege = lay_siege(stage)
    if siege.found(siege.start(programs.SVMAP)):
        raise Failed("svmap found the server")


def finds_no_user(stage):
    """One user is registered and one is not; neither is told from one that cannot exist."""
    siege = lay_siege(stage)
    scene.start_phone(stage, Baresip, siege.server, "alice")
    attacks = []
    for user, method in itertools.product(USERS, ("REGISTER", "INVITE", "OPTIONS")):
        # One user each: svwar stops at the first that is answered like the impossible one.
        # Forced: it would stop before, because that one was asked for a password.
        words = stage.write(f"{user}.txt", user + "\n")
        argv = ("-m", method, "-d", words, "--force")
        attacks.append(siege.start(programs.SVWAR, *argv, name=f"svwar-{method}-{user}"))
    told = [child.name for child in attacks if siege.found(child)]
    if told:
        raise Failed(f"found a user: {' '.join(told)}")


def start_crack(siege, *places):
    """svcrack with a list that has alice's password as the guesses of these numbers."""
    words = [f"wrong{number}" for number in range(1, WORDS + 1)]
    for place in places:
        words[place - 1] = PASSWORDS["alice"]
    path = siege.stage.write(f"words-{places[0]}.txt", "\n".join(words) + "\n")
    argv = ("-u", "alice", "-d", path, "--maximumtime", str(SILENCE_S))
    return siege.start(programs.SVCRACK, *argv, name=f"svcrack-{places[0]}")


def finds_no_password(stage):
    siege = lay_siege(stage)
    if not siege.found(start_crack(siege, 1)):
        raise Failed("svcrack is refused the right password too: this would show nothing")
    if siege.found(start_crack(siege, GUESSES_MAX + 1, WORDS - 1)):
        raise Failed(f"svcrack had more than {GUESSES_MAX} guesses")
    # Who guessed is banned, and nobody else.
    scene.start_phone(stage, Baresip, siege.server, "alice")


NAMESPACE = (programs.IP, programs.NSENTER)
CASES = [
    Case("scanners/svmap", finds_no_server, (programs.SVMAP, *NAMESPACE)),
    Case("scanners/svwar", finds_no_user, (programs.SVWAR, programs.BARESIP, *NAMESPACE)),
    Case("scanners/svcrack", finds_no_password, (programs.SVCRACK, programs.BARESIP, *NAMESPACE)),
]
