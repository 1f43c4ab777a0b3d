#!/usr/bin/env bash
# Measures the cost of a pipelined command in redis_server, redis-server and a Framed server, with redis-benchmark.
#
#   bash adapter-tokio/benches/redis_load.sh
#
# A row is the median of ROUNDS runs. Each round runs all servers in turn, so that other load on the machine affects them
# alike. CPU time is the user and system time of the server process, from /proc. Other processes do not add to it, but
# they do lower the requests per second.
#
# Environment: REQUESTS (per run), CLIENTS, PIPELINE, ROUNDS; PACKAGE, EXAMPLE and FEATURES select another redis_server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

requests=${REQUESTS:-1000000}
clients=${CLIENTS:-50}
pipeline=${PIPELINE:-64}
rounds=${ROUNDS:-5}
example=redis_server
source tests/clients/common.sh
declare -A pid port
nanoseconds_in_tick=$((1000000000 / $(getconf CLK_TCK)))

ticks() { awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"; }

# run SERVER TEST: appends "requests per second, CPU nanoseconds per request" to the results.
run() {
    local before after rate
    before=$(ticks "$1")
    redis-benchmark -p "${port[$1]}" -n "$requests" -c "$clients" -P "$pipeline" -t "$2" --csv \
        >"$work/csv" 2>"$work/stderr" || fail "redis-benchmark against $1: $(cat "$work/stderr")"
    after=$(ticks "$1")
    rate=$(sed -n '2s/^"[^"]*","\([0-9.]*\)".*/\1/p' "$work/csv")
    echo "$rate $(((after - before) * nanoseconds_in_tick / requests))" >>"$work/$1.$2"
}

# median FILE COLUMN: prints the median of a column.
median() { cut -d ' ' -f "$2" "$1" | sort -n | awk '{ row[NR] = $1 } END { print row[int((NR + 1) / 2)] }'; }

ours=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
framed=$(build asynchat-tokio framed_ping_server)
start "$example" "$ours"
pid[$example]=$started port[$example]=${address##*:}
start framed "$framed"
pid[framed]=$started port[framed]=${address##*:}
start_redis
pid[redis-server]=$redis port[redis-server]=$redis_port

# The Framed server implements only inline PING.
declare -A servers=(
    [ping_inline]="$example redis-server framed" [ping_mbulk]="$example redis-server" [set]="$example redis-server"
    [get]="$example redis-server"
)
tests='ping_inline ping_mbulk set get'
for ((round = 0; round < rounds; round++)); do
    for test in $tests; do
        for server in ${servers[$test]}; do run "$server" "$test"; done
    done
done

echo "$requests requests by $clients clients, pipelines of $pipeline; medians of $rounds runs"
echo
printf '| %-11s | %-22s | %10s | %18s | %14s |\n' request server requests/s 'CPU ns per request' 'own CPU / this'
printf '|---|---|--:|--:|--:|\n'
for test in $tests; do
    own=$(median "$work/$example.$test" 2)
    for server in ${servers[$test]}; do
        cost=$(median "$work/$server.$test" 2)
        printf '| %-11s | %-22s | %10.0f | %18d | %14s |\n' "$test" "$server" "$(median "$work/$server.$test" 1)" \
            "$cost" "$(awk -v own="$own" -v cost="$cost" 'BEGIN { printf "%.2f", own / cost }')"
    done
done
