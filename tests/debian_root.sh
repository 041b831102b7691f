#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian of another release in a folder of its own, for tests/run: prints the sources of its
# packages, makes it, and runs a command in it. The last two as root, in namespaces of their own
# that end with whoever holds the other end of standard input: nothing stays mounted or running.
# Where nothing may be mounted there is no /proc in it. No mirror is named here: packages come from
# where those of this machine come from.
set -euo pipefail

usage() {
	cat <<'END'
Usage: tests/debian_root.sh mirror
       tests/debian_root.sh sources CODENAME TARGET
       tests/debian_root.sh make FOLDER CODENAME SOURCES STAMP PACKAGE...
       tests/debian_root.sh run FOLDER USER:GROUP SOURCE BUILD COMMAND...

  mirror   print where the packages of Debian come from on this machine
  sources  write the sources of another release, and apt's options for them, into the folder TARGET
  make     make the root; when it is whole, STAMP is what its file "made" says
  run      run a command as that user, with the folders SOURCE, to be read only, and BUILD in
           their places

For example: tests/debian_root.sh sources trixie build/sources
END
}

# own FIELD: of the entries in apt's sources that are of the release that runs here, the field.
own() {
	LC_ALL=C apt-get indextargets --format "\$(ORIGIN)|\$(CODENAME)|$1" 'Created-By: Packages' |
		awk -F '|' -v own="$(own_codename)" '
			$1 == "Debian" && ($2 == own || index($2, own "-") == 1) && !seen[$3]++ { print $3 }'
}

own_codename() (
	# shellcheck source=/dev/null
	. /etc/os-release && echo "${VERSION_CODENAME:?}"
)

# entry FILE:NUMBER: a line of a file in the old form, or a paragraph of one in the new.
entry() {
	case $1 in
	*.sources:*) awk -v RS= -v wanted="${1##*:}" '{
			gsub(/(^|\n)#[^\n]*/, "")
			if (/[^ \t\n]/ && ++number == wanted)
				print $0 "\n"
		}' "${1%:*}" ;;
	*) sed -n "${1##*:}p" "${1%:*}" ;;
	esac
}

# A release goes by its codename, or by what it is called while another is stable. Twice, because
# names that follow each other share the space between them.
write_sources() {
	local codename=$1 target=$2 place name rename

	name="$(own_codename)|stable|oldstable|oldoldstable"
	rename="s,([[:space:]])($name)([-/][a-z-]+)?([[:space:]]|\$),\\1$codename\\3\\4,g"
	rm -rf "$target"
	mkdir -p "$target"
	name=
	for place in $(own '$(SOURCESENTRY)'); do
		name=${place%:*}
		entry "$place" | sed -E -e "$rename" -e "$rename" >> "$target/own.${name##*.}"
	done
	apt_options > "$target/options"
	[ -n "$name" ]
}

# How apt reaches mirrors: its own options, and the proxies of the environment, which sudo drops.
apt_options() {
	apt-config dump | grep -iE '^Acquire::((http|https|ftp|tor)::|Check-|ForceIPv|Retries)' || true
	[ -z "${http_proxy:-}" ] || echo "Acquire::http::Proxy \"$http_proxy\";"
	[ -z "${https_proxy:-}" ] || echo "Acquire::https::Proxy \"$https_proxy\";"
}

# alone FOLDER COMMAND...: run a command, and end with it, or when standard input does. As the first
# process of a PID namespace this takes all that it started along; else it looks for them.
alone() {
	local folder=$1 command life ended='' status=0

	shift
	trap 'exit 130' INT
	trap 'exit 143' HUP TERM
	[ -n "${namespaces:-}" ] || trap "end_all '$folder'" EXIT
	exec {life}<&0
	"$@" < /dev/null {life}<&- &
	command=$!
	cat <&"$life" > /dev/null &
	wait -n -p ended || status=$?
	[ "$ended" = "$command" ] || status=143
	exit "$status"
}

# end_all FOLDER: end what this shell started, and what runs in the root.
end_all() {
	local process

	for process in $(jobs -p); do
		{ kill -KILL "$process" && wait "$process"; } 2> /dev/null || true
	done
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/root")" = "$1" ]; then
			kill -KILL "${process#/proc/}" 2> /dev/null || true
		fi
	done
}

may_mount() { unshare --mount --pid --fork --mount-proc true 2> /dev/null; }

