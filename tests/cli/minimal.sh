# SPDX-License-Identifier: Apache-2.0
# The library for small machines: UDP, TCP and G.711, without TLS and without the server;
# how large a program is that has it inside, and that it can be called.
. "${0%/*}/../support/cli.sh"
limit_bytes=400000
build=$(cd "${belfry%/*}" && pwd)
source=$(cd "$tests/.." && pwd)

{
	(cd "$source" && cmake --preset minimal -B "$folder/minimal") &&
		cmake --build "$folder/minimal" -j 2 &&
		cmake --install "$folder/minimal" --prefix "$folder/small"
} >build.log 2>&1 || complain "the minimal build" "$(tail -n 20 build.log)"
find small -name 'libbelfry.so*' -exec rm {} +
PKG_CONFIG_PATH=$(dirname "$(find "$folder/small" -name belfry.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
${CC:-cc} -Os -std=c17 -Wl,--gc-sections -s -o answer "$source/examples/answer.c" \
	$(pkg-config --static --cflags --libs belfry) || complain "answer.c"
bytes=$(wc -c <answer)
echo "answer.c with the minimal library: $bytes bytes"
[ "$bytes" -lt $limit_bytes ] || complain "over $limit_bytes bytes"
readelf -d answer | grep -E 'libssl|libsqlite|libjansson|libbelfry' &&
	complain "it needs what it should not"

cat >server.conf <<END
domain example.test
user alice password secret-of-alice
user bob password secret-of-bob
END
serve
printf secret-of-alice >state/alice.pw
./answer "sip:bob@127.0.0.1:$port" secret-of-bob "$tests/data/hello.wav" >answer.log 2>&1 &
other=$!
until_true has_line answer.log "registered 200"
"$belfry" call alice bob --codec PCMU --duration 1s --state state \
	--expect 'status=200 first<2000ms' >out 2>err || complain "the call" "$(cat out err)"
# What was left out is made up for by a server that has it; and without one it is an
# answer, not a crash.
"$belfry" call alice bob --srtp dtls --duration 1s --state state --expect 'status=200' \
	>out 2>err || complain "DTLS by way of the server" "$(cat out err)"
echo "media relay never" >>server.conf
"$belfry" reload --state state >out 2>&1 || complain "reload" "$(cat out)"
"$belfry" call alice bob --srtp dtls --duration 1s --state state >out 2>err &&
	complain "DTLS without DTLS"
says out "488"
has_ended "$other" && complain "it is gone" "$(cat answer.log)"
exit $wrong
