# SPDX-License-Identifier: Apache-2.0
# What ./run and ./test need from the system, and how it gets there. Sourced, not run:
# the caller has changed to the top of the tree. When nothing is missing this prints
# nothing and costs one dpkg-query.

# Names as Debian 12 has them.
build_packages="gcc libc6-dev cmake ninja-build pkg-config libssl-dev libc-ares-dev
	libsqlite3-dev libjansson-dev scdoc openssl
	libopus-dev libspandsp-dev libspeexdsp-dev libsndfile1-dev
	libasound2-dev libedit-dev clang libbpf-dev liburing-dev"
test_packages="libcmocka-dev clang-format-14 libsrtp2-dev valgrind"
full_packages="libclang-rt-14-dev llvm gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
bench_packages="python3 valgrind openssl util-linux kamailio kamailio-tls-modules
	rtpengine-daemon coturn iproute2"
peer_packages="python3 baresip-core baresip linphone-cli twinkle-console sip-tester sipsak
	sipvicious kamailio kamailio-tls-modules libnice10 coturn iproute2 nftables"

# Where another release differs: release, name above, name there (- is done without).
renamed_packages="
	ubuntu-24.04  libclang-rt-14-dev  libclang-rt-18-dev
	debian-13     libclang-rt-14-dev  libclang-rt-19-dev
	debian-13     clang-format-14     -
"

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# names_here PACKAGE...: the same packages by this release's names.
names_here() {
	release=$(. /etc/os-release && printf '%s-%s' "$ID" "${VERSION_ID:-}")
	printf '%s\n' "$renamed_packages" | awk -v release="$release" -v names="$*" '
		$1 == release { other[$2] = $3 }
		END {
			for (i = 1; i <= split(names, name); i++) {
				here = name[i] in other ? other[name[i]] : name[i]
				if (here != "-")
					print here
			}
		}'
}

# missing PACKAGE...: those that are not installed.
missing() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		awk -v names="$*" '
			$1 == "installed" { there[$2] = 1 }
			END {
				for (i = 1; i <= split(names, name); i++)
					if (!(name[i] in there))
						printf " %s", name[i]
			}'
}

# setup PURPOSE PACKAGE...: installs what is missing, or ends the script with the reason.
setup() {
	purpose=$1
	shift
	if ! command -v dpkg-query >/dev/null; then
		say "set-up: not Debian or Ubuntu, so what is needed $purpose must be there already"
		return 0
	fi
	absent=$(missing $(names_here "$@"))
	[ -n "$absent" ] || return 0

	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "installing needs root and there is no sudo; as root: apt-get install$absent"
		as_root=sudo
	fi
	mkdir -p build/log
	say "set-up: installing $purpose:$absent"
	if ! $as_root sh scripts/install.sh $absent >build/log/setup.log 2>&1; then
		tail -n 15 build/log/setup.log >&2
		die "apt could not install$absent (is there a network? whole log: build/log/setup.log)"
	fi
}
