#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is installed for systemd: its own programs accept the files and rate the sandbox of the
# example, and signet does its work under the system calls that the example leaves it. There is
# no systemd running here, so the filter is set by confine.c. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/lib/tap.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tap.sh"
# shellcheck source=tests/lib/hardware.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/hardware.sh"
need systemd-analyze systemd
work=$(mktemp -d "${TMPDIR:-/tmp}/sgunit.XXXXXX") || bail 'no folder'
trap 'hardware_stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
tap_start "$work"
cd "$work" || bail 'no folder'

build=${SIGNET_TEST_BUILDDIR:?}
data=$build/data
unit=signet-example.service
confine=$build/tests/interop/confine
# The exposure that "systemd-analyze security" may find, in tenths: 0 to 20 is what it calls safe.
most_exposed=10
with_openbao=25
with_network=16

# variable NAME: what the Makefile says.
variable() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s --no-print-directory -C "$build" \
		--eval="print-it: ; @echo \$($1)" print-it | tail -n 1
}

bindir=$(variable bindir)
state=$(variable localstatedir)/lib/signet

# The unit names the command where it will be installed.
mkdir -p root/etc units "root$state"
sed "s,$bindir/signet,$build/signet," "$data/examples/$unit" > "units/$unit"

it 'systemd finds nothing to say about the example'
succeeds systemd-analyze verify --man=no "units/$unit"
quiet

it 'systemd rates the sandbox of the example as safe'
succeeds systemd-analyze security --offline=true --threshold=$most_exposed --no-pager "units/$unit"
says 'SAFE'

it 'a sandbox with a hole is rated worse'
mkdir -p hole
sed -E '/^(SystemCallFilter|CapabilityBoundingSet|ProtectSystem|NoNewPrivileges)=/d' "units/$unit" > "hole/$unit"
fails systemd-analyze security --offline=true --threshold=$most_exposed --no-pager "hole/$unit"

sed "s,$bindir/signet,$build/signet," "$data/systemd/signet-unseal.service" > units/signet-unseal.service

it 'systemd finds nothing to say about what unseals a vault, and rates it as safe'
succeeds systemd-analyze verify --man=no units/signet-unseal.service
quiet
succeeds systemd-analyze security --offline=true --threshold=$with_network --no-pager units/signet-unseal.service
says 'OK'

it 'what unseals a vault comes after the clock, and goes on where the vault did not fit'
succeeds grep -qx 'After=time-sync.target' units/signet-unseal.service
succeeds grep -qx 'Restart=on-failure' units/signet-unseal.service
succeeds grep -qx 'StartLimitBurst=5' units/signet-unseal.service
succeeds grep -qx 'WantedBy=.* vault.service openbao.service' units/signet-unseal.service
fails grep -q '^RestartPreventExitStatus=.*8' units/signet-unseal.service

sed "s,$bindir/signet,$build/signet," "$data/systemd/signet-registrar.service" > units/signet-registrar.service
cp "$SIGNET_TEST_SRCDIR/data/systemd/signet-registrar.socket" units

it 'systemd finds nothing to say about what enrols machines, and rates it as safe'
succeeds systemd-analyze verify --man=no units/signet-registrar.socket units/signet-registrar.service
quiet
succeeds systemd-analyze security --offline=true --threshold=$with_network --no-pager units/signet-registrar.service
says 'OK'

it 'the drop-in for a vault fits its unit, and makes it safer'
mkdir -p units/openbao.service.d
cat > units/openbao.service << 'END'
[Unit]
Description=A vault, with the sandbox that its makers give it

[Service]
User=openbao
ExecStart=/bin/true
ProtectSystem=full
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
CapabilityBoundingSet=CAP_SYSLOG CAP_IPC_LOCK
AmbientCapabilities=CAP_IPC_LOCK
NoNewPrivileges=yes
END
fails systemd-analyze security --offline=true --threshold=$with_openbao --no-pager units/openbao.service
cp "$SIGNET_TEST_SRCDIR/data/examples/openbao.conf" units/openbao.service.d/signet.conf
SYSTEMD_UNIT_PATH=$work/units: succeeds systemd-analyze verify --man=no units/openbao.service
quiet
# Drop-ins are not looked at where the unit is a file: the two are put together.
cat units/openbao.service.d/signet.conf >> units/openbao.service
succeeds systemd-analyze security --offline=true --threshold=$with_openbao --no-pager units/openbao.service

it 'the drop-in for nginx fits a unit as Debian has it'
mkdir -p units/nginx.service.d
cat > units/nginx.service << 'END'
[Unit]
Description=A web server

[Service]
Type=forking
PIDFile=/run/nginx.pid
ExecStart=/bin/true
ExecStop=-/bin/true --pidfile /run/nginx.pid
END
cp "$SIGNET_TEST_SRCDIR/doc/openssl/nginx.service.conf" units/nginx.service.d/signet.conf
SYSTEMD_UNIT_PATH=$work/units: succeeds systemd-analyze verify --man=no units/nginx.service
quiet

