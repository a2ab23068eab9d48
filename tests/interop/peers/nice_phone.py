# SPDX-License-Identifier: Apache-2.0
"""A phone made of libnice (the ICE of WebRTC's GStreamer) and of nothing else: it says 700 Hz
in PCMU where ICE leads it, and writes down what comes as samples of 16 bits.

    python3 -m peers.nice_phone SERVER USER PASSWORD PORT RECORDING [mux]

It registers, answers whoever calls, and takes `dial URI`, `hang up` and `quit` on its
standard input. What it sends and receives stands on its standard output.
"""

import array
import ctypes
import hashlib
import os
import re
import select
import socket
import struct
import sys
import time

from . import tone

RATE_HZ, FRAME = 8000, 160
COMPATIBLE_RFC5245, PROTOCOL_UDP = 0, 0
RTP = 1
STATES = ("disconnected", "gathering", "connecting", "connected", "ready", "failed")
READY = STATES.index("ready")
TICK_S = 0.005
EXPIRES_S = 300

RECEIVE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_char), ctypes.c_void_p
)


class Ice:
    """One agent of libnice with one stream."""

    def __init__(self, components, is_controlling, on_data):
        self.nice = ctypes.CDLL("libnice.so.10")
        self.glib = ctypes.CDLL("libglib-2.0.so.0")
        gobject = ctypes.CDLL("libgobject-2.0.so.0")
        for owner, name in (
            (self.nice, "nice_agent_new"),
            (self.nice, "nice_agent_generate_local_sdp"),
            (self.nice, "nice_address_new"),
            (self.glib, "g_main_context_new"),
        ):
            getattr(owner, name).restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.glib.g_main_context_new())
        self.agent = ctypes.c_void_p(self.nice.nice_agent_new(self.context, COMPATIBLE_RFC5245))
        for name, value in (("controlling-mode", is_controlling), ("ice-tcp", 0), ("upnp", 0)):
            gobject.g_object_set(self.agent, name.encode(), ctypes.c_int(value), None)
        address = ctypes.c_void_p(self.nice.nice_address_new())
        self.nice.nice_address_set_from_string(address, b"127.0.0.1")
        self.nice.nice_agent_add_local_address(self.agent, address)
        self.components = components
        self.stream = self.nice.nice_agent_add_stream(self.agent, components)
        self.nice.nice_agent_set_stream_name(self.agent, self.stream, b"audio")
        self.receive = RECEIVE(lambda _a, _s, component, size, data, _u: on_data(component, data[:size]))
        for component in range(1, components + 1):
            self.nice.nice_agent_attach_recv(self.agent, self.stream, component, self.context, self.receive, None)
        self.nice.nice_agent_gather_candidates(self.agent, self.stream)
        # Those of a host are there at once.
        while not self.lines("a=candidate:"):
            self.turn()

    def turn(self):
        while self.glib.g_main_context_iteration(self.context, 0):
            pass

    def lines(self, *prefixes):
        text = ctypes.cast(self.nice.nice_agent_generate_local_sdp(self.agent), ctypes.c_char_p).value
        return [line for line in text.decode().splitlines() if line.startswith(prefixes)]

    def port(self):
        """Of the first candidate for RTP."""
        return next(line.split()[5] for line in self.lines("a=candidate:") if line.split()[1] == "1")

    def set_remote(self, sdp):
        return self.nice.nice_agent_parse_remote_sdp(self.agent, sdp.replace("\r", "").encode())

    def is_ready(self):
        return all(
            self.nice.nice_agent_get_component_state(self.agent, self.stream, each) == READY
            for each in range(1, self.components + 1)
        )

    def send(self, packet):
        self.nice.nice_agent_send(self.agent, self.stream, RTP, len(packet), packet)


def encode(sample):
    """G.711, mu-law."""
    sign, sample = (0x80, -sample) if sample < 0 else (0, sample)
    sample = min(sample, 32635) + 132
    exponent = sample.bit_length() - 8
    return ~(sign | exponent << 4 | sample >> (exponent + 3) & 15) & 255


def decode(byte):
    byte = ~byte & 255
    sample = ((byte & 15) << 3 | 0x84) << (byte >> 4 & 7)
    return 132 - sample if byte & 0x80 else sample - 132


