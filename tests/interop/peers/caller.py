# SPDX-License-Identifier: Apache-2.0
"""`belfry call`: Belfry's own agent, one call and its verdict."""

import json

from harness.wait import Failed

END_S = 30


class Caller:
    """Calls as a user of the server, with nothing but what is written here."""

    def __init__(self, stage, account, name="caller"):
        self.stage = stage
        self.account = account
        self.name = name
        self.child = None

    def dial(self, user, *options):
        account = self.account
        uri = f"{account.uri_of(user)}{account.parameter}"
        secret = self.stage.write(f"{self.name}.pw", account.password + "\n")
        argv = [self.stage.options.binary, "call", account.address_of_record, uri]
        argv += ["--password", f"file:{secret}", "--json", *options]
        self.child = self.stage.start(self.name, argv)
        return self

    def verdict(self):
        """What it said at the end; fails when its expectations were not met."""
        code = self.child.result(END_S)
        lines = self.child.log.text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        said = next((event for event in events if event["event"] == "verdict"), None)
        if code != 0 or not said or not said["ok"]:
            raise Failed(f"{self.name}: status {code}, {lines[-1] if lines else 'not a word'}")
        return said
