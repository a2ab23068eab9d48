# SPDX-License-Identifier: Apache-2.0
"""What a running process and its children have used. Linux: /proc."""

import os
import sys


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for parent in found:
        for task in listed(f"/proc/{parent}/task"):
            found += [int(child) for child in read(f"/proc/{parent}/task/{task}/children").split()]
    return found


def cpu_ns(pid):
    """Time on a processor, of every thread."""
    total = 0
    for each in tree(pid):
        for task in listed(f"/proc/{each}/task"):
            total += int((read(f"/proc/{each}/task/{task}/schedstat").split() or [0])[0])
    return total


def memory_bytes(pid):
    """What it holds; pages shared in the tree count once (Pss)."""
    total = 0
    for each in tree(pid):
        for line in read(f"/proc/{each}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    print(memory_bytes(int(sys.argv[1])))