it 'a user for services is made, whose home is the folder of tokens, and who may use the TPM'
succeeds systemd-sysusers --root="$work/root" "$data/sysusers.d/signet.conf"
succeeds grep -E "^signet:[^:]*:[0-9]+:[0-9]+:[^:]*:$state:[^:]*/nologin$" root/etc/passwd
succeeds grep -E '^signet:' root/etc/group
succeeds grep -E '^tss:.*:signet$' root/etc/group
if [ "$(id -u)" = 0 ]; then
	succeeds grep -E '^signet:!' root/etc/shadow
fi

# tmpfiles: make the folders below our root.
tmpfiles() {
	systemd-tmpfiles --create --root="$work/root" "$data/tmpfiles.d/signet.conf"
}

# Only root can give a folder away.
if [ "$(id -u)" = 0 ]; then
	it 'the folder of tokens belongs to that user, and nobody else can enter it'
	rmdir "root$state"
	succeeds tmpfiles
	equal "$(stat -c '%a %u:%g' "root$state")" "700 $(sed -nE 's/^signet:[^:]*:([0-9]+):([0-9]+):.*/\1:\2/p' root/etc/passwd)"

	it 'one that is there already stays as it is, because it may hold tokens of root'
	chown 0:0 "root$state"
	succeeds tmpfiles
	equal "$(stat -c '%a %u:%g' "root$state")" '700 0:0'
fi

# expand NAME...: the system calls of groups.
expand() {
	local name

	for name in "$@"; do
		# shellcheck disable=SC2046
		case $name in
		@*) expand $(systemd-analyze syscall-filter "$name" 2> /dev/null | sed -n 's/^    \([^#]\)/\1/p') ;;
		*) echo "$name" ;;
		esac
	done
}

# allowed UNIT: the numbers of the system calls that a unit leaves.
allowed() {
	# shellcheck disable=SC2046
	expand $(sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$1") | sort -u > allow
	# shellcheck disable=SC2046
	expand $(sed -n 's/^SystemCallFilter=~//p' "$1") | sort -u > deny
	printf '#include <sys/syscall.h>\n' | gcc -E -dM - | sed -nE 's/^#define __NR_([a-z0-9_]+) ([0-9]+)$/\1 \2/p' |
		sort > numbers
	comm -23 allow deny | join - numbers | cut -d ' ' -f 2
}

# inside ARGUMENT...: the command, in the sandbox. Swtpm runs outside, as a TPM does; the module of an HSM inside.
inside() {
	"$confine" calls "$build/signet" "$@"
}

memory() {
	"$@" doctor | grep 'memory for secrets'
}

export SIGNET_STATE=$work/state SIGNET_CONF=$work/conf
hardware_start || bail 'no hardware'
printf '%s\n' "$HARDWARE_LINES" > "$SIGNET_CONF"

it 'the system calls of the example are those of a service, and no more'
allowed "units/$unit" > calls
[ "$(wc -l < calls)" -gt 150 ] || wrong "only $(wc -l < calls) system calls"
for call in mlock memfd_secret getrandom; do
	grep -qx "$(sed -n "s/^$call //p" numbers)" calls || wrong "$call is not among them"
done
for call in ptrace mount init_module chroot setuid; do
	! grep -qx "$(sed -n "s/^$call //p" numbers)" calls || wrong "$call is among them"
done

it 'the sandbox is one: what is not in the list is refused'
fails "$confine" calls unshare --mount true
says 'not permitted'

it 'signet does all of its work inside of the sandbox'
succeeds inside init --label machine --machine
succeeds inside keygen --label identity
succeeds inside keygen --label tls --type p256
succeeds inside sign --label identity
succeeds inside sign --label tls
succeeds inside root create --label root --no-recovery
succeeds inside wrap --root root --new
cp out wrapped
succeeds eval 'inside unwrap --root root --check < wrapped'
succeeds inside list --json
says '"identity"'
succeeds eval 'inside unseal add --vault main --share-file - <<< 00112233445566778899aabbccddeeff'
succeeds inside unseal --check
fails inside unseal vault --addr https://127.0.0.1:9 --timeout 1
says "can't be reached"
echo 12345678 > pin && chmod 0600 pin
succeeds inside init --label desk --pin-file pin
succeeds inside keygen --token desk --label key --pin-file pin

it 'the module does its work inside of it, too'
if command -v pkcs11-tool > /dev/null; then
	succeeds "$confine" calls pkcs11-tool --module "$build/.libs/signet.so" --token-label machine --sign -m EDDSA \
		--label identity --input-file conf --output-file signature
	size signature 64
else
	bail 'pkcs11-tool is missing; on Debian: apt-get install opensc'
fi

it 'secrets lie in the same memory inside as outside'
equal "$(memory inside)" "$(memory "$build/signet")"

if memory "$build/signet" | grep -q memfd_secret:; then
	it 'a filter without memfd_secret gives up memory that root can not read'
	grep -vx "$(sed -n 's/^memfd_secret //p' numbers)" calls > fewer
	mv fewer calls
	equal "$(memory inside | cut -c 1-4)" warn
fi

done_testing
