# SPDX-License-Identifier: Apache-2.0
"""What phones without a microphone say: 440 Hz."""

import math
import struct
import wave

TONE_HZ = 440
LENGTH_S = 30
PEAK = 8000


def write_tone(path, rate_hz=8000, channels=1):
    frames = (
        struct.pack("<h", int(PEAK * math.sin(2 * math.pi * TONE_HZ * i / rate_hz))) * channels
        for i in range(rate_hz * LENGTH_S)
    )
    with wave.open(path, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(b"".join(frames))
