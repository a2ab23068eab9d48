# SPDX-License-Identifier: Apache-2.0
"""`belfry call` and `belfry answer`: Belfry's own agent, one call and its verdict."""

import json

from harness import wait
from harness.wait import Failed

END_S = 40
READY_S = 10


class Talk:
    """A call with a script; knows of its server nothing but what is written here."""

    def __init__(self, stage, account, name):
        self.stage = stage
        self.account = account
        self.name = name
        self.child = None

    def start(self, *argv):
        secret = self.stage.write(f"{self.name}.pw", self.account.password + "\n")
        common = ("--password", f"file:{secret}", "--json")
        self.child = self.stage.start(self.name, [self.stage.options.binary, *argv, *common])
        return self

    def events(self):
        lines = self.child.log.text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def has(self, event, **fields):
        return any(
            each["event"] == event and all(each.get(key) == fields[key] for key in fields)
            for each in self.events()
        )

    def expect(self, event, seconds, **fields):
        def seen():
            if self.child.ended() and not self.has(event, **fields):
                raise Failed(f"{self.name} ended before: {event}")
            return self.has(event, **fields)

        wait.until(seen, seconds, f"{self.name}: {event} {fields or ''}")

    def verdict(self):
        """What it said at the end; fails when its expectations were not met."""
        code = self.child.result(END_S)
        said = next((event for event in self.events() if event["event"] == "verdict"), None)
        if code != 0 or not said or not said["ok"]:
            last = self.child.log.tail(1)
            raise Failed(f"{self.name}: status {code}, {last[0] if last else 'not a word'}")
        return said


class Caller(Talk):
    def __init__(self, stage, account, name="caller"):
        super().__init__(stage, account, name)

    def dial(self, user, *options):
        account = self.account
        uri = f"{account.uri_of(user)}{account.parameter}"
        return self.start("call", account.address_of_record, uri, *options)


class Answerer(Talk):
    """Registered when it is ready."""

    def __init__(self, stage, account, name="answerer"):
        super().__init__(stage, account, name)

    def wait(self, *options):
        account = self.account
        self.start("answer", account.address_of_record + account.parameter, *options)
        self.expect("registered", READY_S)
        return self
