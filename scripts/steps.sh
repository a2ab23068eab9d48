# SPDX-License-Identifier: Apache-2.0
# The steps of ./test, which sources this. A step is a function that writes its output to
# stdout, adds to passed, failed and skipped, and returns non-zero when it went wrong.

passed_total=0 failed_total=0 skipped_total=0
trap 'exit 130' INT TERM HUP

# step NAME TITLE FUNCTION ARGUMENT...: runs one, with its output in build/log/NAME.log;
# the end of that is shown when the step fails.
step() {
	log=build/log/$1.log
	mkdir -p build/log
	printf '%-48s' "$2"
	shift 2
	passed=0 failed=0 skipped=0
	step_began=$(date +%s)
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	# A build that breaks has no runner to count it.
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	passed_total=$((passed_total + passed))
	failed_total=$((failed_total + failed))
	skipped_total=$((skipped_total + skipped))
	took=$(($(date +%s) - step_began))
	if [ "$failed" -eq 0 ]; then
		printf 'ok      %4d s  %d passed\n' $took "$passed"
	else
		printf 'FAILED  %4d s  %d failed of %d\n' $took "$failed" $((passed + failed))
		tail -n 40 "$log" | sed 's/^/    /'
		say "    whole log: $log"
	fi
}

# build PRESET [ARGUMENT...]: configures and compiles with every warning an error.
build() {
	preset=$1
	shift
	timeout_s=300
	[ "$full" = no ] || timeout_s=7200
	cache=
	! command -v ccache >/dev/null || cache=-DCMAKE_C_COMPILER_LAUNCHER=ccache
	cmake --preset "$preset" -DBELFRY_WERROR=ON -DBELFRY_TEST_TIMEOUT_S=$timeout_s $cache &&
		cmake --build --preset "$preset" "$@"
}

# count_ctest FILE: adds up the runner's own count, from the first line of its JUnit report.
count_ctest() {
	tests=$(attribute tests "$1")
	not_run=$(($(attribute skipped "$1") + $(attribute disabled "$1")))
	wrong=$(attribute failures "$1")
	passed=$((passed + tests - not_run - wrong))
	failed=$((failed + wrong))
	skipped=$((skipped + not_run))
}

attribute() {
	tr '\n\t' '  ' <"$2" | sed -n "s/^[^>]*?>[^>]* $1=\"\([0-9]*\)\".*/\1/p"
}

# run_ctest PRESET [ARGUMENT...]: a command in $under runs the runner itself.
run_ctest() {
	report=$PWD/build/log/$1.xml
	tree=build/$1
	shift
	rm -f "$report"
	${under-} ctest --test-dir "$tree" --output-on-failure --no-tests=ignore -j "$(nproc)" \
		--output-junit "$report" "$@"
	ctest_status=$?
	[ ! -e "$report" ] || count_ctest "$report"
	return $ctest_status
}

# build_and_ctest PRESET [ARGUMENT...]: the arguments are for the runner.
build_and_ctest() {
	build "$1" && run_ctest "$@"
}

# The sanitizer wants its shadow where newer kernels put libraries; without address
# randomisation they are elsewhere. Where that is not allowed it may do without.
threads_under_tsan() {
	under="setarch $(uname -m) -R"
	$under true 2>/dev/null || under=
	build tsan --target tests_with_threads && run_ctest tsan -L threads
	status=$?
	under=
	return $status
}

# The tests that walk through their allocations, in the sanitizers' build: they see what
# an error path forgets.
failing_allocations() {
	BELFRY_ALLOC_STEP=$1
	run_ctest asan -L alloc
	status=$?
	BELFRY_ALLOC_STEP=0
	return $status
}

# What the codec costs, against the figures that were recorded. Elsewhere than there it
# counts as left out, and the log says why.
instruction_budgets() {
	build bench --target bench_sip || return 1
	sh tests/bench/instructions.sh build/bench/bench_sip --check \
		>build/log/instructions.out
	status=$?
	cat build/log/instructions.out
	passed=$(grep -c ' ok$' build/log/instructions.out)
	failed=$(grep -c ' OVER$' build/log/instructions.out)
	[ $status -ne 77 ] || skipped=1 status=0
	return $status
}

# each COMMAND PROGRAM...: counts for programs that have no runner.
each() {
	command=$1
	shift
	for program; do
		say "== $program"
		if $command "$program"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			say "== $program failed"
		fi
	done
	[ "$failed" -eq 0 ]
}

# programs TREE FOLDER: what TREE has built from the sources in tests/FOLDER.
programs() {
	(cd tests && find $2 -name '*.c' ! -name replay.c) | LC_ALL=C sort |
		sed "s,\.c\$,,; s,/,_,g; s,^,$1/tests/,"
}

# NEON on a machine that has none: the codec alone, cross-built and run under qemu.
neon_under_qemu() {
	mkdir -p build/cross
	aarch64-linux-gnu-gcc -std=c17 -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
		-Werror -D_GNU_SOURCE -Isrc -static -pthread -o build/cross/scan \
		tests/cross/scan.c src/base/*.c src/sip/*.c || return 1
	qemu-aarch64 build/cross/scan tests/data/rfc4475/* >build/cross/scan.out
	status=$?
	cat build/cross/scan.out
	passed=$(grep -c ': right$' build/cross/scan.out)
	failed=$(grep -c ': WRONG$' build/cross/scan.out)
	grep -q '^neon: right$' build/cross/scan.out && return $status
}

under_valgrind() {
	each "timeout 900 valgrind -q --suppressions=tests/valgrind.supp --leak-check=full --error-exitcode=9" $(programs build/debug unit)
}

fuzz_one() {
	target=${1##*/fuzz_}
	found=build/fuzz/found/$target
	mkdir -p "$found"
	(
		ulimit -S -t $((fuzz_minutes * 60)) &&
			exec "$1" -max_len=65535 -timeout=20 -rss_limit_mb=512 \
				-artifact_prefix="build/fuzz/found/$target-" \
				"$found" "tests/fuzz/corpus/$target"
	)
	# Its minutes are used up (SIGXCPU), and nothing was found.
	[ $? -eq 152 ]
}

fuzzing() {
	fuzz_minutes=$1
	build fuzz && each fuzz_one $(programs build/fuzz fuzz)
}

# The entry point of tests/interop prints its own count last. The build is that of ./run.
interop() {
	./run --build || return 1
	python3 tests/interop/run >build/log/interop.out 2>&1
	status=$?
	cat build/log/interop.out
	counts=$(tail -n 1 build/log/interop.out | sed -n \
		's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
	[ -n "$counts" ] || return 1
	set -- $counts
	passed=$1 failed=$2 skipped=$3
	return $status
}
