# SPDX-License-Identifier: Apache-2.0
"""What all phones have in common: one program, commands on its standard input, events in a log.

A driver says how to configure and command its phone, and by which words in the log
it reports each event. Every phone answers by itself.
"""

import glob
import re

from harness import wait
from harness.log import Log

from . import tone

REGISTER_S = 10
STOP_S = 5
VIA_VALUE = re.compile(r"(?m)(?:^Via: *|, *)SIP/2\.0/")
EVENTS = ("registered", "refused", "established", "ended")
# Seconds of the agent's tone that a phone must have heard; what its buffers did meanwhile.
HEARD_S, TORN_S = 1, 1


class Phone:
    kind = ""
    program = None
    transports = ()
    patterns = {}  # one for each of EVENTS
    hang_up_command = ""
    quit_command = ""
    hold_command = ""
    resume_command = ""
    recordings = ()  # patterns of files, below the directory of the phone
    digit_pattern = ""  # how it reports a digit that came; the group is the digit

    def __init__(self, stage, account, name=""):
        self.stage = stage
        self.account = account
        self.name = name or f"{account.user}-{self.kind}"
        self.events = Log(stage.path(self.name + ".log"))
        self.messages = self.events  # where it writes down what it sends and receives
        self.read = 0  # how much of the events has been matched
        self.child = None

    def start(self):
        self.child = self.stage.start(self.name, self.command(), env=self.environment())
        return self

    def start_registered(self):
        self.start()
        self.expect("registered", REGISTER_S)
        return self

    def command(self):
        """Writes the phone's files below the stage; returns how to start it."""
        raise NotImplementedError

    def environment(self):
        return {"HOME": self.stage.path(self.name)}

    def dial_command(self, uri):
        raise NotImplementedError

    def dial(self, uri):
        self.child.say(self.dial_command(uri))

    def hang_up(self):
        self.child.say(self.hang_up_command)

    def hold(self):
        self.child.say(self.hold_command)

    def resume(self):
        self.child.say(self.resume_command)

    def transfer(self, uri):
        """Asks the other side to call somebody else."""
        self.child.say(f"transfer {uri}{self.account.parameter}")

    def send_digits(self, digits):
        raise NotImplementedError

    def digits(self):
        """Those that it says came."""
        found = re.finditer(self.digit_pattern, self.events.text())
        return "".join(match[match.lastindex] for match in found)

    def recorded(self):
        """Files of what it has heard, for each call or stretch of one."""
        return [
            path
            for pattern in self.recordings
            for path in glob.glob(self.stage.path(self.name, pattern))
        ]

    def check_heard(self, other_s=TORN_S, least_s=HEARD_S, hz=tone.AGENT_HZ):
        """Fails when what it recorded is not the tone of `hz`, which is the one of Belfry's
        agent, for `least_s` seconds, but for `other_s` seconds at most."""
        found = [tone.seconds_of(path, hz) for path in self.recorded()]
        heard, other = (sum(column) for column in zip(*found)) if found else (0, 0)
        if heard < least_s or other > other_s:
            raise wait.Failed(
                f"{self.name} heard {heard:g} s of {hz} Hz, {other:g} s of other sound"
            )

    def quit(self):
        """Leaves as its user would: it unregisters."""
        self.child.say(self.quit_command)
        self.child.result(STOP_S)

    def expect(self, event, seconds):
        """Waits for the next event of that kind; earlier ones do not count again."""
        pattern = re.compile(self.patterns[event])

        def seen():
            if self.child.ended() and not pattern.search(self.events.text(), self.read):
                raise wait.Failed(f"{self.name} ended by itself before: {event}")
            return pattern.search(self.events.text(), self.read)

        self.read = wait.until(seen, seconds, f"{self.name} {event}").end()

    def requests(self, method):
        """The heads of those that it has sent and received."""
        return re.findall(rf"(?m)^(?:{method}) sip.*\n(?:.+\n)*", self.messages.text())

    def has_received_by_proxy(self, method):
        """Whether such a request has come with more than the Via of its sender."""
        return any(len(VIA_VALUE.findall(request)) > 1 for request in self.requests(method))

    def has_seen(self, event):
        return bool(re.search(self.patterns[event], self.events.text()))
