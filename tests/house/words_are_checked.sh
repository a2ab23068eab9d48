# SPDX-License-Identifier: Apache-2.0
# words.sh lets a good file pass and finds each kind of bad one.
set -u
check=$PWD/tests/house/words.sh
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/src/base"
head='/* SPDX-License-Identifier: Apache-2.0 */'
wrong=0

# refuses TEXT LINE...: a file of these lines is refused with that text.
refuses() {
	text=$1
	shift
	printf '%s\n' "$@" >"$tree/src/base/a.c"
	if sh "$check" "$tree" >"$tree/output" || ! grep -q "a\.c.*: $text" "$tree/output"; then
		printf 'not refused as "%s": %s\n' "$text" "$*"
		wrong=1
	fi
}

printf '%s\n' "$head" '/* no sprintf here */' 'snprintf(a, n, "x"); my_gets(a);' \
	>"$tree/src/base/a.c"
sh "$check" "$tree" || wrong=1

refuses 'no SPDX head' 'int x;'
refuses 'a function' "$head" '	n = atoi(text);'
refuses 'a function' "$head" 'x = (char *)strcpy (a, b);'
refuses 'a function' "$head" 'alloca(4);'
refuses 'a carriage return' "$head$(printf '\r')"
refuses 'a note' "$head" '/* TO''DO: later */'
exit $wrong
