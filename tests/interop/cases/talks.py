# SPDX-License-Identifier: Apache-2.0
"""What happens within calls of Belfry's agent with phones: hold, transfer, digits.

The agent says 440 Hz, phones say 700; both sides must have heard the other one's.
"""

from harness import wait
from harness.suite import Case
from harness.wait import Failed
from peers import tone
from peers.baresip import Baresip
from peers.caller import Answerer, Caller
from peers.linphone import Linphone
from peers.phone import TORN_S
from peers.twinkle import Twinkle

from . import agent, scene

HEARS = ("--expect", "audio=700Hz")
EVENT_S = 10
TALK_S = 1.5
TRIES = 2
CONSULTED_S = 3 * TALK_S
CONSULT_S = 1  # how long the agent talks with who is consulted
DIGITS = "159#"
# Packets that were under way, or that say nothing: linphonec keeps its port open with them.
HELD_PACKETS_MAX = 12


def talk_for(seconds):
    """Sound takes the time that it takes."""
    wait.interrupted.wait(seconds)


def meet(stage, kind, transport, *options, phone_calls):
    """The agent (alice) and a phone (bob) in a call; returns both."""
    server = scene.start_server(stage)
    phone = scene.start_phone(stage, kind, server, "bob", transport)
    account = scene.account_of(server, "alice", transport)
    if phone_calls:
        agent = Answerer(stage, account).wait(*options)
        phone.dial(phone.account.uri_of("alice"))
    else:
        agent = Caller(stage, account).dial("bob", *options)
    phone.expect("established", scene.CALL_S)
    agent.expect("answered", scene.CALL_S)
    return agent, phone


def part(agent, phone):
    """The phone ends it; both have heard the other."""
    phone.hang_up()
    said = agent.verdict()
    phone.expect("ended", scene.CALL_S)
    phone.check_heard()
    return said


def calls_us(kind, transport, *options, protected=False):
    def play(stage):
        agent, phone = meet(stage, kind, transport, *HEARS, *options, phone_calls=True)
        talk_for(2 * TALK_S)
        said = part(agent, phone)
        if protected and not said["protected"]:
            raise Failed("it was not protected")

    return play


def we_hold(kind, transport):
    def play(stage):
        options = ("--hold", "2s", "--duration", "4s", *HEARS)
        agent, phone = meet(stage, kind, transport, *options, phone_calls=False)
        agent.verdict()
        phone.expect("ended", scene.CALL_S)
        phone.check_heard()
        check_silence(agent, "us")

    return play


def check_silence(agent, who):
    """On hold they sent nothing; and then the call went on."""
    resumed = [each for each in agent.events() if each["event"] == "resumed" and each["by"] == who]
    if not resumed:
        raise Failed("it did not go on")
    if resumed[0]["packets"] > HELD_PACKETS_MAX:
        raise Failed(f"{resumed[0]['packets']} packets came while they were on hold")


def they_hold(kind, transport):
    def play(stage):
        agent, phone = meet(stage, kind, transport, *HEARS, phone_calls=True)
        talk_for(TALK_S)
        phone.hold()
        agent.expect("held", EVENT_S, by="them")
        talk_for(TALK_S)
        phone.resume()
        agent.expect("resumed", EVENT_S, by="them")
        talk_for(TALK_S)
        part(agent, phone)

    return play


def we_transfer(kind, transport, *how):
    """To carol, who is an agent too: she hears the phone, and the phone goes on hearing an
    agent."""

    def play(stage):
        server = scene.start_server(stage)
        phone = scene.start_phone(stage, kind, server, "bob", transport)
        # Who is consulted hears first the one who transfers, then the phone: two tones.
        third = Answerer(stage, scene.account_of(server, "carol"), "third")
        # It rings, as phones do: twinkle hangs up before it says how its call to carol went when
        # nobody has answered yet what it said before.
        heard = stage.path("third.wav")
        wanted = ("--expect", "status=200") if how else HEARS
        third.wait("--ring", "500ms", "--record", heard, *wanted)
        agent = Caller(stage, scene.account_of(server, "alice", transport))
        uri = phone.account.uri_of("carol") + phone.account.parameter
        options = ("--duration", "2s", "--transfer", uri, *how)
        agent.dial("bob", *options, "--expect", "audio=700Hz transfer=200")
        agent.verdict()
        talk_for(2 * TALK_S)
        phone.hang_up()
        third.verdict()
        if how:
            check_both(heard)
        phone.check_heard(2 * TORN_S)  # in two calls

    return play


