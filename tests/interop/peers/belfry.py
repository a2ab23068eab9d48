# SPDX-License-Identifier: Apache-2.0
"""Belfry, the server under test."""

import os

from .server import Server


class Belfry(Server):
    def command(self):
        config = self.stage.write(f"{self.name}/belfry.conf", self.config())
        for user, password in self.setup.passwords.items():
            self.stage.write(f"{self.name}/{user}.pw", password + "\n")
        state = self.stage.path(self.name, "state")
        return [self.stage.options.binary, "run", "--config", config, "--state", state]

    def config(self):
        lines = [f"domain {self.domain}"]
        for host in self.setup.hosts:
            lines.append(f"listen udp,tcp {host}:{self.port}")
            lines.append(f"listen tls {host}:{self.tls_port}")
        lines.append("tls self")
        if self.setup.calls_per_second:
            lines.append(f"guard {{ rate {self.setup.calls_per_second} per second }}")
        lines += [f"accept from {domain}" for domain in self.setup.accept_from]
        if self.setup.answers:
            rows = "; ".join(f"{number} answer {how}" for number, how in self.setup.answers.items())
            lines.append(f"route local {{ {rows} }}")
        if self.setup.turn:
            lines.append("turn { " + "; ".join(self.setup.turn) + " }")
        for variable, word in (("BELFRY_RELAY", "relay"), ("BELFRY_FAST", "fast")):
            if variable in os.environ:
                lines.append(f"media {word} {os.environ[variable]}")
        lines += [f"trust {address}" for address in self.setup.trust]
        lines += [f"user {user} {{ password file:{user}.pw }}" for user in self.setup.passwords]
        return "\n".join(lines) + "\n"
