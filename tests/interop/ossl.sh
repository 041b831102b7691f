# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Interop tests. What the scripts share that run programs with signet's OpenSSL provider: the
# configuration files of doc/openssl with the built modules in them, certificates, and servers
# that know nothing of signet. To be sourced after common.sh.

provider=$SIGNET_TEST_BUILDDIR/src/provider/.libs/signet.so
signet=$SIGNET_TEST_BUILDDIR/signet

# What was started and must end, by what it is for.
declare -A running

# start NAME COMMAND...: in the background; what it says goes to NAME.log. A function must end with
# exec, or what it runs is not what is ended.
start() {
	"${@:2}" > "$1.log" 2>&1 < /dev/null &
	running[$1]=$!
}

# end NAME: end what was started, by force if it takes longer than ten seconds.
end() {
	[ -n "${running[$1]:-}" ] || return 0
	kill "${running[$1]}" 2> /dev/null
	eventually is_over "${running[$1]}" || kill -KILL "${running[$1]}" 2> /dev/null
	wait "${running[$1]}" 2> /dev/null
	unset "running[$1]"
}

# A child that has ended is a zombie until it is waited for.
is_over() { ! ps -o stat= -p "$1" 2> /dev/null | grep -qv '^Z'; }

interop_stop() {
	local name

	for name in "${!running[@]}"; do
		end "$name"
	done
}

# provider_start: as interop_start, with what these scripts need besides.
provider_start() {
	[ -f "$provider" ] || bail "$provider was not built"
	interop_start
	# Root's shell may have an opinion on these.
	unset OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES NODE_OPTIONS SSL_CERT_FILE SSL_CERT_DIR \
		CREDENTIALS_DIRECTORY
	printf '%s' "$pin" > pin
	chmod 600 pin
}

# snippet NAME: the file of doc/openssl as this machine would have it: modules where they were
# built, and the PIN's place in this folder.
snippet() {
	sed -e "s,^module = .*,module = $provider," \
		-e "s,^# pkcs11-module-path = .*,pkcs11-module-path = $module," \
		-e "s,^# pin-source = .*,pin-source = file:$work/pin," \
		-e "s,/etc/signet/,$work/,g" \
		"$SIGNET_TEST_SRCDIR/doc/openssl/$1" > "$1"
}

# Openssl with the provider, and without it.
through() { "${limit[@]}" env "OPENSSL_CONF=$work/service.cnf" openssl "$@"; }
plain() { "${limit[@]}" openssl "$@"; }

# key_file LABEL FILE: the key file of a key.
key_file() { "$signet" key-file --label "$1" --pin-source "file:$work/pin" > "$2"; }

# authority: a certificate authority of files, authority.crt.
authority() {
	prepare openssl req -x509 -newkey ed25519 -nodes -keyout authority.key -subj /CN=authority -days 3 \
		-out authority.crt
}

# certify NAME PUBLIC: a certificate of the authority for a public key; its holder is "NAME", which
# is a name of the server too.
certify() {
	printf 'subjectAltName = DNS:%s\n' "$1" > "$1.ext"
	prepare openssl x509 -new -CA authority.crt -CAkey authority.key -force_pubkey "$2" -subj "/CN=$1" \
		-extfile "$1.ext" -days 3 -out "$1.crt"
}

# certify_file NAME: a key in a file, NAME.key, and its certificate.
certify_file() {
	prepare openssl genpkey -algorithm ed25519 -out "$1.key"
	prepare openssl pkey -in "$1.key" -pubout -out "$1.pub"
	certify "$1" "$1.pub"
}

# nginx_conf FILE SOCKET LINE...: a whole configuration of nginx in this folder, with one server.
# Temporary folders and logs of the system are not touched.
nginx_conf() {
	local file=$1 socket=$2 line

	shift 2
	{
		[ "$(id -u)" -ne 0 ] || echo 'user root;'
		cat <<- END
			worker_processes 2;
			daemon off;
			pid $work/${file%.conf}.pid;
			error_log stderr notice;
			events { }
			http {
			    access_log off;
			    client_body_temp_path $work/tmp;
			    proxy_temp_path $work/tmp;
			    fastcgi_temp_path $work/tmp;
			    uwsgi_temp_path $work/tmp;
			    scgi_temp_path $work/tmp;
			    server {
			        listen unix:$work/$socket ssl;
		END
		echo '        ssl_protocols TLSv1.2 TLSv1.3;'
		for line in "$@"; do
			echo "        $line"
		done
		cat <<- 'END'
			        location / {
			            return 200 "worker $pid, client $ssl_client_verify $ssl_client_s_dn, $ssl_protocol\n";
			        }
			    }
			}
		END
	} > "$file"
}

# answers SOCKET NAME ARGUMENT...: what a server says to plain curl, which knows the authority.
answers() {
	"${limit[@]}" curl --silent --show-error --cacert authority.crt --unix-socket "$1" "${@:3}" "https://$2/"
}

# der TAG HEX: an element of DER.
der() {
	local n=$((${#2} / 2))

	if ((n < 128)); then
		printf '%s%02x%s' "$1" "$n" "$2"
	elif ((n < 256)); then
		printf '%s81%02x%s' "$1" "$n" "$2"
	else
		printf '%s82%04x%s' "$1" "$n" "$2"
	fi
}

# uri_file URI FILE: a key file that holds any URI.
uri_file() {
	local description uri

	description=$(der 1a "$(printf 'PKCS#11 Provider URI v1.0' | xxd -p)")
	uri=$(der 0c "$(printf %s "$1" | xxd -p | tr -d '\n')")
	{
		echo '-----BEGIN PKCS#11 PROVIDER URI-----'
		der 30 "$description$uri" | xxd -r -p | base64
		echo '-----END PKCS#11 PROVIDER URI-----'
	} > "$2"
}

# plain_server NAME: nginx with NAME.crt and NAME.key, without the provider, on the socket NAME; it
# tells clients who they are, and wants a certificate of the authority.
plain_server() {
	nginx_conf "$1.conf" "$1" "ssl_certificate $work/$1.crt;" "ssl_certificate_key $work/$1.key;" \
		"ssl_client_certificate $work/authority.crt;" 'ssl_verify_client on;'
	start "$1" nginx -p "$work/" -e stderr -c "$work/$1.conf"
	eventually test -S "$1" || bail "nginx does not start: $(cat "$1.log")"
}