def check_both(*paths):
    """First the agent, then the phone."""
    for hz in (tone.AGENT_HZ, tone.TONE_HZ):
        seconds = sum(tone.seconds_of(path, hz)[0] for path in paths)
        if seconds < CONSULT_S / 4:
            raise Failed(f"who was consulted heard {seconds:g} s of {hz} Hz")


def we_fall_back(kind, transport):
    """A phone that does not know Replaces calls carol anew, after we have left her (RFC 5589
    section 7.7). She has twinkle: baresip itself sometimes hears nothing of a call that begins
    in the moment in which its last one ends."""

    def play(stage):
        server = scene.start_server(stage)
        phone = scene.start_phone(stage, kind, server, "bob", transport)
        third = scene.start_phone(stage, Twinkle, server, "carol")
        agent = Caller(stage, scene.account_of(server, "alice", transport))
        uri = phone.account.uri_of("carol") + phone.account.parameter
        options = ("--duration", "2s", "--transfer", uri, "--consult")
        agent.dial("bob", *options, "--expect", "audio=700Hz transfer=200")
        agent.verdict()
        if not agent.has("unattended"):
            raise Failed("it was attended after all")
        talk_for(TALK_S)
        phone.hang_up()
        for each_phone in (phone, third):
            each_phone.expect("ended", scene.CALL_S)
            check_both(*each_phone.recorded())

    return play


def they_transfer(kind, transport, attended=False):
    """The phone (bob) sends the agent (alice) on to another phone (carol).

    Twinkle itself hangs for ever when somebody takes the place of its call.
    """
    third_kind = Linphone if attended else kind

    def play(stage):
        options = (*HEARS, "--follow", "--duration", "9s")
        agent, phone = meet(stage, kind, transport, *options, phone_calls=True)
        server = phone.account.server
        third = scene.start_phone(stage, third_kind, server, "carol", transport)
        talk_for(TALK_S)
        uri = phone.account.uri_of("carol")
        if attended:
            phone.consult(uri)
            for each in (third, phone):
                each.expect("established", scene.CALL_S)
            talk_for(TALK_S)
            phone.transfer_to_consulted()
        else:
            phone.transfer(uri)
        if not attended:
            third.expect("established", scene.CALL_S)
        agent.verdict()
        # Consulted, it has heard the other phone before.
        third.check_heard(CONSULTED_S if attended else 1)

    return play


def digits_to_phone(kind, transport, by):
    def play(stage):
        options = ("--dtmf", DIGITS, "--digits-by", by, "--duration", "4s", *HEARS)
        agent, phone = meet(stage, kind, transport, *options, phone_calls=False)
        agent.verdict()
        if phone.digits() != DIGITS:
            raise Failed(f"{phone.name} was sent {DIGITS} and says {phone.digits() or 'nothing'}")

    return play


def digits_to_us(kind, transport, *options):
    def play(stage):
        wanted = ("--expect", f"digits={DIGITS}", *options)
        agent, phone = meet(stage, kind, transport, *wanted, phone_calls=True)
        talk_for(TALK_S / 2)
        phone.send_digits(DIGITS)
        agent.expect("digit", EVENT_S, digit=DIGITS[-1])
        phone.hang_up()
        agent.verdict()

    return play


class InfoLinphone(Linphone):
    more_config = "use_info=1\nuse_rfc2833=0\n"


class InfoTwinkle(Twinkle):
    more_profile = "dtmf_transport=sip-info\n"


class ToneTwinkle(Twinkle):
    more_profile = "dtmf_transport=inband\n"


