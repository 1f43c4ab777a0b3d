#!/usr/bin/env bash
# Runs Redis' own test suite against redis_server: the units on what the server offers. Not part of CI: it needs the source
# of Redis 7.0 and tclsh.
#
#   bash tests/clients/redis_suite.sh            gets the source with apt, if it has a source of Debian's source packages
#   bash tests/clients/redis_suite.sh DIRECTORY  uses an unpacked source, as of https://github.com/redis/redis/tree/7.0
#
# A test that fails because it uses what the server leaves out (another command, another type, CONFIG SET) is skipped in
# the next pass, since it may leave a connection within MULTI. The last pass counts.
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=redis_server
source tests/clients/common.sh
command -v tclsh >/dev/null || fail 'tclsh is not there: apt-get install tcl'

source_directory=${1:-}
if [[ -z $source_directory ]]; then
    (cd "$work" && apt-get source --download-only redis >"$work/apt" 2>&1) ||
        fail "apt cannot get the source: add a line deb-src, or give a directory: $(tail -1 "$work/apt")"
    mkdir "$work/source"
    tar --extract --file "$work"/redis_*.orig.tar.gz --directory "$work/source" --strip-components 1
    source_directory=$work/source
fi
start_server
python3 tests/clients/redis_suite.py "$source_directory" "${address%:*}" "${address##*:}"
