# SPDX-License-Identifier: Apache-2.0
"""A file that a program writes to while we read it."""

import re

TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Log:
    def __init__(self, path):
        self.path = path

    def text(self):
        try:
            with open(self.path, "rb") as file:
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return TERMINAL_CODES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

    def tail(self, lines_max):
        lines = [line for line in self.text().split("\n") if line.strip()]
        return lines[-lines_max:]
