# SPDX-License-Identifier: Apache-2.0
"""What phones without a microphone say, and what was recorded of what they hear."""

import array
import math
import struct
import wave

TONE_HZ = 700  # of phones; Belfry's agent says 440 Hz
AGENT_HZ = 440
LENGTH_S = 30
PEAK = 8000
WINDOWS_PER_S = 10
LOUD = 300  # root mean square of a window with sound in it
PURE = 0.9  # of the energy of a window


def samples(rate_hz, length_s=LENGTH_S, hz=TONE_HZ):
    return (
        int(PEAK * math.sin(2 * math.pi * hz * i / rate_hz)) for i in range(rate_hz * length_s)
    )


def write_tone(path, rate_hz=8000, channels=1, **which):
    """`which`: length_s and hz, 0 for silence."""
    with wave.open(path, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(b"".join(struct.pack("<h", each) * channels for each in samples(rate_hz, **which)))


def read_wave(path):
    """Rate and samples (of the first channel), also while it is still written to: then its
    lengths are not true yet."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"RIFF"):
        return 8000, array.array("h", data[: len(data) // 2 * 2])
    at, rate, channels = 12, 8000, 1
    while at + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[at : at + 8])
        if name == b"fmt ":
            channels, rate = struct.unpack("<HI", data[at + 10 : at + 16])
        if name == b"data":
            break
        at += 8 + length + length % 2
    body = data[at + 8 :]
    found = array.array("h", body[: len(body) // 2 * 2])
    return rate, found[::channels]


def seconds_of(path, hz):
    """How long that tone was heard, and how long anything else was."""
    try:
        rate, heard = read_wave(path)
    except FileNotFoundError:
        return 0, 0
    size = rate // WINDOWS_PER_S
    tone = other = 0
    for at in range(0, len(heard) - size + 1, size):
        window = heard[at : at + size]
        energy = sum(each * each for each in window)
        if energy < LOUD * LOUD * size:
            continue
        if power(window, hz / rate) >= PURE * energy:
            tone += 1
        else:
            other += 1
    return tone / WINDOWS_PER_S, other / WINDOWS_PER_S


def power(window, turns):
    """Energy of the sine with so many turns a sample (Goertzel)."""
    twice_cos = 2 * math.cos(2 * math.pi * turns)
    last = before = 0.0
    for each in window:
        last, before = each + twice_cos * last - before, last
    return 2 * (last * last + before * before - twice_cos * last * before) / len(window)
