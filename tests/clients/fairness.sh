#!/usr/bin/env bash
# Measures how long a PING takes beside clients that pipeline MSET without pause (C22): redis_server of each adapter, and
# redis-server under the same load.
#
#   bash tests/clients/fairness.sh              measures all servers
#   bash tests/clients/fairness.sh tokio smol   measures these, and redis-server
#
# A row is one server beside one number of flooding connections. The rows of one number follow each other, so that other
# load on the machine affects them alike. `ratio` is the median of this server over that of redis-server.
#
# Environment: FLOODS (numbers of connections), PINGS (per row), STRICT=1 (fails above five times redis-server's
# median).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

floods=${FLOODS:-1 10 50}
pings=${PINGS:-400}
example=redis_server
source tests/clients/common.sh

declare -A port=()
launch() { # NAME PACKAGE EXAMPLE ARGUMENTS...
    local binary
    binary=$(build "${@:2}")
    start "$1" "$binary"
    port[$1]=${address##*:}
}
servers=("$@")
[[ $# -ge 1 ]] || servers=(tokio smol async-std blocking)
for server in "${servers[@]}"; do
    case $server in
    tokio) launch tokio asynchat-tokio redis_server ;;
    smol) launch smol asynchat-async-std smol_redis_server --features smol ;;
    async-std) launch async-std asynchat-async-std async_std_redis_server --features async-std ;;
    blocking) launch blocking asynchat-blocking redis_server ;;
    *) fail "no such server: $server" ;;
    esac
done
start_redis
port[redis-server]=$redis_port

printf '| %-12s | %6s | %12s | %12s | %12s | %6s | %10s |\n' \
    server floods 'PING p50 ms' 'PING p99 ms' 'connect ms' ratio 'MSET/s'
printf '|---|--:|--:|--:|--:|--:|--:|\n'
for count in $floods; do
    reference=
    for server in redis-server "${servers[@]}"; do
        python3 tests/clients/fairness.py flood "${port[$server]}" "$count" >"$work/flood" &
        flood=$!
        read -r p50 p99 connect < <(python3 tests/clients/fairness.py ping "${port[$server]}" "$pings")
        kill "$flood" && wait "$flood" || true
        rate=$(cat "$work/flood")
        reference=${reference:-$p50}
        ratio=$(awk -v own="$p50" -v reference="$reference" 'BEGIN { printf "%.1f", own / reference }')
        printf '| %-12s | %6s | %12s | %12s | %12s | %6s | %10s |\n' \
            "$server" "$count" "$p50" "$p99" "$connect" "$ratio" "$rate"
        if [[ ${STRICT:-0} == 1 ]] && awk -v ratio="$ratio" 'BEGIN { exit !(ratio > 5) }'; then
            failed "$server beside $count floods: $ratio times redis-server's median"
        fi
    done
done
finish_checks
