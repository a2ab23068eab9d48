# SPDX-License-Identifier: Apache-2.0
# The reference of the library says what its headers say: scripts/reference.sh was run after
# they were changed. And the guide shows the example that is built and called.
set -u
folder=$(mktemp -d /tmp/belfry-reference-XXXXXX) || exit 2
trap 'rm -rf "$folder"' EXIT
sh scripts/reference.sh "$folder" && diff -ru docs/reference "$folder" || {
	echo "docs/reference is not what the headers say: sh scripts/reference.sh"
	exit 1
}
awk '/^```$/ && shown { exit } shown { print } /^```c$/ { shown = 1 }' \
	docs/guide/library.md >"$folder/answer.c"
tail -n +3 examples/answer.c | diff -u - "$folder/answer.c" || {
	echo "docs/guide/library.md does not show examples/answer.c"
	exit 1
}
echo "the pages say what headers and examples say"
