# SPDX-License-Identifier: Apache-2.0
# SIGTERM while a phone rings: it has `drain` to be answered, then it is cancelled and the
# caller told 503. A second signal ends at once.
. "${0%/*}/../support/cli.sh"
phone=$tests/support/ringing.py
command -v python3 >/dev/null || exit 77
cat >server.conf <<-END
	domain example.test { open }
	trust 127.0.0.0/8
	workers 1
	drain 2s
END

start_ringing() {
	serve
	expect 0 reg add bob "sip:bob@127.0.0.1:$((port + 3))" --state state
	python3 "$phone" "$port" $((port + 3)) >heard 2>&1 &
	other=$!
	until_true has_line heard "alice 180"
}

start_ringing
expect 0 why --state state && says out "bob"
expect 0 why "ring" --state state --json && is_json out
expect 1 options "127.0.0.1:$((port + 1))"
began=$(date +%s)
kill -TERM "$server"
until_true has_line log "no new calls"
expect 1 options "127.0.0.1:$port" && says out "503"
until_true has_ended "$server"
[ $(($(date +%s) - began)) -ge 1 ] || complain "the call had no time to be answered"
until_true has_line heard "bob CANCEL"
until_true has_line heard "alice 503"
wait "$server" || complain "SIGTERM is no failure"

sed -i 's/drain 2s/drain 60s/' server.conf
start_ringing
kill -TERM "$server"
until_true has_line log "no new calls"
kill -TERM "$server"
until_true has_ended "$server"
exit $wrong
