#!/usr/bin/env bash
# What a pipelined request costs: redis_server, redis-server and a Framed server, each under redis-benchmark.
#
#   bash adapter-tokio/benches/redis_load.sh
#
# A row is a server's median of ROUNDS runs, and the rounds go through the servers in turn, so that what else the machine
# does strikes all of them. CPU time is the server's own, user's and system's, from /proc: what other processes take
# does not count, as it does for requests a second.
#
# REQUESTS (a run), CLIENTS, PIPELINE and ROUNDS can be set; PACKAGE and EXAMPLE name another redis_server, FEATURES what
# it is built with.
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

# run SERVER TEST: appends "requests a second, CPU nanoseconds a request" to the results.
run() {
    local before after rate
    before=$(ticks "$1")
    redis-benchmark -p "${port[$1]}" -n "$requests" -c "$clients" -P "$pipeline" -t "$2" --csv \
        >"$work/csv" 2>"$work/stderr" || fail "redis-benchmark against $1: $(cat "$work/stderr")"
    after=$(ticks "$1")
    rate=$(sed -n '2s/^"[^"]*","\([0-9.]*\)".*/\1/p' "$work/csv")
    echo "$rate $(((after - before) * nanoseconds_in_tick / requests))" >>"$work/$1.$2"
}

# median FILE COLUMN
median() { cut -d ' ' -f "$2" "$1" | sort -n | awk '{ row[NR] = $1 } END { print row[int((NR + 1) / 2)] }'; }

ours=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
framed=$(build asynchat-tokio framed_ping_server)
start "$example" "$ours"
pid[$example]=$started port[$example]=${address##*:}
start framed "$framed"
pid[framed]=$started port[framed]=${address##*:}
start_redis
pid[redis-server]=$redis port[redis-server]=$redis_port

# The Framed server knows inline PING alone.
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

echo "$requests requests by $clients clients, $pipeline at once; medians of $rounds runs"
echo
printf '| %-11s | %-22s | %10s | %18s | %14s |\n' request server requests/s 'CPU ns a request' "CPU, ours to it"
printf '|---|---|--:|--:|--:|\n'
for test in $tests; do
    own=$(median "$work/$example.$test" 2)
    for server in ${servers[$test]}; do
        cost=$(median "$work/$server.$test" 2)
        printf '| %-11s | %-22s | %10.0f | %18d | %14s |\n' "$test" "$server" "$(median "$work/$server.$test" 1)" \
            "$cost" "$(awk -v own="$own" -v cost="$cost" 'BEGIN { printf "%.2f", own / cost }')"
    done
done
