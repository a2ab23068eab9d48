# SPDX-License-Identifier: Apache-2.0
"""A pipe that says a tone at the pace of a sound card, for who takes a file for one."""

import array
import errno
import os
import threading
import time

from . import tone

RATE_HZ = 8000
FRAME_S = 0.02


class Microphone:
    """Ends with the stage that it is started on."""

    def __init__(self, stage, path):
        os.mkfifo(path)
        self.path = path
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.speak, daemon=True)
        stage.started.append(self)
        self.thread.start()

    def speak(self):
        frames = int(RATE_HZ * FRAME_S)
        # A whole number of periods: one frame is like the other.
        said = array.array("h", tone.samples(RATE_HZ, 1))[:frames].tobytes()
        pipe = None
        due = time.monotonic()
        # By the clock: what came late is made up for.
        while not self.ended.wait(max(0, due - time.monotonic())):
            due += FRAME_S
            try:
                if pipe is None:
                    pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
                os.write(pipe, said)
            except BlockingIOError:
                continue  # nobody reads so fast
            except OSError as error:
                if error.errno not in (errno.ENXIO, errno.EPIPE):
                    raise
                if pipe is not None:  # hung up; there may be another call
                    os.close(pipe)
                pipe = None
        if pipe is not None:
            os.close(pipe)

    def stop(self):
        self.ended.set()
        self.thread.join()
