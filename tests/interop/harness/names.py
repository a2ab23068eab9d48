#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for a namespace of our own: names.py ADDRESS PORT ZONE.

ZONE is a file of lines `NAME A ADDRESS` and `NAME SRV PORT TARGET`. Every other name does
not exist; a name that has other records only is answered empty (RFC 2308 section 2).
"""

import socket
import struct
import sys

TYPES = {"A": 1, "SRV": 33}
TTL_S = 60
# RFC 1035 section 4.1.1: a response, authoritative, recursion desired and available.
FLAGS, NO_SUCH_NAME = 0x8580, 3


def encode_name(name):
    labels = name.rstrip(".").split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def encode_data(kind, fields):
    if kind == "A":
        return socket.inet_aton(fields[0])
    # RFC 2782: priority 0, weight 0, port, target.
    return struct.pack("!HHH", 0, 0, int(fields[0])) + encode_name(fields[1])


def read_zone(path):
    """{name: [(type, data)]}"""
    zone = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            name, kind, *fields = line.split()
            zone.setdefault(name, []).append((TYPES[kind], encode_data(kind, fields)))
    return zone


def read_question(query):
    """Name, type, and the bytes of the only question."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    (kind,) = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels), kind, query[12 : at + 5]


def answer(query, zone):
    name, kind, question = read_question(query)
    records = [data for known, data in zone.get(name, ()) if known == kind]
    flags = FLAGS if name in zone else FLAGS | NO_SUCH_NAME
    head = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    # 0xC00C points at the name in the question.
    answers = (struct.pack("!HHHIH", 0xC00C, kind, 1, TTL_S, len(d)) + d for d in records)
    return head + question + b"".join(answers)


def main():
    address, port, path = sys.argv[1:]
    zone = read_zone(path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, int(port)))
        while True:
            query, client = server.recvfrom(4096)
            server.sendto(answer(query, zone), client)


if __name__ == "__main__":
    main()
