# SPDX-License-Identifier: Apache-2.0
# explain with a file and no server, and with a server.
. "${0%/*}/../support/cli.sh"
write_conf

expect 1 explain alice bob --config server.conf
says out "480" && says out "server.conf:4"
expect 1 explain alice bob --config server.conf --json && is_json out
expect 1 explain alice bob --config server.conf --mermaid && says out flowchart
expect 1 explain --method MESSAGE alice bob --config server.conf
says out "MESSAGE sip:bob@example.test"
expect 2 explain alice --config server.conf
expect 2 explain alice bob --source nonsense --config server.conf
expect 2 explain alice bob --config nothing.conf && says err "nothing.conf"
expect 1 explain alice "sip:bob@example.test;gr=urn:uuid:1" --config server.conf
says out "480" && says out "phone urn:uuid:1 of bob"
expect 1 explain alice "sip:tgruu.x@example.test;gr" --config server.conf && says out 404
[ ! -e belfry.db ] || complain "a file was left"

serve
expect 0 reg add bob sip:bob@127.0.0.1:9 --state state
expect 0 explain alice bob --state state && says out "server.conf:4"
expect 0 explain alice 102 --state state --json && is_json out
expect 0 explain --method MESSAGE alice bob --state state && says out "MESSAGE sip:bob"
expect 1 explain sip:x@elsewhere.test bob --state state
expect 1 explain alice "sip:tgruu.x@example.test;gr" --state state && says out 404
# The file with what the server knows.
expect 0 explain alice bob --config server.conf --state state
expect 1 explain alice "sip:tgruu.x@example.test;gr" --config server.conf --state state
expect 1 why --state state
expect 1 why nothing --state state --json && is_json out
exit $wrong
