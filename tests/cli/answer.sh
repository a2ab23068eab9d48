# SPDX-License-Identifier: Apache-2.0
# belfry answer, and what happens within a call: digits, hold, transfer.
. "${0%/*}/../support/cli.sh"
cat >server.conf <<END
domain example.test
user alice password secret
user bob password secret
user carol password secret
route local {
    600 answer echo
}
END
serve --listen "tls:127.0.0.1:$((port + 1))"
mkdir -p state && printf secret >pw
login="--state state --password file:pw"

waits() {
	has_line "$1" "waits for a call" || has_line "$1" '"registered"'
}

# answers USER OPTION...: a phone in the background; what it says is in USER.out.
answers() {
	user=$1
	shift
	: >"$user.out"
	"$belfry" answer "$user" $login "$@" >"$user.out" 2>&1 </dev/null &
	eval "$user=\$!"
	until_true waits "$user.out"
}

# ends USER: its exit status.
ends() {
	eval "wait \$$1"
}

# plays PLAY: a scene of several programs. A busy machine may tear a sound; three times in a
# row it does not.
plays() {
	for _ in 1 2; do
		"$@" && return 0
	done
	"$@" || {
		complain "$*"
		cat out err ./*.out
	}
}

calls() {
	"$belfry" call "$@" $login >out 2>err </dev/null
}

digits() {
	answers bob --expect 'audio=440Hz digits=12#' --dtmf 99 --digits-by info
	calls alice bob --duration 2s --dtmf '12#' --expect 'audio digits=99' && ends bob
}

tones() {
	calls alice 600 --duration 2s --dtmf 47 --digits-by tones --expect 'digits=47'
}

hold() {
	answers bob --json
	calls alice bob --duration 2s --hold 500ms && ends bob &&
		has_line bob.out '"event":"held","by":"them"' &&
		has_line bob.out '"event":"resumed","by":"them"' &&
		has_line out "hold  by us"
}

blind() {
	answers bob --follow --duration 4s
	answers carol --expect 'audio=440Hz'
	calls alice bob --duration 1s --transfer carol --expect 'audio transfer=200' &&
		ends bob && ends carol
}

# Carol talks with alice for a second, and then with bob; 16000 bytes are one.
attended() {
	answers bob --follow --duration 4s
	answers carol --expect 'audio=440Hz' --record carol.wav
	calls alice bob --duration 1s --transfer carol --consult --expect 'transfer=200' &&
		ends bob && ends carol && [ "$(wc -c <carol.wav)" -gt 30000 ]
}

# Whom the other side names at the server is called as the server is, even when they forget
# to say by TLS.
blind_by_tls() {
	answers bob --follow --duration 4s --transport tls
	answers carol --expect 'audio=440Hz'
	calls alice bob --duration 1s --transport tls \
		--transfer "sip:carol@127.0.0.1:$((port + 1))" --expect 'audio transfer=200' &&
		ends bob && ends carol
}

plays digits
plays tones
plays hold
plays blind
plays attended
plays blind_by_tls

# Nobody follows who was not told to; that is an outcome, too.
refused() {
	answers bob
	calls alice bob --duration 1s --transfer carol --expect 'transfer=603' && ends bob
}
plays refused

# An echo wants nothing but a call.
echoes() {
	answers bob --echo --ring 300ms
	calls alice bob --duration 1s --expect 'audio setup>=300ms' && ends bob
}
plays echoes

# Words that are wrong.
expect 2 answer --state state && says err "answer for whom"
expect 1 answer bob --state state --password wrong && says out "not registered"
expect 2 call alice 600 --digits-by pigeon --state state && says err "info or tones"
expect 2 call alice 600 --consult --state state && says err "--transfer 601 --consult"
expect 2 call alice 600 --expect 'digits' --state state && says err "digits=12#"
exit $wrong
