# SPDX-License-Identifier: Apache-2.0
"""A pipe that says a tone at the pace of a sound card, for who takes a file for one:
`python3 -m peers.microphone PATH`, until it is stopped.

A program of its own: a thread of the harness would wait for the others, and be torn.
"""

import array
import errno
import os
import sys
import time

from . import tone

RATE_HZ = 8000
FRAME_S = 0.02
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start(stage, name, path):
    """Makes the pipe, and says the tone into it until the stage ends."""
    os.mkfifo(path)
    return stage.start(name, [sys.executable, "-m", "peers.microphone", path], cwd=ROOT)


def open_pipe(path):
    """None while nobody listens."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


def speak(path):
    frames = int(RATE_HZ * FRAME_S)
    # A whole number of periods: one frame is like the other.
    said = array.array("h", tone.samples(RATE_HZ, 1))[:frames].tobytes()
    pipe = None
    due = time.monotonic()
    while True:
        # By the clock: what came late is made up for.
        due += FRAME_S
        time.sleep(max(0, due - time.monotonic()))
        if pipe is None:
            pipe = open_pipe(path)
        if pipe is None:
            continue
        try:
            os.write(pipe, said)
        except BlockingIOError:
            continue  # nobody reads so fast
        except BrokenPipeError:  # hung up; there may be another call
            os.close(pipe)
            pipe = None


if __name__ == "__main__":
    speak(sys.argv[1])
