# SPDX-License-Identifier: Apache-2.0
# A server that is killed in the middle of calls whose media it carries, and started again:
# there is sound again, from the same ports, and the calls end as others do.
. "${0%/*}/../support/cli.sh"
cat >server.conf <<CONF
domain example.test
user alice password secret-of-alice
user bob password secret-of-bob
media relay always
workers 2
CONF
serve
printf secret-of-alice >state/alice.pw
printf secret-of-bob >state/bob.pw

# Packets that came to the one who called, as the server counts them.
heard() {
	"$belfry" calls --json --state state 2>/dev/null |
		sed -n 's/.*"side":"callee"[^}]*"packets":\([0-9]*\).*/\1/p'
}

hears_more_than() {
	now=$(heard)
	[ -n "$now" ] && [ "$now" -gt "$1" ]
}

# restart CALLER-KEYS CALLEE-KEYS WORKERS: that many afterwards.
restart() {
	"$belfry" answer bob --echo --srtp "$2" --state state >answer.log 2>&1 &
	callee=$!
	until_true has_line answer.log "waits for a call"
	"$belfry" call alice bob --srtp "$1" --duration 5s --state state \
		--expect 'status=200 loss<40%' >out 2>err &
	caller=$!
	until_true hears_more_than 20
	"$belfry" calls --state state >before
	kill -KILL "$server"
	wait "$server" 2>/dev/null
	sed -i "s/^workers .*/workers $3/" server.conf
	serve
	says log "calls of before go on calls=1"
	until_true hears_more_than 50
	"$belfry" calls --state state >after
	[ "$(grep -o 'caller  [^ ]*' before)" = "$(grep -o 'caller  [^ ]*' after)" ] ||
		complain "the caller is elsewhere" "$(cat before after)"
	wait $caller || complain "$1 to $2: the call did not go on" "$(cat out err)"
	wait $callee
	"$belfry" calls --state state >calls
	says calls "no call has its media carried here"
}

restart none none 3
restart sdes none 1
exit $wrong
