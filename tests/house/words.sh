# SPDX-License-Identifier: Apache-2.0
# words.sh [TREE]: words that must and must not stand in a source file: the licence at its head; none of
# libc's functions that know no bounds or hide their errors (bel_cursor reads, bel_writer
# writes); no carriage returns; no notes of things to do, which are issues.
set -u
cd "${1:-.}" || exit 2

sources() {
	for root in "$@"; do
		[ ! -d "$root" ] || find "$root" -name '*.[ch]'
	done | LC_ALL=C sort
}

scripts() {
	for script in run test .ci/run scripts/*.sh tests/house/*.sh tests/interop/run \
		tests/interop/*.py CMakeLists.txt tests/CMakeLists.txt; do
		[ ! -f "$script" ] || echo "$script"
	done
}

# complain WHY: reads the offending places, one a line.
complain() {
	awk -v why="$1" '{ print $0 ": " why } END { exit NR > 0 }'
}

wrong=0
{
	sources src include examples tests
	scripts
} | while read -r file; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' || echo "$file"
done | complain "no SPDX head" || wrong=1

forbidden='strcpy|stpcpy|strncpy|strcat|strncat|strtok|strtok_r|gets|sprintf|vsprintf|scanf'
forbidden="$forbidden|sscanf|vsscanf|fscanf|atoi|atol|atoll|atof|alloca"
sources src include examples |
	xargs -r grep -nE "(^|[^A-Za-z0-9_])($forbidden)[[:space:]]*\(" /dev/null |
	complain "a function that is not used here" || wrong=1

carriage_return=$(printf '\r')
{
	sources src include examples tests
	scripts
} | xargs -r grep -n "$carriage_return" /dev/null | complain "a carriage return" || wrong=1

sources src include examples tests |
	xargs -r grep -nwE 'TOD[O]|FIXM[E]|XX[X]' /dev/null |
	complain "a note of something to do" || wrong=1

[ $wrong -eq 0 ] && echo "every source file has its head and no forbidden word"
exit $wrong
