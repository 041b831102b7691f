# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Debian packages that signet needs, and installing those that are missing.
# To be sourced by bash; needs nothing but what every Debian 12 or 13 has.

# The release that the lists are for; who sources this may say another one. Testing and unstable
# have no number.
# shellcheck source=/dev/null
: "${packages_release:=$(. /etc/os-release 2> /dev/null && echo "${VERSION_ID:-99}")}"

# Where Debian 12 and 13 differ, the names are separated by a bar, that of 12 first; any one will do.
# shellcheck disable=SC2034
packages_build=(
	gcc libc6-dev make autoconf automake libtool 'pkg-config|pkgconf'
	libssl-dev libsodium-dev libsqlite3-dev libtss2-dev libp11-kit-dev libjansson-dev
	libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev check tzdata
)

# The TPM library opens these by name, so no package depends on them.
packages_tcti=(
	'libtss2-tctildr0|libtss2-tctildr0t64'
	'libtss2-tcti-device0|libtss2-tcti-device0t64'
	'libtss2-tcti-swtpm0|libtss2-tcti-swtpm0t64'
	'libtss2-tcti-pcap0|libtss2-tcti-pcap0t64'
)

# shellcheck disable=SC2034
packages_quickstart=("${packages_tcti[@]}" swtpm tpm2-tools openssl opensc)

# shellcheck disable=SC2034
packages_test=(
	"${packages_tcti[@]}" swtpm swtpm-tools openssl opensc
	tpm2-tools gnutls-bin p11-kit p11-kit-modules softhsm2 libffi-dev sqlite3 openssh-client
	curl nginx nodejs libnss3-tools python3-pykcs11 default-jdk-headless
	binutils gawk xz-utils xxd util-linux mandoc systemd
	clang libclang-rt-dev valgrind
)

# pkcs11-provider is in Debian from 13 on; for its sake, and others', Debian 12 makes a root of 13.
if [ "$packages_release" -ge 13 ]; then
	packages_test+=(pkcs11-provider)
	# Not a must: Ed25519 is slower without it.
	if [ "$(dpkg --print-architecture 2> /dev/null)" = amd64 ]; then
		packages_build+=(lib25519-dev)
	fi
else
	packages_test+=(mmdebstrap)
fi

# packages_installed NAME: tell whether the package is there.
packages_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# packages_missing NAME...: print those of which no alternative is installed.
packages_missing() {
	local entry name found

	for entry in "$@"; do
		found=
		for name in ${entry//|/ }; do
			if packages_installed "$name"; then
				found=yes
			fi
		done
		[ -n "$found" ] || echo "$entry"
	done
}

# packages_choose NAME...: of each entry print the first alternative that this release has.
packages_choose() {
	local entry name chosen

	for entry in "$@"; do
		chosen=
		for name in ${entry//|/ }; do
			if [ -z "$chosen" ] && LC_ALL=C apt-cache policy "$name" | grep -q '^  Candidate: [^(]'; then
				chosen=$name
			fi
		done
		# With none of them apt-get says which package it misses.
		echo "${chosen:-${entry%%|*}}"
	done
}

# packages_apt ARGUMENT...: apt-get as root, without questions and with nothing but errors.
packages_apt() {
	local as_root=()

	[ "$(id -u)" -eq 0 ] || as_root=(sudo)
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq "$@" < /dev/null > /dev/null
}

# packages_install GROUP...: install what is missing of the groups build, quickstart and
# test; asks the network only if something is.
packages_install() {
	local group missing chosen wanted=()

	for group in "$@"; do
		local -n members=packages_$group
		wanted+=("${members[@]}")
	done
	if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
		echo "This is not Debian. Make sure that the counterparts of these packages are there:" >&2
		echo "  ${wanted[*]%%|*}" >&2
		return 0
	fi
	mapfile -t missing < <(packages_missing "${wanted[@]}" | awk '!seen[$0]++')
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null; then
		echo "These packages are missing, and neither is this root nor is sudo there:" >&2
		echo "  ${missing[*]%%|*}" >&2
		echo "Install them as root: apt-get install ${missing[*]%%|*}" >&2
		return 1
	fi
	echo "Installing ${missing[*]%%|*}"
	packages_apt update || return 1
	mapfile -t chosen < <(packages_choose "${missing[@]}")
	packages_apt install -y --no-install-recommends "${chosen[@]}" || {
		echo "The packages could not be installed: ${chosen[*]}" >&2
		return 1
	}
}
