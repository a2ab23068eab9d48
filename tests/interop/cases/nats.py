# SPDX-License-Identifier: Apache-2.0
"""Two agents behind NATs of the kernel, and a server that nobody has told of them.

    10.1.0.2 - NAT 203.0.113.2 --- 203.0.113.1 server 198.51.100.1 --- 198.51.100.2 NAT - 10.2.0.2

There is sound both ways, and it goes by way of the server: nothing else leads there. With
ICE the server is also a router between the two, and carries no media itself.
"""

import re

from harness import wait
from harness import space as spaces
from harness.suite import Case
from harness.wait import Failed
from peers import programs

CONFIG = """listen udp,tcp 203.0.113.1:5060
user alice password file:alice.pw
user bob password file:bob.pw
"""
# The server carries no media: the agents find their way by ICE, or take a relay of TURN.
ICE_CONFIG = CONFIG + """media relay never
turn {
 listen udp,tcp 203.0.113.1:3478
 listen tls 203.0.113.1:5349
 allow 203.0.113.0/24 198.51.100.0/24
}
"""
# The kernel carries what needs another address alone, as soon as both ways are known.
FAST_CONFIG = CONFIG + "media fast auto\n"
FAST_PACKETS_MIN = 150  # of twice 50 a second for five: a way is laid in the third at the latest
READY_S, CALL_S = 15, 40
SETUP_MAX_MS = 3000
SERVER = "203.0.113.1"
OUTER = {"alice": ("203.0.113.2", "203.0.113.1"), "bob": ("198.51.100.2", "198.51.100.1")}

# A mapping for each destination, at random; or the same port for all. Both let in only who
# was sent to.
MASQUERADES = {"symmetric": "masquerade fully-random", "restricted": "masquerade", "no-udp": "masquerade"}
DROPS = {"no-udp": "ip protocol udp drop"}  # a firewall that knows nothing but the web
RULES = """table ip nat {
 chain outward {
  type nat hook postrouting priority 100
  oifname "outside" %s
 }
 chain inward {
  type filter hook forward priority 0; policy drop
  %s
  iifname "inside" accept
  ct state established,related accept
 }
 chain uninvited {
  type filter hook input priority 0
  iifname "outside" ct state new drop
 }
}
"""


def put_behind_nat(stage, world, user, number, kind):
    """Where the user's agent runs."""
    nat, home = stage.new_space(world), stage.new_space(world)
    outer, gateway = OUTER[user]
    spaces.wire(world, [f"{gateway}/24"], nat, [f"{outer}/24"], (user, "outside"))
    spaces.wire(nat, [f"10.{number}.0.1/24"], home, [f"10.{number}.0.2/24"], ("inside", "cable"))
    nat.run("ip", "route", "add", "default", "via", gateway)
    home.run("ip", "route", "add", "default", "via", f"10.{number}.0.1")
    nat.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    rules = stage.write(f"{user}.nft", RULES % (MASQUERADES[kind], DROPS.get(kind, "")))
    nat.run(programs.NFT.path(), "-f", rules)
    return home


def start_server(stage, world, text):
    config = stage.write("belfry/belfry.conf", text)
    for user in OUTER:
        stage.write(f"belfry/{user}.pw", f"secret-of-{user}\n")
    argv = [stage.options.binary, "run", "--config", config, "--state", stage.path("state")]
    server = stage.start("belfry", argv, enter=world.enter)
    wait.until(lambda: "listening on" in server.log.text(), READY_S, "the server")


def start_agent(stage, home, user, command, *argv):
    password = ("--password", "file:" + stage.path(f"belfry/{user}.pw"))
    full = [stage.options.binary, command, *argv, *password]
    return stage.start(user, full, enter=home.enter)


def call_between(one, other, *options, config=CONFIG, way="", duration="3s"):
    """`way` is the kind of candidate that the sound has to take at one of the two."""

    def play(stage):
        world = stage.new_space()
        homes = {
            user: put_behind_nat(stage, world, user, number, kind)
            for number, (user, kind) in enumerate((("alice", one), ("bob", other)), 1)
        }
        if config is ICE_CONFIG:
            world.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        start_server(stage, world, config)
        bob, alice = f"sip:bob@{SERVER}", f"sip:alice@{SERVER}"
        callee = start_agent(stage, homes["bob"], "bob", "answer", bob, *options)
        wait.until(lambda: "waits for a call" in callee.log.text(), READY_S, "bob's registration")
        words = (alice, bob, "--duration", duration, *options)
        caller = start_agent(stage, homes["alice"], "alice", "call", *words)
        for child in (caller, callee):
            if child.result(CALL_S) != 0:
                raise Failed(f"{child.name} did not hear the other")
        # An INVITE too large for a datagram must not wait for a phone that has no TCP.
        setup = re.search(r"set up in (\d+) ms", caller.log.text())
        if not setup or int(setup[1]) > SETUP_MAX_MS:
            raise Failed("it took too long to set up")
        if way and not re.search(rf"ice +.*\b{way} ", caller.log.text() + callee.log.text()):
            raise Failed(f"the sound took no candidate of kind {way}")

    return play


