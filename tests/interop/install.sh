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
need clang clang
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
ossldir=$(variable osslmoduledir)
configdir=$(variable p11configdir)
installed=$root$moduledir/signet.so
requests=$root$libdir/libsignet-request.so.0.0.0
provider=$root$ossldir/signet.so

# Of a program that was compiled against what is installed.
config() {
	PKG_CONFIG_PATH=$root$libdir/pkgconfig pkg-config --define-variable=prefix="$root$prefix" "$@"
}

it 'make install succeeds below DESTDIR'
succeeds inner_make install DESTDIR="$root"

it 'the module and its description are there, readable by all'
succeeds stat -c '%A %n' "$installed" "$provider" "$root$configdir/signet.module" "$root$bindir/signet" \
	"$root$includedir/signet/pkcs11.h" "$root$includedir/signet/pkcs11_functions.h" "$root$includedir/signet/request.h" \
	"$root$libdir/pkgconfig/signet.pc" "$root$libdir/pkgconfig/signet-request.pc" "$requests"
counts 10 '^-rw.r-.r-. '

it 'no description by libtool and no static library is left beside the module'
equal "$(ls "$root$moduledir")" signet.so
equal "$(ls "$root$ossldir")" signet.so

it 'the description names the module as p11-kit finds it, and lets programs live without it'
says_line() { grep -qx "$1" "$root$configdir/signet.module" || wrong "there is no line $1"; }
says_line 'module: signet.so'
says_line 'critical: no'

it 'the installed module answers'
succeeds "${limit[@]}" pkcs11-tool --module "$installed" --show-info
says '^Manufacturer +signet$'

it 'the installed provider is loaded by openssl and named after the file'
succeeds "${limit[@]}" env OPENSSL_MODULES="$root$ossldir" openssl list -provider default -provider signet -providers
says 'name: signet: keys in PKCS#11 tokens'

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

# A program that knows nothing but the headers and the path of the module.
client() {
	cat > client.c <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>
		#include HEADER
		#include <signet/pkcs11.h>

		int main(int argc, char **argv)
		{
			CK_GCM_MESSAGE_PARAMS params = { NULL, 12, 32, CKG_GENERATE, NULL, 128 };
			CK_VERSION version = { 3, 2 };
			CK_INTERFACE *interface = NULL;
			CK_FUNCTION_LIST_3_2 *list;
			CK_C_GetInterface get = NULL;
			void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

			if (module != NULL)
				*(void **)&get = dlsym(module, "C_GetInterface");
			if (get == NULL || get(NULL, &version, &interface, 0) != CKR_OK)
				return 1;
			list = interface->pFunctionList;
			printf("%s %d.%d\n", (char *)interface->pInterfaceName, list->version.major,
			       list->version.minor);
			return list->C_VerifySignatureFinal(params.ulIvFixedBits) != CKR_CRYPTOKI_NOT_INITIALIZED;
		}
	END
	# shellcheck disable=SC2046
	gcc "$2" -Wall -Wextra -Wundef -Wpedantic -Werror "-DHEADER=<$1>" $(config --cflags signet) \
		$(pkg-config --cflags "$3") -o client client.c -ldl && "${limit[@]}" ./client "$installed"
}

it 'a program takes the newest interface with types of the header'
succeeds client p11-kit/pkcs11.h -std=gnu11 p11-kit-1
says '^PKCS 11 3\.2$'

if pkg-config --exists nss; then
	it 'the header takes the types of one that has PKCS#11 3.0 from there'
	succeeds client pkcs11.h -Wno-pedantic nss
	says '^PKCS 11 3\.2$'
fi

