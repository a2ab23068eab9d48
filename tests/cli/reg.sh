# SPDX-License-Identifier: Apache-2.0
# Registrations from the command line: with a server, after kill -9 without one, exported
# and watched.
. "${0%/*}/../support/cli.sh"
write_conf
serve

expect 0 reg list --state state && [ ! -s out ] || complain "nobody is registered yet"
"$belfry" reg watch --state state >watched 2>&1 &
other=$!
"$belfry" reg watch --state state --json >watched.json 2>&1 &
other="$other $!"
# The watchers are there when they tell of a change.
sees_changes() {
	"$belfry" reg add bob sip:bob@127.0.0.1:9 --state state >/dev/null
	has_line watched bob@example.test && has_line watched.json bob@example.test
}
until_true sees_changes
expect 0 reg add alice sip:alice@127.0.0.1:7001 --state state
expect 0 reg add --expires 600 alice sip:alice@127.0.0.1:7002 --state state
expect 0 reg add alice sip:alice@127.0.0.1:7002 --expires 700 --state state
expect 0 reg remove alice sip:alice@127.0.0.1:7001 --state state
until_true has_line watched "- alice@example.test"
until_true has_line watched "~ alice@example.test"
says watched "+ alice@example.test"
[ "$(grep -c alice watched)" -eq 4 ] || complain "changes are not one line each"
until_true has_line watched.json removed
is_json watched.json

expect 0 reg list --state state && says out ":7002" && says_not out ":7001"
expect 0 reg list --state state --json && is_json out
expect 0 reg show alice --state state && says_not out bob
expect 1 reg show nobody --state state && says out "has no phone"
expect 2 reg nonsense --state state && says err "reg list"
expect 2 reg add alice nonsense --state state
expect 2 reg add alice sip:a@b --expires soon --state state
expect 2 reg export --state state && says err "--sqlite"

expect 0 reg export --sqlite live.db --state state --json && is_json out
says out '"bindings":2'
expect 1 reg export --sqlite live.db --state state && says err "there already"
expect 2 reg export --sqlite no/where.db --state state

kill -KILL "$server"
wait "$server" 2>/dev/null
server=
expect 2 status --state state && says err "no server"
expect 0 reg list --state state && says out ":7002" && says out bob
expect 0 reg show alice --state state --json && is_json out
expect 1 reg show ali --state state
expect 0 reg export --sqlite dead.db --state state && says out "2 registrations"
for file in live.db dead.db; do
	head -c 15 $file | grep -q "SQLite format 3" || complain "$file is no database"
	grep -q "sip:alice@127.0.0.1:7002" $file || complain "$file lacks a binding"
done
if command -v python3 >/dev/null; then
	python3 - <<-'END' || complain "the table is not what it should be"
		import sqlite3
		rows = sqlite3.connect("dead.db").execute(
		    "SELECT aor, contact, q, expires_ms > registered_ms FROM binding ORDER BY aor")
		assert list(rows) == [
		    ("alice@example.test", "sip:alice@127.0.0.1:7002", 1000, 1),
		    ("bob@example.test", "sip:bob@127.0.0.1:9", 1000, 1)]
	END
fi
serve
expect 0 reg show alice --state state && says out ":7002"
exit $wrong
