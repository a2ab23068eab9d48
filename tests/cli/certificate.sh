# SPDX-License-Identifier: Apache-2.0
# A renewed certificate is shown to new connections; the old ones stay.
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
exit $wrong
