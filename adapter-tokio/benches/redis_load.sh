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
package=${PACKAGE:-asynchat-tokio}
example=${EXAMPLE:-redis_server}
work=$(mktemp -d)
declare -A pid port
nanoseconds_in_tick=$((1000000000 / $(getconf CLK_TCK)))

finish() {
    for server in "${!pid[@]}"; do
        kill "${pid[$server]}" 2>/dev/null || true
        wait "${pid[$server]}" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "error: $1" >&2
    exit 1
}

# build PACKAGE EXAMPLE ARGUMENTS...: the path of the binary.
build() {
    cargo build --release --package "$1" --example "$2" "${@:3}" --message-format json-render-diagnostics |
        python3 tests/clients/raw_http.py executable "$2"
}

# start NAME BINARY: an example of ours, on a port that it chooses.
start() {
    local address
    : >"$work/$1"
    "$2" 127.0.0.1:0 >>"$work/$1" &
    pid[$1]=$!
    for _ in {1..100}; do
        address=$(sed -n 's/^listening on //p' "$work/$1")
        [[ -z $address ]] || break
        sleep 0.1
    done
    [[ -n $address ]] || fail "$1 does not say \`listening on ADDR\`"
    port[$1]=${address##*:}
}

# redis-server cannot say which port it has chosen, so one is tried after the other.
start_redis() {
    local try
    for try in {1..20}; do
        port[redis-server]=$((20000 + RANDOM % 20000))
        : >"$work/redis-server" # the shell below makes it only when it gets its turn
        redis-server --port "${port[redis-server]}" --save '' --appendonly no --dir "$work" >"$work/redis-server" &
        pid[redis-server]=$!
        for _ in {1..50}; do
            if grep --quiet 'Ready to accept' "$work/redis-server"; then return; fi
            kill -0 "${pid[redis-server]}" 2>/dev/null || break
            sleep 0.1
        done
        kill "${pid[redis-server]}" 2>/dev/null || true
    done
    fail 'redis-server does not start'
}

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
start framed "$framed"
start_redis

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
