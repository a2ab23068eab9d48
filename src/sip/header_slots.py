#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes header_slots.h from the list of header fields in name.h: looks for the multiplier
under which no two names share a slot. Run it in src/sip after changing the list; the unit
test of names proves the result."""
import random
import re

SLOTS_BITS = 9
MASK = (1 << 64) - 1


def load(raw, at, size):
    return int.from_bytes(raw[at:at + size], "little")


def key(name):
    """The first and the last eight bytes, overlapping in short names; letters folded."""
    raw = name.encode()
    size = 8 if len(raw) >= 8 else 4 if len(raw) >= 4 else 2
    words = load(raw, 0, size), load(raw, len(raw) - size, size)
    return tuple(w | ((w & 0x4040404040404040) >> 1) for w in words)


def mix(name):
    first, last = key(name)
    return first ^ ((last << 13 | last >> 51) & MASK) ^ len(name)


def main():
    text = open("name.h", encoding="ascii").read()
    names = re.findall(r'X\(([A-Z0-9_]+), "([^"]+)", (0|\'.\'), [A-Z]+\)', text)
    mixed = [mix(name) for _, name, _ in names]
    assert len(set(mixed)) == len(mixed), "two names mix alike: change the rotation"
    assert all(2 <= len(name) <= 32 for _, name, _ in names)
    draw = random.Random(3261)
    while True:
        factor = draw.getrandbits(64) | 1
        slots = {((m * factor) & MASK) >> (64 - SLOTS_BITS) for m in mixed}
        if len(slots) == len(mixed):
            break
    table = [0] * (1 << SLOTS_BITS)
    for number, m in enumerate(mixed, 1):
        table[((m * factor) & MASK) >> (64 - SLOTS_BITS)] = number
    with open("header_slots.h", "w", encoding="ascii") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0\n"
                  " * Made by header_slots.py from the list in name.h; not edited by hand. */\n"
                  "#ifndef BEL_SIP_HEADER_SLOTS_H\n#define BEL_SIP_HEADER_SLOTS_H\n\n#include <stdint.h>\n\n"
                  f"#define HEADER_FACTOR 0x{factor:016x}u\n"
                  f"#define HEADER_SHIFT  {64 - SLOTS_BITS}\n\n"
                  "struct header_key {\n\tuint64_t first, last, len;\n};\n\n"
                  "/* enum bel_sip_header by slot; 0 where no name falls. */\n"
                  f"static const uint8_t header_slots[{1 << SLOTS_BITS}] = {{\n")
        for row in range(0, len(table), 16):
            out.write("\t" + ", ".join(f"{n:3d}" for n in table[row:row + 16]) + ",\n")
        out.write("};\n\n/* First and last bytes of each name, and its length, by enum bel_sip_header. */\n"
                  f"static const struct header_key header_keys[{len(names) + 1}] = {{\n\t{{ 0, 0, 0 }},\n")
        for _, name, _ in names:
            out.write("\t{{ 0x{:016x}u, 0x{:016x}u, {} }},\n".format(*key(name), len(name)))
        out.write("};\n\n/* RFC 3261 section 7.3.3 and the registry: compact forms from 'a'. */\n"
                  "static const uint8_t compact_headers[26] = {\n\t")
        letters = {compact[1]: number for number, (_, _, compact) in enumerate(names, 1)
                   if compact != "0"}
        out.write(", ".join(str(letters.get(chr(97 + i), 0)) for i in range(26)))
        out.write(",\n};\n\n#endif\n")


main()
