# SPDX-License-Identifier: Apache-2.0
# Media by way of the server: who cannot do each other's keys hear each other, and `why`
# says what the server did.
. "${0%/*}/../support/cli.sh"
cat >server.conf <<END
domain example.test
user alice password secret-of-alice
user bob password secret-of-bob
END
serve
printf secret-of-alice >state/alice.pw
printf secret-of-bob >state/bob.pw

# connect CALLER-KEYS CALLEE-KEYS: both have to hear the tone.
connect() {
	: >answer.log
	"$belfry" answer bob --srtp "$2" --state state >answer.log 2>&1 &
	callee=$!
	until_true has_line answer.log "waits for a call"
	"$belfry" call alice bob --srtp "$1" --duration 2s --state state >out 2>err ||
		complain "$1 calls $2" "$(cat out err answer.log)"
	wait $callee || complain "$2 does not hear $1" "$(cat answer.log)"
	"$belfry" why --state state >why
}

# What both can do, they do without us.
connect none none
grep -q "media by way" why && complain "media are carried for nothing" "$(cat why)"
connect none sdes
says why "media by way of this server: the callee does not take the caller's keys"
says why "488: offered again, as SRTP by SDES"
says why "media flows"
says why "media ended: from the caller"
# One offer with keys of either kind: the callee chose.
connect none dtls
says why "488: offered again, as SRTP by SDES"
says why "(SRTP by DTLS"
connect sdes dtls
says why "488: offered again, as SRTP by DTLS"

cat >>server.conf <<END
media { relay always; ports 40000-49999 }
END
"$belfry" reload --state state >out 2>&1 || complain "reload" "$(cat out)"
connect dtls dtls
says why "media by way of this server: the configuration says always"
says why "SRTP by DTLS"
"$belfry" metrics --state state >metrics
grep -q "belfry_relay_carried_total [1-9]" metrics ||
	complain "no call was counted" "$(grep relay_ metrics)"

# Calls as they are now.
"$belfry" calls --state state >calls || complain "calls" "$(cat calls)"
says calls "no call has its media carried here"
"$belfry" answer bob --echo --state state >answer.log 2>&1 &
callee=$!
until_true has_line answer.log "waits for a call"
"$belfry" call alice bob --duration 4s --state state >out 2>err &
caller=$!
has_both() {
	"$belfry" calls --state state >calls
	[ "$(grep -c "RTP .*[1-9][0-9]* packets  lost 0.0 %.*MOS 4" calls)" -eq 2 ]
}
until_true has_both
says calls "alice@127.0.0.1"
says calls "answered  Call-ID"
"$belfry" calls --json --state state >calls
says calls '"side":"callee"'
says calls '"verdict":"fine"'
wait $caller || complain "a call that was looked at" "$(cat out err)"
wait $callee

# Words that are wrong.
cat >wrong.conf <<END
media { relay sometimes }
END
"$belfry" check --config wrong.conf >out 2>&1 && complain "a wrong word is taken"
says out "wrong.conf:1:15"
says out "known are: auto always never"
exit $wrong
