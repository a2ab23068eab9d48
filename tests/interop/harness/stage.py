# SPDX-License-Identifier: Apache-2.0
"""Where one case plays: a directory, ports, and everything it has started."""

import os

from . import ports
from .child import Child
from .space import Space


class Stage:
    def __init__(self, directory, options):
        """`options`: what the command line of `run` chose (server, binary, full)."""
        self.directory = directory
        self.options = options
        self.server = options.server  # which one the case plays with
        self.enter = ()
        self.started = []
        self.blocks = []  # of ports

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text):
        """Writes a file below the case's directory; returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def ports(self, count):
        first = ports.block(count)
        self.blocks.append((first, count))
        return first

    def start(self, name, argv, enter=None, env=None, cwd=None):
        """Starts a program in the case's namespace; it is stopped with the stage."""
        child = Child(
            name,
            argv,
            self.path(name + ".log"),
            enter=self.enter if enter is None else enter,
            env=env,
            cwd=cwd or self.directory,
        )
        self.started.append(child)
        return child

    def new_space(self, inside=None):
        space = Space(inside)
        self.started.append(space)
        space.run("ip", "link", "set", "lo", "up")
        return space

    def move_into(self, space):
        """What is started from now on runs in that space."""
        self.enter = space.enter

    def stop(self):
        """Takes everything down, the last one first."""
        while self.started:
            self.started.pop().stop()
        while self.blocks:
            ports.give_back(*self.blocks.pop())

    def logs(self):
        """Paths of all logs, by age."""
        found = []
        for place, _, names in os.walk(self.directory):
            found += [os.path.join(place, name) for name in names if name.endswith(".log")]
        return sorted(found, key=os.path.getmtime)
