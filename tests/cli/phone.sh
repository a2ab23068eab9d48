# SPDX-License-Identifier: Apache-2.0
# belfry phone: phones that scripts lead call each other. What each heard is looked at,
# not only what it was told.
. "${0%/*}/../support/cli.sh"
cat >server.conf <<EOF2
domain example.test
user alice password secret
user bob password file:bob.pw
user carol password file:carol.pw
route local {
    600 answer echo
    602 answer tone 700
    603 reject 486
}
EOF2
mkdir -p state
printf 'secret' >state/alice.pw
printf 'secret-of-bob' | tee bob.pw >state/bob.pw
printf 'secret-of-carol' | tee carol.pw >state/carol.pw
serve

# tone FILE HZ: ten seconds of it, a tenth at a time; HZ is a multiple of ten.
tone() {
	awk -v hz="$2" 'BEGIN { for (i = 0; i < 800; i++) {
		v = int(8000 * sin(6.283185307179586 * hz * i / 8000))
		if (v < 0) v += 65536
		printf "\\0%03o\\0%03o", v % 256, int(v / 256) } }' >tone.txt
	printf '%b' "$(cat tone.txt)" >tone.raw
	printf 'RIFF\044\161\002\000WAVEfmt \020\000\000\000\001\000\001\000' >"$1"
	printf '\100\037\000\000\200\076\000\000\002\000\020\000data\000\161\002\000' >>"$1"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		cat tone.raw tone.raw tone.raw tone.raw tone.raw \
			tone.raw tone.raw tone.raw tone.raw tone.raw
	done >>"$1"
}

# share FILE HZ: the part of what a recording of 16 kHz holds that this tone has, in
# percent (Goertzel, 100 ms at a time).
share() {
	od -An -v -td2 -w2 -j44 "$1" | awk -v hz="$2" '
		BEGIN { k = 2 * cos(6.283185307179586 * hz / 16000) }
		{
			s = $1 + k * a - b; b = a; a = s; all += $1 * $1
			if (++n % 1600 == 0) {
				tone += (a * a + b * b - k * a * b) / 800
				a = b = 0
			}
		}
		END { print all ? int(100 * tone / all) : 0 }'
}

hears() {
	got=$(share "$1" "$2")
	[ "$got" -ge 20 ] || complain "$1: only $got % of it is $2 Hz"
}

hears_not() {
	got=$(share "$1" "$2")
	[ "$got" -le 3 ] || complain "$1: $got % of it is $2 Hz"
}

# start NAME DEVICE: its script is NAME.in; it is registered when this returns.
start() {
	: >"$1.out"
	"$belfry" phone "$1" --state state --device "$2" <"$1.in" >"$1.out" 2>&1 &
	other="$other $!"
	eval "$1_pid=$!"
	until_true has_line "$1.out" "is registered"
}

# finished NAME: it ends by itself, and everything was done.
finished() {
	eval "pid=\$$1_pid"
	wait "$pid" || {
		complain "$1 could not do all of it"
		cat "$1.out"
	}
}

# lead NAME DEVICE: in the foreground.
lead() {
	start "$1" "$2"
	finished "$1"
}

script() {
	cat >"$1.in"
}

tone 700.wav 700 && tone 1000.wav 1000 && tone 1500.wav 1500

# A call with everything in it.
script bob <<END
wait incoming
answer
wait answered
wait held
wait held
wait digit
wait digit
wait digit
wait message
wait ended
END
script alice <<END
wait registered
call bob
wait answered
wait heard
wait 1s
hold
wait held
wait 300ms
resume
wait held
dtmf 12#
record kept.wav
wait 1500ms
quality
mute
wait 100ms
unmute
message bob see you "later"
wait reply
hangup
wait ended
END
start bob file:1000.wav,bob.wav
lead alice file:1500.wav,alice.wav
finished bob
says alice.out "you talk with bob (call 1"
says alice.out "bob waits" && says alice.out "you talk with bob again"
says alice.out "the message arrived" && says alice.out "MOS"
says alice.out "call 1 with bob is over: you hung up after 0:0"
says bob.out "alice calls you (call 1): Enter answers"
says bob.out "alice puts you on hold" && says bob.out "alice talks with you again"
says bob.out "alice pressed 1" && says bob.out "alice pressed #"
says bob.out 'alice writes: see you "later"' && says bob.out "alice hung up after"
hears alice.wav 1000 && hears bob.wav 1500 && hears kept.wav 1000
hears_not alice.wav 1500

