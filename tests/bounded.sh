#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a test: what hangs is ended after a while and so fails under its name, and what a test leaves
# running is ended with it, which would else keep its output open for whoever reads it.
#
# tests/bounded.sh COMMAND...
set -uom pipefail

# In a group of its own, by which all of it is found.
timeout --kill-after=20 "${SIGNET_TEST_SECONDS:-900}" "$@" &
group=$!
trap 'kill -TERM -- "-$group"' INT HUP TERM
wait "$group"
status=$?
trap - INT HUP TERM
kill -KILL -- "-$group" 2> /dev/null
exit "$status"
