# SPDX-License-Identifier: Apache-2.0
# The program in the kernel (src/fast): compiled by clang, whose target it is, and put into
# kernel.c. Without clang or libbpf the server carries packets itself.
if(BELFRY_FAST)
	find_program(BPF_CLANG clang)
	pkg_check_modules(BPF QUIET IMPORTED_TARGET "libbpf >= 1.0")
endif()
list(FILTER ROOM_SOURCES EXCLUDE REGEX "\\.bpf\\.c$")
if(NOT BELFRY_FAST OR NOT BPF_CLANG OR NOT BPF_FOUND)
	message(STATUS "media { fast auto } is left out: it needs clang and libbpf-dev")
	list(FILTER ROOM_SOURCES EXCLUDE REGEX "/src/fast/(kernel|attach|route)\\.c$")
	return()
endif()
list(FILTER ROOM_SOURCES EXCLUDE REGEX "/src/fast/without\\.c$")
set(FAST_DEPS PkgConfig::BPF)
set(FAST_PROGRAM ${CMAKE_BINARY_DIR}/carry.bpf.o)
add_custom_command(OUTPUT ${FAST_PROGRAM}
	COMMAND ${BPF_CLANG} -O2 -g -target bpf -ffreestanding -Wall -Wextra -Werror
		-I${CMAKE_SOURCE_DIR}/src -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
		-MD -MF ${FAST_PROGRAM}.d
		-c ${CMAKE_SOURCE_DIR}/src/fast/carry.bpf.c -o ${FAST_PROGRAM}
	DEPENDS src/fast/carry.bpf.c DEPFILE ${FAST_PROGRAM}.d VERBATIM)
set_source_files_properties(src/fast/kernel.c PROPERTIES
	OBJECT_DEPENDS ${FAST_PROGRAM}
	COMPILE_DEFINITIONS BELFRY_FAST_PROGRAM="${FAST_PROGRAM}")
