#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# instructions.sh PROGRAM             prints what each operation of PROGRAM (bench_sip) costs
# instructions.sh PROGRAM --check     ... beside sip_budget.txt: exit status 1 when a row is
#                                     more than 3 % over; 77 when the budgets are not for
#                                     this compiler, libc and processor
# instructions.sh PROGRAM --record    writes sip_budget.txt
#
# User instructions by callgrind, for one round of each operation on each message of
# tests/data/sip, memory warm. They do not depend on the machine's load; they do on the compiler,
# on libc and on the vector instructions of the processor, which the first line names.
set -u
cd "$(dirname "$0")" || exit 2
program=$1 mode=${2-}
budget=$PWD/sip_budget.txt
case $program in /*) ;; *) program=$OLDPWD/$program ;; esac
[ -x "$program" ] || { echo "$program: there is no such program" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }

rounds=10
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT

# Each end of measured() is a dump, numbered in the order of the lines that it prints.
valgrind --tool=callgrind --callgrind-out-file="$tree/out" --toggle-collect=measured \
	--dump-after=measured "$program" $rounds ../data/sip/*.sip >"$tree/rows" 2>"$tree/log" || {
	cat "$tree/log" >&2
	exit 1
}
number=0
while read -r message operation _; do
	number=$((number + 1))
	total=$(sed -n 's/^summary: //p' "$tree/out.$number")
	echo "$message $operation $((total / rounds))"
done <"$tree/rows" >"$tree/now"

compiler=$(strings -n 4 "$program" | sed -n 's/^GCC: ([^)]*) /gcc /p; s/.*\(clang\) version \([0-9.]*\).*/\1 \2/p' | head -n 1)
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)
vectors=$(grep -m 1 -ow -e avx2 /proc/cpuinfo)
made_with="# $(uname -m) ${vectors:-without avx2}, $compiler, $libc"

case $mode in
--record)
	{ echo "$made_with"; cat "$tree/now"; } >"$budget"
	;;
--check)
	if [ "$made_with" != "$(head -n 1 "$budget")" ]; then
		echo "left out: the budgets are for ${budget##*/}'s $(head -n 1 "$budget"), this is $made_with"
		exit 77
	fi
	awk 'NR == FNR { budget[$1 " " $2] = $3; next }
		{
			key = $1 " " $2; seen[key] = 1
			over = !(key in budget) || $3 > budget[key] * 1.03
			printf "%-26s %-10s %6d  budget %6d  %s\n", $1, $2, $3, budget[key], over ? "OVER" : "ok"
			wrong += over
		}
		END {
			for (key in budget)
				if (key !~ /^#/ && !(key in seen)) { print key ": not measured  OVER"; wrong++ }
			exit wrong > 0
		}' "$budget" "$tree/now"
	;;
*)
	echo "$made_with"
	column -t "$tree/now"
	;;
esac
