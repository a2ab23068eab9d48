# SPDX-License-Identifier: Apache-2.0
# The library as others use it: installed, found by pkg-config, and the examples built with
# it, shared and static, calling the server, the program and each other.
. "${0%/*}/../support/cli.sh"
build=$(cd "${belfry%/*}" && pwd)
examples=$(cd "$tests/../examples" && pwd)

cmake --install "$build" --component library --prefix "$folder/shared" >install.log 2>&1 ||
	complain "the installation" "$(cat install.log)"
cp -R shared static
rm -f static/lib*/libbelfry.so* static/lib/*/libbelfry.so*

# compile KIND NAME [SOURCE]: an example with that kind of library.
compile() {
	PKG_CONFIG_PATH=$(dirname "$(find "$folder/$1" -name belfry.pc)")
	export PKG_CONFIG_PATH
	[ "$1" = static ] && static=--static || static=
	flags=$(pkg-config $static --cflags --libs belfry) || complain "pkg-config $1"
	mkdir -p "bin-$1"
	# shellcheck disable=SC2086
	${CC:-cc} -std=c17 -Wall -Wextra -Wpedantic -Werror -o "bin-$1/$2" \
		"${3-$examples/$2.c}" $flags || complain "$2 with the $1 library"
}

# Each header stands alone, in C and in C++.
for header in shared/include/belfry/*.h; do
	name=belfry/$(basename "$header")
	echo "#include <$name>" >alone.c
	${CC:-cc} -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Ishared/include \
		alone.c || complain "$name alone"
	command -v c++ >/dev/null || continue
	c++ -Wall -Wextra -Werror -fsyntax-only -Ishared/include -xc++ alone.c ||
		complain "$name in C++"
done

cat >receiver.c <<'END'
#include <belfry/belfry.h>
#include <stdio.h>

static void on_event(void *user, const struct belfry_event *event)
{
	(void)user;
	printf("%s %s\n", belfry_event_name(event->type), event->text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct belfry_agent *agent;
	struct belfry_account *account;

	if (argc != 3 || belfry_agent_open(&agent, &(struct belfry_agent_options){
				.on_event = on_event, .has_messages = true }))
		return 2;
	if (belfry_account_add(&account, agent, &(struct belfry_account_options){
				.address = argv[1], .password = argv[2] }))
		return 2;
	return belfry_agent_run(agent);
}
END
for kind in shared static; do
	for name in answer call door sensor; do
		compile $kind $name
	done
	compile $kind receiver receiver.c
done
library=$(dirname "$(find "$folder/shared" -name libbelfry.so)")
LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
readelf -d bin-shared/answer | grep -q 'libbelfry\.so\.0' || complain "the soname"
readelf -d bin-static/answer | grep -q 'libbelfry' && complain "static is shared"
[ "$(wc -l <"$examples/answer.c")" -le 40 ] || complain "answer.c passed 40 lines"

# Nothing but the functions of the headers is visible, all of them are, and there is nothing
# that two agents could share: no symbol of the library in .data or .bss.
nm -D --defined-only "$library/libbelfry.so" | awk '$2 != "A" { print $3 }' |
	sed 's/@.*//' | sort >exported
grep -v '^belfry_' exported && complain "exported by mistake"
sed -n 's/.*[ *]\(belfry_[a-z_]*\)(.*/\1/p' "$folder"/shared/include/belfry/*.h |
	grep -vE '^belfry_(agent|call)_(open|info)_' | sort -u >declared
diff declared exported >differ || complain "declared and exported" "$(cat differ)"
objdump -t "$build/libbelfry.so" |
	awk 'NF > 3 && $(NF-2) ~ /^\.(data|bss)$/ && $(NF-1) !~ /^0+$/ { print $NF }' |
	grep -vE '^(completed\.0|__dso_handle|__TMC_END__|__cpu_model|__cpu_features2)$' >globals
[ ! -s globals ] || complain "writable globals:" "$(cat globals)"

cat >server.conf <<EOF2
domain example.test
user alice password secret-of-alice
user bob password secret-of-bob
user carol password secret-of-carol
route local {
    600 answer echo
    602 answer tone 700
}
EOF2
serve
printf secret-of-alice >state/alice.pw
at=127.0.0.1:$port

# run NAME WORD...: an example in the background, as $other; its words are in NAME.log.
begin() {
	name=$1
	shift
	"bin-$kind/$name" "$@" >"$name.log" 2>&1 </dev/null &
	other=$!
	until_true has_line "$name.log" "registered 200"
}

finish() {
	kill -KILL "$other" 2>/dev/null
	wait "$other" 2>/dev/null
	other=
}

# A recording of the server's tone, judged while it is made: what comes out of everything
# below must be that tone again.
is_heard() {
	for _ in 1 2 3; do
		"$belfry" call "$@" --state state >out 2>err </dev/null && return 0
	done
	complain "belfry call $*" "$(cat out err)"
}
is_heard alice 602 --duration 2s --expect 'audio=700Hz' --record tone.wav

for kind in shared static; do
	begin answer "sip:bob@$at" secret-of-bob tone.wav
	[ $kind = static ] || is_heard alice bob --duration 1s --expect 'audio=700Hz'
	# Example with example; it hangs up when the recording is over.
	"bin-$kind/call" "sip:carol@$at" secret-of-carol bob tone.wav "heard-$kind.wav" \
		>out 2>err || complain "call" "$(cat out err)"
	grep -qE '^[A-Za-z0-9]+  sent [0-9]+  received [0-9]{2,}' out || complain "$(cat out)"
	says answer.log "answered" && says answer.log "sip:carol@"
	finish
	begin answer "sip:bob@$at" secret-of-bob "heard-$kind.wav"
	is_heard alice bob --duration 1s --expect 'audio=700Hz'
	finish
	"bin-$kind/call" "sip:carol@$at" wrong bob tone.wav >out 2>err &&
		complain "a wrong password calls"
	"bin-$kind/call" "sip:carol@$at" secret-of-carol 602 none.wav >out 2>err
	says err "cannot open none.wav: not found"
done

# The door: opened by who calls it and knows the code, and by who is called.
mkfifo bell
bin-static/door "sip:bob@$at" secret-of-bob carol 42 >door.log 2>&1 <bell &
other=$!
exec 3>bell
is_heard_by_door() {
	"$belfry" call alice bob --dtmf "$1" --duration 2s --state state >out 2>err
}
until_true has_line door.log "can be called"
is_heard_by_door 124
says_not door.log "open"
is_heard_by_door 142
says door.log "the door is open"
bin-static/receiver "sip:carol@$at" secret-of-carol >receiver.log 2>&1 3>&- &
receiver=$!
until_true has_line receiver.log "registered"
echo >&3
until_true has_line receiver.log "incoming"
exec 3>&-
until_true has_ended "$other"
finish

# The sensor.
bin-shared/sensor "sip:alice@$at" secret-of-alice carol "21 degrees" >out 2>err ||
	complain "sensor" "$(cat out err)"
says out "200 OK" && says receiver.log "message 21 degrees"
kill -KILL $receiver
wait $receiver 2>/dev/null
bin-static/sensor "sip:alice@$at" secret-of-alice 999 "hello" >out 2>err &&
	complain "a text to nobody arrives"
says out "404"
exit $wrong
