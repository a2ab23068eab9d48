# SPDX-License-Identifier: Apache-2.0
# Layout is what clang-format 14 makes of it; other versions differ in details, so that
# without that one the check is left out (exit status 77).
set -u
for format in clang-format-14 clang-format ''; do
	[ -n "$format" ] || {
		echo "left out: clang-format 14 is not installed"
		exit 77
	}
	! "$format" --version 2>/dev/null | grep -q 'version 14\.' || break
done

roots=
for root in src include tests examples; do
	[ ! -d "$root" ] || roots="$roots $root"
done
find $roots -name '*.[ch]' -print0 | xargs -0 "$format" --dry-run -Werror
