# SPDX-License-Identifier: Apache-2.0
# The reference of the library says what its headers say: scripts/reference.sh was run after
# they were changed.
set -u
folder=$(mktemp -d /tmp/belfry-reference-XXXXXX) || exit 2
trap 'rm -rf "$folder"' EXIT
sh scripts/reference.sh "$folder" && diff -ru docs/reference "$folder" || {
	echo "docs/reference is not what the headers say: sh scripts/reference.sh"
	exit 1
}
echo "the reference is that of the headers"