# A program that knows the library of signed requests by pkg-config alone, and signs with a key of
# its own, here OpenSSL's.
request_client() {
	cat > request.c <<-'END'
		#include <openssl/evp.h>
		#include <signet/request.h>
		#include <stdio.h>

		static int sign(void *key, const uint8_t *bytes, size_t len, uint8_t *signature,
		                size_t *signature_len)
		{
			EVP_MD_CTX *ctx = EVP_MD_CTX_new();
			int good;

			*signature_len = SG_REQUEST_SIGNATURE_MAX;
			good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
			       EVP_DigestSign(ctx, signature, signature_len, bytes, len) == 1;
			EVP_MD_CTX_free(ctx);
			return good ? 0 : 1;
		}

		static int look_up(void *public_key, struct sg_request_text id, struct sg_request_text header,
		                   struct sg_request_machine *machine)
		{
			(void)header;
			machine->enabled = true;
			machine->n_keys = 1;
			memcpy(machine->keys[0], public_key, 32);
			return id.len == 7 && memcmp(id.data, "machine", 7) == 0;
		}

		/* Serve it once, as a server that restarts in between. */
		static int serve(const struct sg_request_message *message, uint8_t public_key[32])
		{
			static const enum sg_request_reason wanted[] = { SG_REQUEST_OK, SG_REQUEST_REPLAYED };
			struct sg_request_verifying how = { .size = sizeof how, .lookup = look_up,
			                                    .context = public_key, .nonces = "private/nonces.db" };
			int good = 1;

			for (int i = 0; i < 2 && good; i++) {
				struct sg_request_verifier *verifier = NULL;
				const struct sg_request_verdict *verdict = NULL;

				if (sg_request_verifier_new(&how, &verifier, NULL) != SG_REQUEST_OK)
					return 0;
				good = sg_request_verify(verifier, message, sg_request_text("192.0.2.1"),
				                         &verdict) == wanted[i];
				printf("%u %s\n", verdict->status, verdict->text);
				sg_request_verdict_free(&verdict);
				sg_request_verifier_free(&verifier);
			}
			return good;
		}

		static int both_ways(enum sg_request_form form)
		{
			static const char body[] = "{\"projectId\": \"proj_a\"}";
			EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
			struct sg_request_signature *made = NULL, *found = NULL;
			struct sg_request_digest digest = { .size = sizeof digest };
			struct sg_request_field fields[9];
			struct sg_request_message message = { sg_request_text("POST"), sg_request_text("/v1/secrets/list"),
			                                      sg_request_text("https"), { NULL, 0 }, fields, 1, &digest };
			struct sg_request_signing how = { .size = sizeof how, .form = form, .sign = sign,
			                                  .context = key, .id = sg_request_text("machine") };
			uint8_t public_key[32];
			size_t len = sizeof public_key;
			int good;

			fields[0].name = sg_request_text("Host");
			fields[0].value = sg_request_text("vault.example");
			good = key != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1 &&
			       sg_request_body_once(0, body, sizeof body - 1, &digest) == SG_REQUEST_OK &&
			       sg_request_sign(&message, &how, &made) == SG_REQUEST_OK;
			for (size_t i = 0; good && i < made->n_fields; i++) {
				printf("%.*s: %.*s\n", (int)made->fields[i].name.len, made->fields[i].name.data,
				       (int)made->fields[i].value.len, made->fields[i].value.data);
				fields[message.n_fields++] = made->fields[i];
			}
			good = good && sg_request_read(&message, NULL, &found) == SG_REQUEST_OK &&
			       sg_request_check_ed25519(found, public_key) == SG_REQUEST_OK &&
			       serve(&message, public_key);
			public_key[7] ^= 1;
			good = good && sg_request_check_ed25519(found, public_key) == SG_REQUEST_SIGNATURE;
			sg_request_signature_free(&made);
			sg_request_signature_free(&found);
			EVP_PKEY_free(key);
			return good;
		}

		int main(void)
		{
			return both_ways(SG_REQUEST_VAULT) && both_ways(SG_REQUEST_RFC9421) ? 0 : 1;
		}
	END
	# shellcheck disable=SC2046
	mkdir -m 700 private &&
		gcc -std=gnu11 -Wall -Wextra -Wundef -Wpedantic -Werror $(config --cflags signet-request) -o request request.c \
		-L"$root$libdir" $(config --libs signet-request) -lcrypto &&
		LD_LIBRARY_PATH=$root$libdir "${limit[@]}" ./request
}

it 'a program signs requests and verifies them with the installed library'
succeeds request_client
says '^X-Machine-Id: machine$'
says '^X-Signature: [A-Za-z0-9+/]{86}==$'
says '^Content-Digest: sha-256=:'
says '^Signature: sig1=:[A-Za-z0-9+/]{86}==:$'
says '^200 The request is accepted$'
says '^401 The request was made before$'

it 'the header of signed requests is one for C++, too'
echo '#include <signet/request.h>' > request.cc
# shellcheck disable=SC2046
succeeds clang -x c++ -Wall -Wextra -Werror $(config --cflags signet-request) -fsyntax-only request.cc
quiet

it 'the library of signed requests brings neither a TPM nor PKCS#11 with it'
succeeds readelf --dynamic --wide "$requests"
says 'SONAME.*\[libsignet-request\.so\.0\]'
omits 'NEEDED.*tss2' 'NEEDED.*p11-kit' 'NEEDED.*jansson' 'NEEDED.*curl'
says 'FLAGS_1\).*NODELETE'

it 'nothing leaves it but what its header has'
exported() { readelf --dyn-syms --wide "$1" | awk '$5 == "GLOBAL" && $7 != "UND" && $7 != "ABS" && $8 != "" { sub(/@.*/, "", $8); print $8 }' | sort; }
declared() { tr '\n' ' ' < "$1" | grep -oE 'SG_REQUEST_(API|USE)[^;(]*\(' | grep -oE 'sg_request_[a-z0-9_]+\(' | tr -d '(' | sort -u; }
equal "$(exported "$requests")" "$(declared "$root$includedir/signet/request.h")"

it 'and each name has a version'
succeeds readelf --dyn-syms --wide "$requests"
says ' sg_request_verify@@SIGNET_REQUEST_0\.1$'
omits ' sg_request_[a-z0-9_]+$'

for file in "$installed" "$requests" "$root$bindir/signet"; do
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
