# SPDX-License-Identifier: Apache-2.0
# Right and wrong words without a server: exit status 0, 1 and 2, and what is said.
. "${0%/*}/../support/cli.sh"
write_conf

expect 0 help && says out "first steps"
expect 0 help --json && is_json out
expect 0 version --json && is_json out
for command in dev run init check fmt reload status metrics explain why reg user ban \
	options version help; do
	expect 0 help $command && says out "belfry $command"
	expect 0 $command --help && says out "belfry $command"
done
expect 2 help nothing
expect 2 statsu && says err "did you mean status?"
expect 2 status more && says err 'takes no "more"'
expect 2 status --state && says err "needs a value"
expect 2 explain a b --methd M && says err "--methd"
expect 2 run --workers many && says err "1 to 64"

# No server: every question says where it looked and what to do.
for command in status metrics reload why "reg list" "reg watch" "user list" "ban list" \
	"explain alice bob"; do
	# shellcheck disable=SC2086
	expect 2 $command --state nowhere && says err "no server at nowhere"
	# shellcheck disable=SC2086
	expect 2 --state nowhere $command && says err "no server at nowhere"
done
# A folder that is no state directory is not made one by looking.
mkdir empty
expect 2 reg list --state empty && says err "no server at empty"
[ -z "$(ls empty)" ] || complain "a look left something"

expect 2 check nothing.conf && says err "cannot read"
expect 2 fmt nothing.conf && says err "cannot read"
expect 0 check server.conf && says out "is right"
expect 0 check server.conf --json && is_json out
echo 'trunk {' >broken.conf
expect 1 check broken.conf && says err "broken.conf:1:"
expect 1 check broken.conf --json && is_json err
echo 'user alice { number 101' >open.conf
expect 1 fmt open.conf && says err "open.conf:1:" && says err "stays as it is"
grep -qx 'user alice { number 101' open.conf || complain "fmt changed a broken file"
expect 0 init new.conf && expect 1 init new.conf && says err "there already"
expect 0 check new.conf
chmod 600 new.conf
expect 0 fmt new.conf
[ "$(stat -c %a new.conf)" = 600 ] || complain "fmt opened a private file to all"

expect 2 options && expect 2 options ::
expect 1 options "127.0.0.1:$port" && says err "no answer"
expect 1 options "127.0.0.1:$port" --json && is_json out
exit $wrong
