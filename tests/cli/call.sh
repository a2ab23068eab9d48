# SPDX-License-Identifier: Apache-2.0
# belfry call: a call with sound, judged by what was heard.
. "${0%/*}/../support/cli.sh"
hello=$tests/data/hello.wav
cat >server.conf <<EOF
domain example.test
user alice password secret
user bob password file:bob.pw
route local {
    600 answer echo
    601 answer play $hello
    602 answer tone 700
    603 reject 486
}
EOF
printf 'secret-of-bob' >bob.pw
serve
mkdir -p state && cp bob.pw state/

# hears WORD...: a call that must be heard. A busy machine may tear a sound; three times in
# a row it does not.
hears() {
	for _ in 1 2; do
		"$belfry" call "$@" --state state >out 2>err </dev/null && return 0
	done
	expect 0 call "$@" --state state
}

# The echo: a tone, judged by itself; a recording, by its content.
hears bob 600 --duration 1s
says out "INVITE 407 ACK INVITE 100 180 200 ACK" && says out "440 Hz sent, 440 Hz heard"
hears bob 600 --play "$hello" --duration 3s --expect 'audio mos>=4 loss<1%'
says out "ok    audio: heard"
hears bob 600 --duration 1s --srtp sdes --codec G722
says out "srtp  G722"
hears bob 600 --duration 1s --srtp dtls
says out "srtp  opus"
hears bob 600 --duration 1s --codec PCMA --transport tcp
hears bob 602 --duration 1s --expect 'audio=700Hz'
hears bob 601 --duration 1s --expect 'status=200 first<2000ms' --record r.wav
[ "$(wc -c <r.wav)" -gt 12000 ] || complain "too little was recorded"

# What is not so is said.
expect 1 call bob 602 --duration 1s --expect 'audio=440Hz' --state state
says out "no    audio=440Hz: not heard"
expect 1 call bob 601 --duration 2s --state state && says out "something else heard"
expect 1 call bob alice --state state && says out "480" && says out "not registered"
expect 1 call bob 603 --state state && says out "busy"
expect 0 call bob 603 --expect 'status=486' --state state
expect 1 call alice 600 --password wrong --state state && says out "password is wrong"

# As JSON, and with every message.
hears bob 600 --duration 500ms --json && is_json out
says out '"event":"verdict","ok":true'
hears bob 600 --duration 500ms --ladder && says out "-> BYE sip:600"

# Without sound: a registration, a message.
expect 0 register bob --state state && says out "registered for"
expect 1 register bob --password wrong --state state && says out "401"
expect 1 message bob alice "hello" --state state && says out "480"
expect 2 message bob alice --state state && says err "on my way"
expect 2 register --state state && says err "register whom"

# Ctrl-C takes the registration back, waits for that without burning the processor, and
# once more does not wait. (jiffies: of a process, in clock ticks.)
jiffies() {
	cut -d' ' -f14,15 "/proc/$1/stat" | tr ' ' '+' | { read -r sum && echo $((sum)); }
}
"$belfry" register bob --stay --state state >out 2>err </dev/null &
other=$!
until_true has_line out "registered for"
kill -STOP "$server"
kill -INT "$other"
sleep 1
used=$(jiffies "$other")
[ "${used:-0}" -lt 50 ] || complain "waiting took $used ticks of the processor"
kill -INT "$other"
until_true has_ended "$other"
kill -CONT "$server"
wait "$other"
other=

# Words that are wrong.
expect 2 call --state state && says err "call whom"
expect 2 call bob 600 --expect 'moss>4' --state state && says err "moss"
expect 2 call bob 600 --codec G729 --state state && says err "PCMU"
expect 2 call bob 600 --srtp yes --state state && says err "sdes"
expect 2 call bob 600 --duration soon --state state && says err "10s"
expect 2 call bob 600 --dtmf 12x --state state && says err "0-9"
expect 2 call bob 600 --play nothing.wav --state state && says err "nothing.wav"
expect 2 call bob 600 --state elsewhere && says err "no server at elsewhere"
expect 2 call bob 600 --transport pigeon --state state && says err "udp"

# A recording that is not there is a problem of the file that names it.
sed "s,play .*,play gone.wav," server.conf >server.new && mv server.new server.conf
expect 1 reload --state state && says out "gone.wav"
hears bob 600 --duration 500ms
exit $wrong
