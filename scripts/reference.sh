#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# reference.sh [FOLDER]: writes the reference of the library, a page a public header, into
# docs/reference or FOLDER. All its words are those of the headers.
set -eu
cd "$(dirname "$0")/.."
folder=${1-docs/reference}
mkdir -p "$folder"

for header in include/belfry/*.h; do
	name=$(basename "$header" .h)
	page=$name
	[ "$name" != belfry ] || page=README
	awk -v header="belfry/$name.h" '
	function begin_list() {
		if (!in_list)
			print ""
		in_list = 1
	}

	# Paragraphs are joined; what is indented stays as it is.
	function print_text(text,    lines, count, i, paragraph) {
		count = split(text, lines, "\n")
		in_list = 0
		for (i = 1; i <= count + 1; i++) {
			if (i <= count && lines[i] != "" && lines[i] !~ /^  /) {
				paragraph = paragraph (paragraph == "" ? "" : " ") lines[i]
				continue
			}
			if (paragraph != "") {
				gsub(/\*/, "\\*", paragraph)
				print "\n" paragraph
			}
			paragraph = ""
			if (i <= count && lines[i] ~ /^  /) {
				begin_list()
				print "    " substr(lines[i], 3)
			} else {
				in_list = 0
			}
		}
	}

	function name_of(text,    part) {
		if (text !~ /{/ && match(text, /belfry_[a-z_]+\(/))
			return substr(text, RSTART, RLENGTH - 1)
		match(text, /^(struct|enum) [a-z_]+/)
		return substr(text, RSTART, RLENGTH)
	}

	# Declarations without a blank line between them share what is said before them.
	function end_group() {
		if (code != "") {
			print "\n### " title "\n\n```c\n" code "```"
			print_text(said)
		}
		code = title = said = ""
	}

	function add_declaration(    name) {
		name = name_of(declaration)
		# A type that is only named is nothing to read about.
		if (declaration !~ /^struct [a-z_]+;\n$/) {
			title = title (title == "" ? "" : ", ") "`" name "`"
			code = code declaration
		}
		declaration = ""
	}

	function end_comment() {
		in_comment = 0
		if (comment ~ /^SPDX/) {
			sub(/^[^\n]*\n*/, "", comment)
			print "# `<" header ">`"
			print_text(comment)
		} else if (comment ~ /^---- .* ----$/) {
			end_group()
			gsub(/^---- | ----$/, "", comment)
			print "\n## " toupper(substr(comment, 1, 1)) substr(comment, 2)
		} else {
			end_group()
			said = comment
		}
		comment = ""
	}

	declaration == "" && !in_comment && /^\/\*/ {
		in_comment = 1
		line = substr($0, 4)
		if (sub(/ *\*\/$/, "", line)) {
			comment = line
			end_comment()
		} else
			comment = line
		next
	}
	in_comment {
		line = $0
		last = sub(/ *\*\/$/, "", line)
		sub(/^ \* ?/, "", line)
		if (!(last && line == ""))
			comment = comment "\n" line
		if (last)
			end_comment()
		next
	}
	declaration == "" && /^(#|extern "C"|}$)/ { next }
	/^$/ && declaration == "" { end_group(); next }
	{
		declaration = declaration $0 "\n"
		if ($0 ~ /{$/)
			in_braces = 1
		if (in_braces ? $0 ~ /^};/ : $0 ~ /;$/) {
			in_braces = 0
			add_declaration()
		}
	}
	END { end_group() }' "$header" >"$folder/$page.md"
done
