# SPDX-License-Identifier: Apache-2.0
# What the tests of the command line share; sourced with the built program in $1. Each has
# a folder of its own as working directory, and ends only what it started.
set -u
belfry=$1
tests=$(cd "${0%/*}/.." && pwd)
folder=$(mktemp -d /tmp/belfry-cli-XXXXXX) || exit 2
cd "$folder" || exit 2
unset BELFRY_STATE
server= other= wrong=0
# Eight ports for each, so that tests beside one another do not meet; all below those that
# the kernel gives away by itself.
port=$((10000 + $$ % 2800 * 8))

end_all() {
	for pid in $server $other; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	cd / && rm -rf "$folder"
}
trap end_all EXIT

complain() {
	echo "WRONG: $*"
	wrong=1
}

# expect STATUS WORD...: runs belfry; what it said is in out and err.
expect() {
	wanted=$1
	shift
	"$belfry" "$@" >out 2>err </dev/null
	got=$?
	[ $got -eq "$wanted" ] || {
		complain "belfry $*: status $got, not $wanted"
		cat out err
	}
}

# says FILE TEXT: a file (out, err, log) has the text.
says() {
	grep -qF -- "$2" "$1" || {
		complain "$1 lacks: $2"
		cat "$1"
	}
}

says_not() {
	! grep -qF -- "$2" "$1" || complain "$1 has: $2"
}

# is_json FILE: every line is an object; left out where nothing can tell.
is_json() {
	command -v python3 >/dev/null || return 0
	[ -s "$1" ] || complain "$1 is empty"
	python3 -c 'import json, sys
for line in open(sys.argv[1]):
    assert isinstance(json.loads(line), dict)' "$1" 2>/dev/null || {
		complain "no JSON:"
		cat "$1"
	}
}

# until_true COMMAND...: polls for ten seconds.
until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.05
	done
	complain "never: $*"
	return 1
}

has_line() {
	grep -qF -- "$2" "$1"
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

is_ready_or_over() {
	has_line log "listening on" || has_ended "$server"
}

# serve [OPTION...]: a server with server.conf and state, on a free port.
serve() {
	for _ in 1 2 3 4 5 6 7 8; do
		: >log
		"$belfry" run --config server.conf --state state \
			--listen "udp,tcp:127.0.0.1:$port" "$@" >>log 2>&1 &
		server=$!
		until_true is_ready_or_over
		has_line log "listening on" && return 0
		wait "$server"
		server=
		has_line log "in use" || break
		port=$((port + 7))
	done
	echo "the server does not start"
	cat log
	exit 1
}

write_conf() {
	cat >server.conf <<-END
		domain example.test
		workers 1
		user alice { number 101; password first-secret }
		user bob { number 102; password other-secret }
	END
}
