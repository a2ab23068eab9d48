#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes header_slots.h from the list of header fields in name.h: looks for the multiplier
under which no two names share a slot. Run it in src/sip after changing the list; the unit
test of names proves the result."""
import random
import re

SLOTS_BITS = 9
WORDS = 4
MASK = (1 << 64) - 1


def fold(name):
    raw = name.encode().ljust(8 * WORDS, b"\0")
    words = [int.from_bytes(raw[i * 8:i * 8 + 8], "little") for i in range(WORDS)]
    return [w | ((w & 0x4040404040404040) >> 1) for w in words]


def mix(words):
    rotated = [((w << (i * 13)) | (w >> (64 - i * 13))) & MASK if i else w
               for i, w in enumerate(words)]
    return rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3]


def main():
    text = open("name.h", encoding="ascii").read()
    names = re.findall(r'X\(([A-Z0-9_]+), "([^"]+)", (0|\'.\'), [A-Z]+\)', text)
    mixed = [mix(fold(name)) for _, name, _ in names]
    assert len(set(mixed)) == len(mixed), "two names mix alike: change the rotation"
    assert all(len(name) <= 8 * WORDS for _, name, _ in names)
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
                  "/* enum bel_sip_header by slot; 0 where no name falls. */\n"
                  f"static const uint8_t header_slots[{1 << SLOTS_BITS}] = {{\n")
        for row in range(0, len(table), 16):
            out.write("\t" + ", ".join(f"{n:3d}" for n in table[row:row + 16]) + ",\n")
        out.write("};\n\n/* RFC 3261 section 7.3.3 and the registry: compact forms from 'a'. */\n"
                  "static const uint8_t compact_headers[26] = {\n\t")
        letters = {compact[1]: number for number, (_, _, compact) in enumerate(names, 1)
                   if compact != "0"}
        out.write(", ".join(str(letters.get(chr(97 + i), 0)) for i in range(26)))
        out.write(",\n};\n\n#endif\n")


main()
