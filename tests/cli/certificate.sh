# SPDX-License-Identifier: Apache-2.0
# A renewed certificate is shown to new connections; the old ones stay. A reload takes up
# other files. Phones that must show a certificate still must afterwards.
. "${0%/*}/../support/cli.sh"
command -v python3 >/dev/null || exit 77
write_conf
serve --listen "tls:127.0.0.1:$((port + 1))"
cat >watch.py <<-'END'
	import os, socket, ssl, sys, time
	context = ssl.create_default_context()
	context.check_hostname = False
	context.verify_mode = ssl.CERT_NONE
	def connect():
	    return context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
	def ping(connection):
	    connection.settimeout(5)
	    connection.sendall(b"\r\n\r\n")
	    assert connection.recv(2) == b"\r\n"
	first = connect()
	before = first.getpeercert(True)
	ping(first)
	# One file after the other, as slowly as people do it.
	for name in ("tls-cert.pem", "tls-key.pem"):
	    os.rename("new/" + name, "state/" + name)
	    time.sleep(0.8)
	for _ in range(50):
	    connection = connect()
	    ping(connection)
	    if connection.getpeercert(True) != before:
	        break
	    time.sleep(0.1)
	else:
	    sys.exit("the old certificate is still shown")
	ping(first)
END
# Another server made another pair.
mkdir new
"$belfry" run --config server.conf --state made --listen "tls:127.0.0.1:$((port + 2))" \
	>log.made 2>&1 &
other=$!
until_true has_line log.made "listening on"
cp made/tls-cert.pem made/tls-key.pem new/
python3 watch.py $((port + 1)) || complain "the certificate was not renewed"
says log "the certificate has changed"

# shows FILE: new connections see this certificate, with or without one of their own.
cat >shows.py <<-'END'
	import socket, ssl, sys
	port, wanted, own = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
	context = ssl.create_default_context()
	context.check_hostname = False
	context.verify_mode = ssl.CERT_NONE
	if own:
	    context.load_cert_chain(*own)
	connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
	connection.settimeout(5)
	shown = ssl.DER_cert_to_PEM_cert(connection.getpeercert(True))
	if shown.split() != open(wanted).read().split():
	    sys.exit(3)
	# With TLS 1.3 a client learns of its refusal only now.
	connection.sendall(b"\r\n\r\n")
	sys.exit(0 if connection.recv(2) == b"\r\n" else 4)
END
shows() { python3 shows.py $((port + 1)) "$@" 2>/dev/null; }

cp made/tls-cert.pem phones.pem
cat >>server.conf <<-END
	tls $folder/other/tls-cert.pem $folder/other/tls-key.pem
	tls clients $folder/phones.pem
END
expect 1 reload --state state && says out "other/tls-cert.pem" && says out "still runs"
shows state/tls-cert.pem || complain "a reload that failed changed the certificate"
kill "$other" && wait "$other"
sed '/^tls/d' server.conf >plain.conf
"$belfry" run --config plain.conf --state other --listen "tls:127.0.0.1:$((port + 3))" \
	>log.other 2>&1 &
other=$!
until_true has_line log.other "listening on"
expect 0 reload --state state && says out reloaded && says_not out "next start"
until_true shows other/tls-cert.pem made/tls-cert.pem made/tls-key.pem ||
	complain "a reload did not take up the certificate"
shows other/tls-cert.pem && complain "a phone without a certificate came in"
has_changed_twice() { [ "$(grep -c "the certificate has changed" log)" -eq 2 ]; }
touch other/tls-cert.pem
until_true has_changed_twice
shows other/tls-cert.pem && complain "a renewal let phones without a certificate in"
shows other/tls-cert.pem made/tls-cert.pem made/tls-key.pem ||
	complain "a renewal keeps phones out"
exit $wrong