class ToneLinphone(Linphone):
    # It adds the digit to what it says, and a tone beside it would be another digit.
    tone_hz = 0


# One of a kind; what the others can do is for the long form.
SHORT = (
    "called-by/linphone-tls",
    "we-hold/baresip-udp",
    "we-hold/linphone-udp",
    "they-hold/linphone-udp",
    "we-transfer/baresip-udp",
    "we-fall-back/baresip-udp",
    "they-consult/linphone-udp",
    "digits-event-to/baresip-udp",
    "digits-info-from/linphone-udp",
    "digits-tones-from/twinkle-udp",
    "we-hold/baresip-tls",
    "we-transfer/linphone-tcp",
)


def each(name, play, kind, transport, short=SHORT, others=()):
    """A case through Belfry, and the same through Kamailio in the long form; `others`: kinds of
    phones that it needs as well."""
    label = f"{name}/{kind.kind}-{transport}"
    needs = tuple(each_kind.program for each_kind in (kind, *others))
    return [
        Case(f"agent/{label}", play, needs, label not in short, TRIES),
        Case(f"kamailio/agent/{label}", scene.through("kamailio", play), needs, True, TRIES),
    ]


CASES = []
for phone_kind in scene.PHONES:
    for way in phone_kind.transports:
        CASES += each("called-by", calls_us(phone_kind, way), phone_kind, way)
        CASES += each("we-hold", we_hold(phone_kind, way), phone_kind, way)
        CASES += each("they-hold", they_hold(phone_kind, way), phone_kind, way)
        CASES += each("we-transfer", we_transfer(phone_kind, way), phone_kind, way)
        CASES += each("they-transfer", they_transfer(phone_kind, way), phone_kind, way)
    if phone_kind is not Twinkle:  # it does not say which ones came
        play = digits_to_phone(phone_kind, "udp", "event")
        CASES += each("digits-event-to", play, phone_kind, "udp")
    CASES += each("digits-info-to", digits_to_phone(phone_kind, "udp", "info"), phone_kind, "udp")
    CASES += each("digits-event-from", digits_to_us(phone_kind, "udp"), phone_kind, "udp")
for way in Baresip.transports:
    play = we_fall_back(Baresip, way)
    CASES += each("we-fall-back", play, Baresip, way, others=(Twinkle,))
for phone_kind in (Linphone, Twinkle):
    CASES += each("we-consult", we_transfer(phone_kind, "udp", "--consult"), phone_kind, "udp")
    play = they_transfer(phone_kind, "udp", True)
    CASES += each("they-consult", play, phone_kind, "udp", others=(Linphone,))
for phone_kind in (InfoLinphone, InfoTwinkle):
    CASES += each("digits-info-from", digits_to_us(phone_kind, "udp"), phone_kind, "udp")
for phone_kind, codec, options in (
    (agent.Wideband, "G722", ()),
    (agent.Fullband, "opus", ()),
    (Baresip, "PCMA", ()),
    (Linphone, "opus", ()),
    (agent.WidebandLinphone, "G722", ()),
    (Linphone, "PCMA", ()),
    (agent.Protected, "srtp", ("--srtp", "sdes")),
    (agent.Keyed, "dtls", ("--srtp", "dtls")),
    (agent.ProtectedLinphone, "srtp", ("--srtp", "sdes")),
    (agent.KeyedLinphone, "dtls", ("--srtp", "dtls")),
):
    wanted = options or ("--codec", codec)
    play = calls_us(phone_kind, "udp", *wanted, protected=bool(options))
    CASES += each(f"called-by/{codec}", play, phone_kind, "udp")
CASES += each("digits-tones-from", digits_to_us(ToneTwinkle, "udp"), ToneTwinkle, "udp")
# It falls back to tones when events were not agreed, and the sound is G.711.
play = digits_to_us(ToneLinphone, "udp", "--digits-by", "tones", "--codec", "PCMU")
CASES += each("digits-tones-from", play, ToneLinphone, "udp")
