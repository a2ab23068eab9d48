# SPDX-License-Identifier: Apache-2.0
# arrows.sh [TREE]: every include in src/ and include/ points down. The map is the fenced
# block of HOUSE.md with lines `room number ...`. A file includes its own room's headers
# and the doors (room/room.h, and room/room_kernel.h for programs in the kernel) of rooms
# with a smaller number; a foreign library is included in the one room that hides it.
set -u
tree=${1:-.}
cd "$tree" || exit 2

roots=
for root in src include; do
	[ ! -d "$root" ] || roots="$roots $root"
done
[ -n "$roots" ] || exit 0

find $roots -name '*.[ch]' | LC_ALL=C sort | awk '
function complain(text) {
	printf "%s:%d: %s\n", path, line_number, text
	wrong = 1
}

# The public headers stand in front of lib: whoever may include its door may use them.
function find_room(    part) {
	if (path ~ /^include\//)
		return "include"
	return split(path, part, "/") > 2 ? part[2] : ""
}

function check_public_header(name) {
	if (room != "include" && (!("lib" in floor) || floor[room] < floor["lib"]))
		complain("\"" name "\" is for lib and the rooms above it")
}

function check_quoted(name,    other) {
	other = name
	sub(/\/.*/, "", other)
	if (name ~ /^belfry\/[a-z0-9_]+\.h$/)
		check_public_header(name)
	else if (room == "include")
		complain("\"" name "\" in a public header")
	else if (name !~ /^[a-z0-9]+(\/[a-z0-9_]+)+\.h$/ || !(other in floor))
		complain("\"" name "\" is no room/file.h of a room in HOUSE.md")
	else if (other == room)
		return
	else if (floor[other] == floor[room])
		complain("\"" name "\" points beside: " room " and " other " are both " \
			floor[room])
	else if (floor[other] > floor[room])
		complain("\"" name "\" points up: " room " is " floor[room] ", " other \
			" is " floor[other])
	else if (name != other "/" other ".h" && name != other "/" other "_kernel.h")
		complain("\"" name "\" is not the door of " other)
}

function check_angled(name,    first) {
	first = name
	sub(/\/.*/, "", first)
	if (first in floor || name ~ /\.\./)
		complain("<" name ">: rooms are included in quotes")
	else if (first == "belfry")
		check_public_header(name)
	for (foreign in hidden_in)
		if (name ~ foreign && room != hidden_in[foreign])
			complain("<" name "> outside " hidden_in[foreign])
}

function check(line,    name) {
	name = line
	if (name !~ /^["<][^">]+[">]/) {
		complain("an include whose name cannot be read: " line)
		return
	}
	name = substr(name, 2)
	sub(/[">].*/, "", name)
	if (line ~ /^"/)
		check_quoted(name)
	else
		check_angled(name)
}

BEGIN {
	hidden_in["^openssl/"] = "crypto"
	hidden_in["^ares[_a-z]*\\.h$"] = "io"
	hidden_in["^sqlite3[a-z]*\\.h$"] = "store"
	hidden_in["^bpf/"] = "fast"
	hidden_in["^liburing"] = "io"

	path = "HOUSE.md"
	while ((status = (getline line < path)) > 0) {
		line_number++
		if (line ~ /^```/)
			fenced = !fenced
		else if (fenced && split(line, word) > 1 && word[1] ~ /^[a-z0-9]+$/ &&
			 word[2] ~ /^[0-9]+$/) {
			if (word[1] in floor)
				complain("room " word[1] " stands twice in the map")
			floor[word[1]] = word[2] + 0
			rooms_count++
		}
	}
	if (!rooms_count)
		complain("no map of rooms")
}

{
	path = $0
	line_number = 0
	files_count++
	room = find_room()
	if (room != "include" && !(room in floor)) {
		complain(room == "" ? "a file in no room" : "room " room " is not in HOUSE.md")
		next
	}
	while ((getline line < path) > 0) {
		line_number++
		if (sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line))
			check(line)
	}
	close(path)
}

END {
	if (!wrong)
		printf "%d files, every include points down\n", files_count
	exit wrong
}'
