# SPDX-License-Identifier: Apache-2.0
# belfry load: calls and registrations at a rate, counted one by one.
. "${0%/*}/../support/cli.sh"
cat >server.conf <<EOF
domain example.test
user alice password secret
user bob password file:bob.pw
guard { rate 1000 per second; calls 1000 per user }
route local {
    600 answer echo
    602 answer tone 700
    603 reject 486
}
EOF
printf secret-of-bob >bob.pw
serve
cp bob.pw state/

# load STATUS WORD...: against the server of this test.
load() {
	status=$1
	shift
	expect "$status" load "$@" --state state
}

# Calls without sound: all of them, in no more time than the schedule takes.
load 0 bob 600 --rate 20 --calls 20 --hold 300ms --csv load.csv \
	--expect 'success>=100% setup_p50<2000ms late_p50<2s failed<1'
says out "due 20  begun 20  answered 20  succeeded 20  failed 0"
says out "set up" && says_not out "first media"
says out "ok    success>=100%: 100%"
says load.csv "time_s,started,up,done,failed,setup_p50_ms,setup_p99_ms"
tail -n 1 load.csv | grep -q ",20,0,20,0," || complain "the last line of load.csv"

# With sound: packets both ways, and what was heard.
load 0 bob 600 --rate 10 --calls 5 --hold 1s --media --codec PCMU \
	--expect 'success>=100% first_max<2s mos_min>=1'
says out "succeeded 5" && says out "first media" && says out "MOS"
load 0 bob 600 --calls 1 --hold 1s --media --srtp sdes --json && is_json out
says out '"succeeded":1' && says out '"setup_ms":{"count":1,'
load 1 bob 602 --calls 1 --hold 1s --media --expect audio
says out "no    audio: 0%"

# What fails is counted by its reason.
load 1 bob 603 --rate 50 --calls 4
says out "failed 4: 486 Busy Here" && says out "no    not all succeeded"
load 0 bob 603 --rate 50 --calls 4 --expect 'failed>=4'
load 1 bob 999 --rate 50 --calls 3 --json && is_json out
says out '"cause":"refused","status":404,"error":"","count":3'
load 1 bob 600 --rate 50 --calls 5 --hold 500ms --max 2
says out "begun 2" && says out "failed 3: not begun: too many under way"
load 1 alice 600 --calls 1 --password wrong && says out "failed 1: 40"

# Registrations, and the same over TCP.
load 0 bob --register --rate 100 --count 30
says out "answered 30  succeeded 30"
load 0 bob --register --rate 100 --count 5 --transport tcp
load 1 bob --register --count 2 --password wrong && says out "failed 2: 401"

# Ctrl-C ends it, and what was measured is said; what was not due yet does not count.
"$belfry" load bob 600 --rate 5 --for 1m --hold 1m --state state >out 2>err </dev/null &
other=$!
sleep 1
kill -TERM "$other"
wait "$other"
got=$?
other=
[ $got -eq 0 ] || complain "interrupted: status $got" "$(cat out err)"
says out "failed 0"

# Words that are wrong.
load 2 && says err "who calls whom"
load 2 bob && says err "who calls whom"
load 2 --register && says err "register whom"
load 2 bob 600 --register && says err "nobody to call"
load 2 bob 600 --rate 0 && says err "like 10 or 0.5"
load 2 bob 600 --rate fast && says err "like 10 or 0.5"
load 2 bob 600 --calls 0 && says err "a number from 1"
load 2 bob 600 --calls 5 --for 5s && says err "either --calls or --for"
load 2 bob 600 --hold long && says err "10s"
load 2 bob 600 --codec PCMU && says err "--media"
load 2 bob 600 --media --codec G729 && says err "PCMU"
load 2 bob 600 --expect audio && says err "--media"
load 2 bob 600 --expect 'setup<100ms' && says err "setup_p99<100ms"
load 2 bob 600 --expect 'sucess>=1%' && says err "sucess"
load 2 bob 600 --csv nowhere/load.csv && says err "nowhere/load.csv"
load 2 bob 600 --count 5 && says err "--register"
load 2 bob --register --hold 5s && says err "is about calls"
load 2 bob 600 --quick && says err "belfry help load"
exit $wrong
