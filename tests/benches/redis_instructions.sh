#!/usr/bin/env bash
# Counts the instructions of a request to redis_server under callgrind, without a network: bash tests/benches/redis_instructions.sh
#
# The cost of a request is the difference between 300 passes and 100, so that what happens before and after them does not
# count. Needs valgrind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v valgrind >/dev/null || { echo 'error: valgrind is not there' >&2; exit 1; }

binary=$(cargo bench --package asynchat-tests --no-default-features --bench redis_requests --no-run 2>&1 |
    sed -n 's/.*Executable .*(\(.*\))$/\1/p')
[[ -n $binary ]] || { echo 'error: the benchmark does not build' >&2; exit 1; }

instructions() { # PASSES REQUEST
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" "$1" "$2" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

printf '| request | instructions |\n|---|--:|\n'
for request in ping_inline ping set get incr; do
    few=$(instructions 100 "$request")
    many=$(instructions 300 "$request")
    echo "| $request | $(((many - few) / (200 * 64))) |"
done