# Handed on without a word, and after one.
script bob <<END
wait incoming
answer
wait handed
wait answered
wait 2s
hangup all
wait ended
END
script alice <<END
call bob
wait answered
wait heard
transfer 602
wait transferred
wait ended
END
start bob file:,bob.wav
lead alice null
finished bob
says alice.out "bob talks with 602 now" && says bob.out "alice hands you over to 602"
hears bob.wav 700

script alice <<END
call bob
wait answered
call carol
wait answered
wait held
calls
transfer 1 to call 2
wait transferred
wait ended
END
script carol <<END
wait incoming
answer
wait handed
wait answered
wait 2s
hangup all
wait ended
END
start bob file:1000.wav,bob.wav
start carol file:1500.wav,carol.wav
lead alice null
finished bob && finished carol
says alice.out "* 2  carol" && says alice.out "you hold it"
says carol.out "alice hands you over to bob" && says alice.out "bob talks with carol now"
hears bob.wav 1500 && hears carol.wav 1000

# Three who hear each other.
script bob <<END
wait incoming
answer
wait ended
END
cp bob.in carol.in
script alice <<END
call bob
wait answered
call carol
wait answered
wait held
join
calls
wait 3s
hangup all
wait ended
END
start bob file:1000.wav,bob.wav
start carol file:1500.wav,carol.wav
lead alice file:700.wav,alice.wav
finished bob && finished carol
says alice.out "a conference of 2 and you"
hears alice.wav 1000 && hears alice.wav 1500 && hears_not alice.wav 700
hears bob.wav 700 && hears bob.wav 1500 && hears_not bob.wav 1000
hears carol.wav 700 && hears carol.wav 1000 && hears_not carol.wav 1500

# says_of STATUS SCRIPT [OPTION...]: what alice says to it.
says_of() {
	wanted=$1 lines=$2
	shift 2
	printf "$lines" | "$belfry" phone alice --state state "$@" --device null >out 2>err
	got=$?
	[ $got -eq "$wanted" ] || {
		complain "phone: status $got, not $wanted"
		cat out err
	}
}

# The other side refuses, does not exist, is asked for something else.
says_of 1 'wait registered\naccounts\n600\n'
says err 'did you mean "call 600"?'
says_of 1 'call 603\nwait answered\n' && says out "busy (486)"
says err "waited for answered in vain"
says_of 1 'call carol\nwait answered\n' && says out "no phone of theirs is registered"
says_of 0 'codec PCMA\ncall 600\nwait answered\n12\nwait 200ms\n' && says out "PCMA"
says_of 0 'register bob\nwait registered\naccounts\nuse bob\ncall 600\nwait answered\n'
says out "you call as bob"
says_of 0 'call 600\nwait answered\nplay 700.wav\nplay off\nquit\n'

# As JSON.
says_of 0 'call 600\nwait answered\nquality\n' --json && is_json out
says out '"event":"answered","call":1'

# Words that are wrong.
says_of 1 'hagup\n' && says err "did you mean hangup?"
says_of 1 'call\n' && says err "call is written so: call WHO"
says_of 1 'hangup\nhangup 7\nanswer\n' && says err "there is no call"
says_of 1 'wait long\n' && says err "wait for what?"
says_of 1 'codec G729\n' && says err "opus G722"
says_of 1 'play nothing.wav\njoin\ntransfer 600\n' && says err "takes two calls"
says_of 1 'wait registered\n' --password wrong && says err "the password is wrong"
says_of 2 '' --device pigeon && says err "pigeon"
says_of 2 '' --srtp yes && says err "sdes"
says_of 2 '' --codec G729 && says err "cannot start"
expect 2 phone alice --state elsewhere && says err "no server at elsewhere"
exit $wrong
