# SPDX-License-Identifier: Apache-2.0
# TURN beside SIP: what is listened on, what strangers get, what a reload takes up.
. "${0%/*}/../support/cli.sh"

# A server on free ports: SIP at $port, TURN at the next one, TURN over TLS at the one
# after.
serve_turn() {
	for _ in 1 2 3 4 5 6 7 8; do
		write_conf
		cat >>server.conf <<-END
			turn {
			    listen udp,tcp 127.0.0.1:$((port + 1))
			    listen tls 127.0.0.1:$((port + 2))
			    secret file:turn.secret
			}
		END
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

echo sesame >turn.secret
serve_turn --workers 2
says log "turn udp tcp 127.0.0.1:$((port + 1)) tls 127.0.0.1:$((port + 2))"
expect 0 status --state state && says out "127.0.0.1:$((port + 1))"
says out "turn_allocations"
expect 0 status --json --state state && is_json out
says out "\"turn\":[\"UDP 127.0.0.1:$((port + 1))\""
expect 0 metrics --state state && says out "turn_relays"

# A Binding is answered with where it came from, on the TURN port by UDP and TCP and on the
# SIP port; an Allocate without credentials gets 401 and nothing else.
if command -v python3 >/dev/null; then
	python3 - "$port" >answers 2>&1 <<'END'
import socket, struct, sys

port = int(sys.argv[1])
BINDING = struct.pack(">HHI12s", 1, 0, 0x2112A442, b"abcdefghijkl")
ALLOCATE = struct.pack(">HHI12sHHI", 3, 8, 0x2112A442, b"abcdefghijkl", 0x19, 4, 17 << 24)


def ask(kind, to, request):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", to))
        sock.send(request)
        answer = sock.recv(2000)
        mapped = struct.unpack(">H", answer[26:28])[0] ^ 0x2112 if answer[1] == 1 else 0
        return answer[:2].hex(), mapped == sock.getsockname()[1], answer[20:28].hex()


print("udp", ask(socket.SOCK_DGRAM, port + 1, BINDING)[:2])
print("tcp", ask(socket.SOCK_STREAM, port + 1, BINDING)[:2])
print("sip", ask(socket.SOCK_DGRAM, port, BINDING)[:2])
print("allocate", ask(socket.SOCK_DGRAM, port + 1, ALLOCATE)[2])
END
	says answers "udp ('0101', True)"
	says answers "tcp ('0101', True)"
	says answers "sip ('0101', True)"
	says answers "allocate 0009000400000401"
fi

# Who else is on the port is named, with what to write instead.
cat >second.conf <<END
workers 1
turn listen udp 127.0.0.1:$((port + 1))
END
expect 2 run --config second.conf --state second --listen "udp:127.0.0.1:$((port + 3))"
says err "cannot listen on udp 127.0.0.1:$((port + 1)): in use"
says err "turn listen udp,tcp :$((port + 2))"

# Rules change with a reload, listeners with the next start.
sed -i "s|secret file.*|allow 10.0.0.0/8|" server.conf
expect 0 reload --state state && says_not out "next start"
sed -i "s|listen tls.*||" server.conf
expect 0 reload --state state && says out "left for the next start: turn listen"
kill "$server" && wait "$server"
server=

# Without the word there is none.
write_conf
serve
says_not log turn
expect 0 status --state state && says_not out "turn_allocations"
exit $wrong
