# SPDX-License-Identifier: Apache-2.0
# belfry doctor: what it says of a machine on which something is wrong.
. "${0%/*}/../support/cli.sh"

# doctor STATUS ARGUMENT...: into out and err.
doctor() {
	wanted=$1
	shift
	"$belfry" doctor "$@" >out 2>err
	got=$?
	[ $got -eq "$wanted" ] || complain "doctor $*: status $got, not $wanted" "$(cat out err)"
}

cat >server.conf <<CONF
domain localhost
listen udp,tcp 127.0.0.1:$port
user alice password secret
CONF
doctor 0 --config server.conf --state state
says out "ok    ports        udp 127.0.0.1:" && says out "is free"
says out "skip  nat" && says out "name a STUN server outside"

# Beside a server that runs: that is no other program in its place.
serve
sed -i "s/127.0.0.1:.*/127.0.0.1:$port/" server.conf
doctor 0 --config server.conf --state state --sip "127.0.0.1:$port" \
	--stun "127.0.0.1:$port" --stun "localhost:$port"
says out "belfry (pid $server) listens there"
says out "ok    nat          no NAT: 127.0.0.1 is what the world sees"
says out "ok    sip-alg      SIP by UDP comes back as it was sent"
says out "ok    mtu          3000 bytes by UDP arrive"
doctor 0 --config server.conf --sip "127.0.0.1:$port" --json
is_json out
says out '"level":"ok","check":"mtu"'

# An address that nobody has.
printf 'listen tcp 192.0.2.1:5060\n' >wrong.conf
doctor 1 --config wrong.conf
says out "bad   ports        tcp 192.0.2.1:5060: this machine has no such address"

# Certificates: one that is over, one that is none, one that is not there.
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 12 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
mkdir -p other
cp cert.pem key.pem other/
printf 'domain localhost\nlisten tls 127.0.0.1:%s\ntls %s/other/cert.pem %s/other/key.pem\n' \
	$((port + 1)) "$PWD" "$PWD" >tls.conf
doctor 0 --config tls.conf --state other
says out "warn  certificate  it holds for 1" && says out "signed by itself"
sed 's/localhost/example.com/' tls.conf >named.conf
doctor 1 --config named.conf --state other --domain nowhere.invalid
says out "bad   dns          nowhere.invalid has neither"
says out "warn  certificate  it does not name example.com"

# What is written wrongly, and who does not answer.
doctor 1 --config server.conf --sip "127.0.0.1:x" --stun "127.0.0.1:9"
says out "bad   sip          127.0.0.1:x:" && says out "no STUN server has answered"
doctor 2 --config missing.conf
says err "missing.conf"
printf 'lisen udp 127.0.0.1\n' >wrong.conf
doctor 2 --config wrong.conf
says err "did you mean listen?"
doctor 2 --stnu 127.0.0.1
says err "doctor takes no"
exit $wrong
