# SPDX-License-Identifier: Apache-2.0
# install.sh PACKAGE...: run as root by setup.sh. Installs packages without starting or
# enabling the services in them: a Kamailio that comes up by itself would take the ports
# of the server under test.
set -u

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
policy=/usr/sbin/policy-rc.d
saved=$policy.before-belfry
forbidden=no

forbid_services() {
	# A saved file that is still here comes from a run that was killed.
	[ -e "$saved" ] || [ ! -e "$policy" ] || mv "$policy" "$saved"
	forbidden=yes
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

restore_policy() {
	[ $forbidden = yes ] || return 0
	rm -f "$policy"
	[ ! -e "$saved" ] || mv "$saved" "$policy"
}

apt() {
	apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"
}

# Lists that cannot be fetched are no reason to stop: the install says what is missing.
apt update || echo "install.sh: apt-get update failed; going on with the lists there are"

trap restore_policy EXIT
trap 'exit 130' INT TERM HUP
forbid_services
apt install --no-install-recommends "$@" || exit 1

for package; do
	case $package in
	kamailio) update-rc.d kamailio disable || exit 1 ;;
	esac
done
