# SPDX-License-Identifier: Apache-2.0
# arrows.sh lets a good tree pass and finds each kind of bad include.
set -u
check=$PWD/tests/house/arrows.sh
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
wrong=0

# write PATH LINE...
write() {
	mkdir -p "$tree/$(dirname "$1")"
	file=$tree/$1
	shift
	printf '%s\n' "$@" >"$file"
}

good_tree() {
	rm -rf "$tree/src" "$tree/include"
	write HOUSE.md 'base 9 is no room here' '```' 'base 0   bytes' 'crypto 1' 'io 2' \
		'sip 2' 'tx 3' 'store 3' 'lib 7' '```' '```' 'timer -> step' '```'
	write src/base/str.c '#include "base/str.h"' '#include <string.h>'
	write src/crypto/tls.c '#include <openssl/ssl.h>' '#include "base/base.h"'
	write src/io/resolver.c '#include <ares.h>' '#include "io/loop_int.h"'
	write src/store/journal.c '#include <sqlite3.h>' '#  include  "sip/sip.h" /* why */'
	write src/lib/lib.c '#include "belfry/belfry.h"' '#include "tx/tx.h"'
	write include/belfry/belfry.h '#include <stdint.h>' '#include "belfry/call.h"'
}

passes() {
	output=$(sh "$check" "$tree" 2>&1) && return
	printf 'a good tree was refused:\n%s\n' "$output"
	wrong=1
}

# refuses PATH LINE TEXT: one bad line in a good tree is refused with that text.
refuses() {
	good_tree
	write "$1" "$2"
	if output=$(sh "$check" "$tree" 2>&1); then
		printf 'not refused: %s in %s\n' "$2" "$1"
		wrong=1
		return
	fi
	case $output in
	*"$1:"*"$3"*) ;;
	*)
		printf 'refused %s in %s with other words:\n%s\n' "$2" "$1" "$output"
		wrong=1
		;;
	esac
}

good_tree
passes

refuses src/sip/bad.c '#include "tx/tx.h"' 'points up: sip is 2, tx is 3'
refuses src/sip/bad.h '#include "io/io.h"' 'points beside'
refuses src/tx/bad.c '#include "sip/via.h"' 'is not the door of sip'
refuses src/tx/bad.c '#include "base/str.h"' 'is not the door of base'
refuses src/tx/bad.c '#include "tx_int.h"' 'is no room/file.h'
refuses src/tx/bad.c '#include "../sip/sip.h"' 'is no room/file.h'
refuses src/tx/bad.c '#include "tx/../store/store.h"' 'is no room/file.h'
refuses src/tx/bad.c '#include "proxy/proxy.h"' 'is no room/file.h'
refuses src/tx/bad.c '#include <lib/lib.h>' 'rooms are included in quotes'
refuses src/tx/bad.c '	# include <sip/via.h>' 'rooms are included in quotes'
refuses src/tx/bad.c '#include "belfry/belfry.h"' 'is for lib and the rooms above it'
refuses src/tx/bad.c '#include <belfry/belfry.h>' 'is for lib and the rooms above it'
refuses src/tx/bad.c '#include HEADER' 'cannot be read'
refuses src/tx/bad.c '#include <openssl/evp.h>' 'outside crypto'
refuses src/tx/bad.c '#include <ares.h>' 'outside io'
refuses src/tx/bad.c '#include <ares_dns.h>' 'outside io'
refuses src/tx/bad.c '#include <sqlite3.h>' 'outside store'
refuses src/proxy/good.c '#include "base/base.h"' 'room proxy is not in HOUSE.md'
refuses src/main.c '#include "base/base.h"' 'a file in no room'
refuses include/belfry/bad.h '#include "sip/sip.h"' 'in a public header'

good_tree
write HOUSE.md '```' 'base 0' 'base 1' '```'
sh "$check" "$tree" | grep -q 'HOUSE.md:3: room base stands twice' || {
	echo 'a room that stands twice in the map is not refused'
	wrong=1
}
exit $wrong