def fast_case(one, other, *options, full=False):
    call = call_between(one, other, *options, config=FAST_CONFIG, duration="5s")

    def play(stage):
        call(stage)
        metrics = [stage.options.binary, "metrics", "--state", stage.path("state")]
        asked = stage.start("metrics", metrics)
        if asked.result(CALL_S) != 0:
            raise Failed("the server does not tell its metrics")
        carried = re.search(r"^\S*relay_fast_packets\S* (\d+)", asked.log.text(), re.M)
        if not carried or int(carried[1]) < FAST_PACKETS_MIN:
            raise Failed(f"the kernel carried too little: {carried and carried[0]}")

    name = "-".join((one, other, *(word for word in options if word[0] != "-")))
    needed = (programs.IP, programs.NSENTER, programs.NFT)
    return Case(f"nat/fast-{name}", play, needed, full=full)


def line_case(one, other, name, *options, full=False):
    """TURN by TCP or TLS: there is no UDP out of the first one's network."""
    play = call_between(one, other, "--transport", "tcp", *options, config=ICE_CONFIG, way="relay")
    needed = (programs.IP, programs.NSENTER, programs.NFT)
    return Case(f"nat/turn-{name}-{one}-{other}", play, needed, full=full)


def ice_case(one, other, way, *options, full=False):
    """By TURN where nothing else leads, else by what STUN says of the NATs."""
    server = ("--turn", f"{SERVER}:3478") if way == "relay" else ("--stun", f"{SERVER}:3478")
    name = "-".join((one, other, *(word for word in options if word[0] != "-")))
    play = call_between(one, other, *options, *server, config=ICE_CONFIG, way=way)
    return Case(f"nat/ice-{name}", play, (programs.IP, programs.NSENTER, programs.NFT), full=full)


def case(one, other, *options, full=False):
    name = "-".join((one, other, *(word for word in options if word[0] != "-")))
    needed = (programs.IP, programs.NSENTER, programs.NFT)
    return Case(f"nat/{name}", call_between(one, other, *options), needed, full=full)


def doctor_case(kind, told, full=False):
    """What `belfry doctor` says at home, with coturn's two addresses outside (RFC 5780)."""

    def play(stage):
        world = stage.new_space()
        home = put_behind_nat(stage, world, "alice", 1, kind)
        world.run("ip", "addr", "add", f"{OUTER['bob'][1]}/32", "dev", "lo")
        start_server(stage, world, "domain office.test\n" + CONFIG)
        stun = [programs.TURNSERVER.path(), "-n", "-L", SERVER, "-L", OUTER["bob"][1], "-p", "3478"]
        stun += ["--alt-listening-port", "3479", "--no-tls", "--no-dtls", "--no-cli", "--no-auth"]
        stage.start("turnserver", [*stun, "--log-file", "stdout"], enter=world.enter)
        argv = [stage.options.binary, "doctor", "--config", stage.write("empty.conf", "")]
        argv += ["--stun", SERVER, "--sip", SERVER, "--domain", "office.test"]
        patient = stage.start("doctor", argv, enter=home.enter)
        patient.result(CALL_S)
        wanted = (told, r"ok +sip-alg", r"ok +mtu", r"warn +addresses +10\.1\.0\.2 is private")
        for pattern in wanted:
            if not re.search(pattern, patient.log.text()):
                raise Failed(f"the doctor does not say: {pattern}")

    needed = (programs.IP, programs.NSENTER, programs.NFT, programs.TURNSERVER)
    return Case(f"nat/doctor-{kind}", play, needed, full=full)


CASES = [
    doctor_case("symmetric", r"warn +nat +behind a symmetric NAT.*only addresses with port"),
    doctor_case("restricted", r"ok +nat +behind a NAT, seen as 203\.0\.113\.2; the same port.*only"),
    case("symmetric", "symmetric"),
    case("symmetric", "symmetric", "--srtp", "dtls"),
    case("symmetric", "symmetric", "--srtp", "sdes", full=True),
    case("symmetric", "restricted", full=True),
    case("restricted", "symmetric", full=True),
    case("restricted", "restricted", full=True),
    case("restricted", "restricted", "--transport", "tcp", full=True),
    case("symmetric", "symmetric", "--transport", "tcp", full=True),
    fast_case("symmetric", "symmetric"),
    fast_case("restricted", "restricted", "--srtp", "sdes", full=True),
    ice_case("symmetric", "symmetric", "relay"),
    line_case("no-udp", "symmetric", "tcp", "--turn", f"{SERVER}?transport=tcp"),
    line_case("no-udp", "no-udp", "tls", "--turn", f"turns:{SERVER}", full=True),
    ice_case("restricted", "restricted", "(srflx|prflx)"),
    ice_case("symmetric", "symmetric", "relay", "--srtp", "dtls", full=True),
    ice_case("symmetric", "restricted", "relay", full=True),
    ice_case("restricted", "restricted", "(srflx|prflx)", "--srtp", "dtls", full=True),
]