# inside FUNCTION ARGUMENT...: call it in namespaces in which mounting changes nothing elsewhere.
inside() {
	! may_mount ||
		exec unshare --mount --pid --fork --kill-child --mount-proc env namespaces=yes "$BASH" "$0" --inside "$@"
	"$@"
}

make_root() {
	local folder=$1 codename=$2 sources=$3 stamp=$4 without=()

	shift 4
	rm -rf --one-file-system "$folder"
	mkdir -p "$folder"
	[ -n "${namespaces:-}" ] || without=(--skip=check/canmount,chroot/mount)
	# Nobody reads documents there, and writing them takes time.
	alone "$folder" mmdebstrap --quiet --mode=root "${without[@]}" --variant=apt --include="$*" \
		--aptopt="$sources/options" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='echo "127.0.0.1 localhost" > "$1/etc/hosts"' \
		--customize-hook='mkdir -p "$1/run/systemd"' \
		--customize-hook="echo '$stamp' > \"\$1/made\"" \
		"$codename" "$folder" "$sources"/own.*
}

# What programs find in /dev; no device of this machine but these.
make_devices() {
	local dev=$1 name

	mount -t tmpfs -o mode=755 dev "$dev"
	for name in null zero full random urandom tty; do
		: > "$dev/$name"
		mount --bind "/dev/$name" "$dev/$name"
	done
	mkdir "$dev/pts" "$dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$dev/pts"
	mount -t tmpfs -o mode=1777 shm "$dev/shm"
	ln -s pts/ptmx "$dev/ptmx"
	ln -s /proc/self/fd "$dev/fd"
	ln -s fd/0 "$dev/stdin"
	ln -s fd/1 "$dev/stdout"
	ln -s fd/2 "$dev/stderr"
}

# A folder of this machine, in the same place in there.
show() {
	mkdir -p "$1$2"
	mount --bind "$2" "$1$2"
}

# The mounts; and the root becomes the root of all: chroot alone would forbid user namespaces, which
# tests make.
change_root() {
	local folder=$1 source=$2 build=$3

	mount --bind "$folder" "$folder"
	mount -t proc proc "$folder/proc"
	make_devices "$folder/dev"
	mount -t tmpfs -o mode=1777 tmp "$folder/tmp"
	show "$folder" "$source"
	mount -o remount,bind,ro "$folder$source"
	show "$folder" "$build"
	mkdir -p "$folder/outside"
	cd "$folder"
	pivot_root . outside
	umount -l /outside
}

# The same without mounts: copies, in folders that were shown or copied before.
copy_source() {
	local folder=$1 owner=$2 source=$3 build=$4

	rm -rf --one-file-system "${folder:?}$source"
	mkdir -p "$folder$source" "$folder$build"
	tar -C "$source" --exclude=./build --exclude=./.git -c . | tar -C "$folder$source" -x
	chown "$owner" "$folder$build"
}

# What the command wrote of its results.
copy_results() {
	(cd "$1" && find . \( -path './run.*' -o -path './tests/*' \) \( -name '*.trs' -o -name '*.log' \)) |
		tar -C "$1" -c -T - | tar -C "$2" -x
}

# Users and groups without a name are not what tests are about.
name_owner() {
	grep -q "^[^:]*:[^:]*:${2%:*}:" "$1/etc/passwd" ||
		echo "builder:x:$2::/tmp:/bin/bash" >> "$1/etc/passwd"
	grep -q "^[^:]*:[^:]*:${2#*:}:" "$1/etc/group" || echo "builder:x:${2#*:}:" >> "$1/etc/group"
}

run() {
	local folder=$1 owner=$2 source=$3 build=$4 status=0
	local as=(setpriv --reuid "${owner%:*}" --regid "${owner#*:}" --clear-groups
		env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin LANG=C.UTF-8
		HOME=/tmp TERM=dumb)

	shift 4
	name_owner "$folder" "$owner"
	if [ -n "${namespaces:-}" ]; then
		change_root "$folder" "$source" "$build"
		alone / "${as[@]}" "$@"
	fi
	copy_source "$folder" "$owner" "$source" "$build"
	(alone "$folder" chroot "$folder" "${as[@]}" "$@") || status=$?
	copy_results "$folder$build" "$build"
	exit "$status"
}

case ${1:-} in
--help | -h) usage ;;
mirror) own '$(REPO_URI)' | sed 's,/*$,,;q' ;;
sources) write_sources "$2" "$3" ;;
make) inside make_root "${@:2}" ;;
run) inside run "${@:2}" ;;
--inside) "${@:2}" ;;
*) usage >&2; exit 2 ;;
esac
