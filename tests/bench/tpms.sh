#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench. Makes TPMs as swtpm's own tools do it, each with a certificate of one authority, two at a
# time: the state of the n-th in FOLDER/n/state, the authority in FOLDER/authorities.pem.
#
#   tpms.sh FOLDER NUMBER
set -u

# shellcheck source=tests/lib/maker.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/maker.sh"
trap maker_stop EXIT

# make FIRST: every second one from there on.
make() {
	local i

	for ((i = $1; i < number; i += 2)); do
		maker_setup "$i" && mkdir "$folder/$i" && mv "$MAKER_FOLDER/$i" "$folder/$i/state" || return 1
	done
}

folder=${1:?} number=${2:?}
# The first one makes the authority, too.
maker_prepare && number=1 make 0 || exit 1
make 2 &
make 1 && wait $! || exit 1
mv "$MAKER_CA" "$folder/authorities.pem"
