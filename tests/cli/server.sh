# SPDX-License-Identifier: Apache-2.0
# A server's life: taken ports and directories, users, reload of right and wrong files,
# signals.
. "${0%/*}/../support/cli.sh"
write_conf
serve

for question in status metrics "user list" "reg list" "ban list" "reload"; do
	# shellcheck disable=SC2086
	expect 0 $question --state state
done
for question in status metrics "user list" reload; do
	# shellcheck disable=SC2086
	expect 0 $question --state state --json && is_json out
done
expect 0 status --state state && says out "127.0.0.1:$port"
BELFRY_STATE=$folder/state expect 0 status
expect 0 options "127.0.0.1:$port" && says out "200"
expect 0 options "sip:127.0.0.1:$port;transport=tcp" --json && is_json out

# On every address: IPv6 is told from IPv4, and both are the server's own.
if [ -e /proc/net/if_inet6 ] && grep -q " lo$" /proc/net/if_inet6; then
	"$belfry" run --config server.conf --state every --listen "udp,tcp::$((port + 1))" \
		>log.every 2>&1 &
	other=$!
	until_true has_line log.every "listening on"
	for to in "127.0.0.1:$((port + 1))" "[::1]:$((port + 1))"; do
		expect 0 options "sip:$to" && says out "200"
		expect 0 options "sip:$to;transport=tcp" && says out "200"
	done
	kill "$other" && wait "$other"
	other=
fi

# A second server: the directory is taken, and so is the port.
expect 2 run --config server.conf --state state && says err "a server runs already"
expect 2 run --config server.conf --state second --listen "udp:127.0.0.1:$port"
says err "cannot listen on udp 127.0.0.1:$port: in use" && says err "--listen"
echo >file
expect 2 run --config server.conf --state file && says err "state directory file"

expect 0 user add carol 103 --state state && says out password
says out "127.0.0.1:$port"
expect 1 user add carol --state state && says out "exists already"
expect 0 user passwd carol --state state --json && is_json out
expect 1 user passwd nobody --state state
expect 1 user remove alice --state state && says out "configuration file"
expect 2 user add --state state
expect 2 user --state state
expect 0 user list --state state && says out "server.conf:3" && says out store
expect 0 user remove carol --state state
expect 1 ban remove 192.0.2.1 --state state
expect 2 ban remove nonsense --state state

# A wrong file: told to whoever asked, and what ran before still runs.
echo 'usr dave { }' >>server.conf
expect 1 reload --state state
says out "server.conf:5:1" && says out "did you mean user?" && says out "still runs"
expect 1 reload --state state --json && is_json out
expect 0 user list --state state && says out alice
kill -HUP "$server"
until_true has_line log "server.conf:5:1"
sed -i 's/usr dave.*/user dave { password some-secret }/' server.conf
expect 0 reload --state state && says out reloaded
expect 0 user list --state state && says out dave
says_not out "next start"
echo 'log json; trace off' >>server.conf
expect 0 reload --state state
says out "left for the next start: trace, log json"

kill -TERM "$server"
until_true has_ended "$server"
wait "$server" || complain "SIGTERM is no failure"
server=
[ ! -S state/control ] || complain "the control socket was left"
# The same without a server.
expect 0 user list --state state --config server.conf && says out "server.conf:3"
expect 0 user list --state state --config server.conf --json && is_json out
expect 0 user add erin --state state --config server.conf
expect 1 user add erin --state state --config server.conf && says out "exists already"
expect 1 user remove nobody --state state --config server.conf
exit $wrong
