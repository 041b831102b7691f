#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What "make install" leaves behind: the module and its description where p11-kit looks for
# them, pkg-config's file and the header for programs, all of it hardened. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need pkg-config pkgconf
need readelf binutils
interop_start
root=$work/root
build=$SIGNET_TEST_BUILDDIR

# The outer make's flags and job server are not for this one.
inner_make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s --no-print-directory -C "$build" "$@"; }

# variable NAME: what the Makefile says.
variable() { inner_make --eval="print-it: ; @echo \$($1)" print-it | tail -n 1; }

prefix=$(variable prefix)
libdir=$(variable libdir)
bindir=$(variable bindir)
includedir=$(variable includedir)
moduledir=$(variable p11moduledir)
configdir=$(variable p11configdir)
installed=$root$moduledir/signet.so

# Of a program that was compiled against what is installed.
config() {
	PKG_CONFIG_PATH=$root$libdir/pkgconfig pkg-config --define-variable=prefix="$root$prefix" "$@"
}

it 'make install succeeds below DESTDIR'
succeeds inner_make install DESTDIR="$root"

it 'the module and its description are there, readable by all'
succeeds stat -c '%A %n' "$installed" "$root$configdir/signet.module" "$root$bindir/signet" \
	"$root$includedir/signet/pkcs11.h" "$root$libdir/pkgconfig/signet.pc"
counts 5 '^-rw.r-.r-. '

it 'no description by libtool and no static library is left beside the module'
equal "$(ls "$root$moduledir")" signet.so

it 'the description names the module as p11-kit finds it, and lets programs live without it'
says_line() { grep -qx "$1" "$root$configdir/signet.module" || wrong "there is no line $1"; }
says_line 'module: signet.so'
says_line 'critical: no'

it 'the installed module answers'
succeeds "${limit[@]}" pkcs11-tool --module "$installed" --show-info
says '^Manufacturer +signet$'

it 'the installed command answers'
succeeds "$root$bindir/signet" --version
quiet

it 'pkg-config finds the header, the module and the version'
succeeds config --cflags signet
says "^-I$root$prefix/include *$"
succeeds config --variable=p11_module signet
says "^$moduledir/signet.so$"
[ -f "$root$(config --variable=p11_module signet)" ] || wrong 'the module is not where it says'
equal "$(config --modversion signet)" "$("$root$bindir/signet" --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)"

# compile HEADER...: a source with nothing but these.
compile() {
	local header

	for header in "$@"; do
		echo "#include <$header>"
	done > alone.c
	echo 'int main(void) { return CKR_SIGNET_POLICY == CKA_SIGNET_SEALED; }' >> alone.c
	# shellcheck disable=SC2046
	gcc -std=gnu11 -Wall -Wextra -Wundef -Wpedantic -Werror $(config --cflags signet) $(pkg-config --cflags p11-kit-1) \
		-c -o alone.o alone.c
}

it 'the header compiles alone'
succeeds compile signet/pkcs11.h
quiet

it 'the header compiles after that of p11-kit, in both of its spellings'
succeeds compile p11-kit/pkcs11.h signet/pkcs11.h
quiet
succeeds compile p11-kit/pkcs11.h p11-kit/pkcs11x.h signet/pkcs11.h
quiet

for file in "$installed" "$root$bindir/signet"; do
	it "$(basename "$file"): all relocations are done at the start, and are read-only then"
	succeeds readelf --dynamic --wide "$file"
	says 'FLAGS_1\).*NOW'
	omits 'RPATH' 'RUNPATH' 'TEXTREL'
	succeeds readelf --program-headers --wide "$file"
	says '^ +GNU_RELRO ' '^ +GNU_STACK .* RW +0x'
	omits ' LOAD .* RWE '

	it "$(basename "$file"): the stack is protected"
	succeeds readelf --dyn-syms --wide "$file"
	says ' UND __stack_chk_fail(@|$)'

	it "$(basename "$file"): libc's checking functions are used"
	case $(variable CFLAGS) in
	*-O[1-3s]*) says ' UND __[a-z]+_chk(@|$)' ;;
	# Without optimisation there are none.
	*) omits ' UND __mem[a-z]+_chk(@|$)' ;;
	esac
done

it 'the installed command is no fixed image'
succeeds readelf --file-header "$root$bindir/signet"
says 'Type: +DYN'

it 'nothing names the folder of the build'
fails grep -rlF -e "$build/" "$root$configdir" "$root$libdir/pkgconfig" "$root$includedir"
succeeds readelf --dynamic --wide "$installed"
omits "$build"

it 'make uninstall leaves nothing'
succeeds inner_make uninstall DESTDIR="$root"
equal "$(find "$root" ! -type d)" ''

done_testing
