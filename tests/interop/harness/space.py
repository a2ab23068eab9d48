# SPDX-License-Identifier: Apache-2.0
"""Network and mount namespaces of our own, without names and without traces on the machine.

A namespace lives as long as the process that holds it, and that process ends when its
standard input does: nothing is left even after kill -9. Works for root, and for everybody
where the kernel lets users make user namespaces.
"""

import os
import subprocess

from .wait import Skipped

HOLD = ["sh", "-c", "echo ready && exec cat >/dev/null"]


class Space:
    def __init__(self, inside=None):
        """A new space; with `inside`, one that shares that space's owner."""
        if inside:
            make = [*inside.enter, "unshare", "--net", "--mount"]
        elif os.geteuid() == 0:
            make = ["unshare", "--net", "--mount"]
        else:
            make = ["unshare", "--map-root-user", "--net", "--mount"]
        self.holder = subprocess.Popen(
            [*make, "--", *HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        if self.holder.stdout.readline() != b"ready\n":
            reason = self.holder.stderr.read().decode().strip()
            self.stop()
            raise Skipped(f"no network namespace can be made here: {reason}")
        self.enter = ["nsenter", "--target", str(self.holder.pid), "--net", "--mount"]
        if os.geteuid() != 0:
            self.enter += ["--user", "--preserve-credentials"]
        self.enter += ["--"]

    def run(self, *argv):
        """A short command inside; what it prints. Skipped when it may not."""
        done = subprocess.run([*self.enter, *argv], capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise Skipped(f"{' '.join(argv)}: {done.stderr.strip()}")
        return done.stdout

    def cover(self, path, text, directory):
        """Shows `text` at `path`, in this space only."""
        substitute = os.path.join(directory, os.path.basename(path))
        with open(substitute, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(substitute, 0o644)
        self.run("mount", "--bind", substitute, os.path.realpath(path))

    def stop(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


def wire(one, one_addresses, other, other_addresses, names=("cable", "cable")):
    """A cable between two spaces, with the addresses (with prefix length) of its ends."""
    peer = str(other.holder.pid)
    ends = ("peer", "name", names[1], "netns", peer)
    one.run("ip", "link", "add", names[0], "type", "veth", *ends)
    for space, addresses, name in zip((one, other), (one_addresses, other_addresses), names):
        for address in addresses:
            space.run("ip", "address", "add", address, "dev", name)
        space.run("ip", "link", "set", name, "up")
