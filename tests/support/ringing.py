# SPDX-License-Identifier: Apache-2.0
# ringing.py PORT PHONE_PORT: alice calls bob, whose phone at PHONE_PORT rings and rings.
# Prints what arrives at either end, a line each: "bob INVITE", "alice 180".
import os
import re
import socket
import sys
import threading

server = ("127.0.0.1", int(sys.argv[1]))
bob = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bob.bind(("127.0.0.1", int(sys.argv[2])))
alice = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
alice.bind(("127.0.0.1", 0))


def tell(line):
    """In one piece: what print writes can be torn apart by the other thread."""
    os.write(1, (line + "\n").encode())


def respond(request, status, extra=""):
    kept = re.findall(r"(?im)^(?:via|from|to|call-id|cseq):.*\r\n", request)
    kept = [line if not line.lower().startswith("to:") or ";tag=" in line
            else line.rstrip() + ";tag=bob\r\n" for line in kept]
    return f"SIP/2.0 {status}\r\n{''.join(kept)}{extra}Content-Length: 0\r\n\r\n"


def ring():
    invite = None
    while True:
        data, source = bob.recvfrom(65535)
        text = data.decode()
        method = text.split()[0]
        tell("bob " + method)
        if method == "INVITE":
            invite = text
            bob.sendto(respond(text, "180 Ringing").encode(), source)
        elif method == "CANCEL":
            bob.sendto(respond(text, "200 OK").encode(), source)
            bob.sendto(respond(invite, "487 Request Terminated").encode(), source)
            return


ringer = threading.Thread(target=ring, daemon=True)
ringer.start()
port = alice.getsockname()[1]
alice.sendto(f"""INVITE sip:bob@example.test SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKring;rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag=a
To: <sip:bob@example.test>
Call-ID: ring-{port}
CSeq: 1 INVITE
Contact: <sip:alice@127.0.0.1:{port}>
Content-Length: 0

""".replace("\n", "\r\n").encode(), server)
alice.settimeout(30)
status = "100"
while status < "200":
    status = alice.recv(65535).decode().split()[1]
    tell("alice " + status)
ringer.join(5)