class Sound:
    """What a call says and hears."""

    def __init__(self, path):
        said = bytes(encode(each) for each in tone.samples(RATE_HZ, 1))
        self.frames = [said[at : at + FRAME] for at in range(0, len(said), FRAME)]
        self.file = open(path, "ab")
        self.count, self.began = 0, None

    def hear(self, component, data):
        if component == RTP and len(data) > 12 and data[1] & 127 == 0:
            self.file.write(array.array("h", map(decode, data[12:])).tobytes())
            self.file.flush()

    def speak(self, ice):
        self.began = self.began or time.monotonic()
        while self.count * FRAME / RATE_HZ < time.monotonic() - self.began:
            head = struct.pack("!BBHII", 0x80, 0, self.count & 0xFFFF, self.count * FRAME, 0x6E696365)
            ice.send(head + self.frames[self.count % len(self.frames)])
            self.count += 1


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.lines = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        self.is_answer = self.start.startswith("SIP/2.0")
        self.status = int(self.start.split()[1]) if self.is_answer else 0
        self.method = self.all("CSeq")[0].split()[1]

    def all(self, name):
        return [value for key, value in self.lines if key.lower() == name.lower()]


class Phone:
    """One call at a time; by UDP, through its server."""

    def __init__(self, server, user, password, port, recording, *options):
        host, _, server_port = server.partition(":")
        self.server, self.user, self.password = (host, int(server_port)), user, password
        self.domain, self.recording = server, recording
        self.components = 1 if "mux" in options else 2
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", int(port)))
        self.address = f"127.0.0.1:{port}"
        self.cseq, self.is_over = 0, False
        self.ice = self.sound = self.dialog = None
        self.is_established = False

    # ---- messages ----

    def send(self, text):
        print(text, flush=True)
        self.socket.sendto(text.encode(), self.server)

    def request(self, method, uri, to, call_id, *lines, body="", cseq=None):
        if cseq is None:
            self.cseq += 1
        head = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{os.urandom(8).hex()};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{self.domain}>;tag={self.user}",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq or self.cseq} {method}",
            f"Contact: <sip:{self.user}@{self.address}>",
            *lines,
        ]
        if body:
            head.append("Content-Type: application/sdp")
        self.send("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]))

    def answer(self, request, status, *lines, body=""):
        head = [f"SIP/2.0 {status}"]
        for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
            for value in request.all(name):
                tag = ";tag=libnice" if name == "To" and "tag=" not in value else ""
                head.append(f"{name}: {value}{tag}")
        head += [f"Contact: <sip:{self.user}@{self.address}>", *lines]
        if body:
            head.append("Content-Type: application/sdp")
        self.send("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]))

    def credentials(self, challenge, method, uri):
        """RFC 2617: MD5 with qop, which every server has."""
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
        count, cnonce = "00000001", os.urandom(8).hex()

        def md5(*parts):
            return hashlib.md5(":".join(parts).encode()).hexdigest()

        secret = md5(self.user, said["realm"], self.password)
        proof = md5(secret, said["nonce"], count, cnonce, "auth", md5(method, uri))
        return (
            f'Digest username="{self.user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
            f'response="{proof}", algorithm=MD5, qop=auth, nc={count}, cnonce="{cnonce}"'
            + (f', opaque="{said["opaque"]}"' if "opaque" in said else "")
        )

    def proof(self, response, uri):
        """The line that the challenge asks for."""
        asked = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        gives = "Authorization" if response.status == 401 else "Proxy-Authorization"
        challenge = next(each for each in response.all(asked) if "SHA" not in each)
        return f"{gives}: {self.credentials(challenge, response.method, uri)}"

    # ---- registration ----

    def register(self, *lines):
        uri = f"sip:{self.domain}"
        to = f"<sip:{self.user}@{self.domain}>"
        self.request("REGISTER", uri, to, f"register-{self.address}", f"Expires: {EXPIRES_S}", *lines)

    def on_register_answer(self, response):
        if response.status == 401 and not self.is_over:
            self.register(self.proof(response, f"sip:{self.domain}"))
        elif response.status == 200:
            print("EVENT registered", flush=True)
        elif response.status >= 400:
            print("EVENT refused", flush=True)

    # ---- the call ----

    def open_media(self, is_controlling):
        self.sound = Sound(self.recording)
        self.ice = Ice(self.components, is_controlling, self.sound.hear)

    def describe(self):
        more = ["a=rtcp-mux"] if self.components == 1 else []
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        lines += [f"m=audio {self.ice.port()} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", *more]
        return "\r\n".join([*lines, *self.ice.lines("a=ice-", "a=candidate:"), ""])

    def dial(self, uri, *lines):
        if not self.ice:
            self.open_media(True)
            self.dialog = {"uri": uri, "to": f"<{uri}>", "call_id": f"call-{self.address}", "route": []}
        self.request("INVITE", uri, f"<{uri}>", self.dialog["call_id"], *lines, body=self.describe())

    def within(self, method, **more):
        dialog = self.dialog
        routes = [f"Route: {each}" for each in dialog["route"]]
        self.request(method, dialog["target"], dialog["to"], dialog["call_id"], *routes, **more)

    def on_invite_answer(self, response):
        uri, cseq = self.dialog["uri"], int(response.all("CSeq")[0].split()[0])
        if response.status >= 300:
            self.request("ACK", uri, response.all("To")[0], self.dialog["call_id"], cseq=cseq)
        if response.status in (401, 407):
            self.dial(uri, self.proof(response, uri))
        elif 200 <= response.status < 300:
            self.dialog["target"] = re.search(r"<(.*?)>", response.all("Contact")[0]).group(1)
            self.dialog["to"] = response.all("To")[0]
            self.dialog["route"] = response.all("Record-Route")[::-1]
            self.within("ACK", cseq=cseq)
            self.establish(response.body)
        elif response.status >= 300:
            print("EVENT ended", flush=True)

    def establish(self, sdp):
        if not self.is_established:
            print(f"EVENT candidates {self.ice.set_remote(sdp)}", flush=True)
            print("EVENT established", flush=True)
        self.is_established = True

    def on_invite(self, request):
        if self.ice and not self.dialog:  # again, or another one
            return
        self.open_media(False)
        print(f"EVENT candidates {self.ice.set_remote(request.body)}", flush=True)
        self.dialog = {
            "target": re.search(r"<(.*?)>", request.all("Contact")[0]).group(1),
            "to": request.all("From")[0],
            "call_id": request.all("Call-ID")[0],
            "route": request.all("Record-Route"),
        }
        self.answer(request, "200 OK", body=self.describe())

    def end(self):
        self.ice = self.dialog = None
        self.is_established = False
        print("EVENT ended", flush=True)

    # ---- what comes ----

    def on_message(self, data):
        message = Message(data.decode())
        if message.is_answer:
            handler = {"REGISTER": self.on_register_answer, "INVITE": self.on_invite_answer}.get(message.method)
            if handler and message.status >= 200:
                handler(message)
        elif message.method == "INVITE":
            self.on_invite(message)
        elif message.method == "ACK":
            self.is_established = True
            print("EVENT established", flush=True)
        else:
            self.answer(message, "200 OK")
            if message.method == "BYE":
                self.end()

    def on_command(self, line):
        words = line.split()
        if words[:1] == ["dial"]:
            self.dial(words[1])
        elif words == ["hang", "up"]:
            self.within("BYE")
            self.end()
        else:
            self.is_over = True

    def turn(self):
        for ready in select.select([self.socket, sys.stdin], [], [], TICK_S)[0]:
            if ready is self.socket:
                data = self.socket.recv(65535)
                print(data.decode(errors="replace"), flush=True)
                self.on_message(data)
            else:
                self.on_command(sys.stdin.readline())
        if not self.ice:
            return
        self.ice.turn()
        if self.is_established and self.ice.is_ready():
            if self.sound.began is None:
                print("EVENT ready", flush=True)
            self.sound.speak(self.ice)


def main():
    phone = Phone(*sys.argv[1:])
    phone.register()
    while not phone.is_over:
        phone.turn()


if __name__ == "__main__":
    main()
