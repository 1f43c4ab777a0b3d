#!/usr/bin/env bash
# Tests redis_server with redis-cli and redis-benchmark, and compares its replies with those of redis-server.
#
#   bash tests/clients/redis.sh          builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/redis.sh ADDR     uses a running server
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=redis_server
source tests/clients/common.sh

if [[ $# -ge 1 ]]; then
    address=$1
else
    start_server
fi
start_redis
host=${address%:*}
port=${address##*:}
cli() { said timeout 20 redis-cli -h "$host" -p "$port" "$@"; }
echo "$example at $address"

# redis-cli.
check 'PING' "$(cli PING)" PONG
check 'FLUSHALL' "$(cli FLUSHALL)" OK
check 'SET' "$(cli SET greeting 'hello, world')" OK
check 'GET' "$(cli GET greeting)" 'hello, world'
check 'GET of a missing key' "$(cli --no-raw GET nothing)" '(nil)'
check 'INCR, three times' "$(cli -r 3 INCR counter | tail -1)" 3
check 'MGET' "$(cli MGET counter nothing greeting | tr '\n' ,)" '3,,hello, world,'
check 'INCR of a string is an error' "$(cli INCR greeting)" 'ERR value is not an integer or out of range*'
head -c 5000000 /dev/urandom >"$work/large"
check 'SET of 5 MB from standard input' "$(said timeout 20 redis-cli -h "$host" -p "$port" -x SET large <"$work/large")" OK
redis-cli -h "$host" -p "$port" --raw GET large >"$work/back" || true
printf '\n' >>"$work/large" # redis-cli appends a newline to its output
check 'GET returns the same 5 MB' "$(said cmp "$work/large" "$work/back")" ''
# redis-cli sends COMMAND DOCS when it starts a session.
check 'a session from standard input' "$(printf 'SET a 1\nAPPEND a 23\nGET a\nSELECT 0\n' | cli | tr '\n' ' ')" 'OK 3 123 OK '
for number in {1..100000}; do printf 'SET key:%d %d\r\n' "$number" "$number"; done >"$work/mass"
check 'redis-cli --pipe, 100,000 commands' \
    "$(cli --pipe <"$work/mass" | tail -1)" 'errors: 0, replies: 100000'
check 'DBSIZE' "$(cli DBSIZE)" 100004
check 'HELLO 3 is refused, as by a Redis without RESP3' "$(cli HELLO 3)" 'NOPROTO unsupported protocol version*'

# The same bytes to both servers.
check 'replies are the same as those of redis-server' \
    "$(said python3 tests/clients/same_replies.py "$host" "$port" 127.0.0.1 "$redis_port")" '0 of [1-9]* differ'

# redis-benchmark.
said redis-benchmark -h "$host" -p "$port" -q -P 64 -n 100000 -t ping,set,get,incr,mset >"$work/benchmark"
tr '\r' '\n' <"$work/benchmark" | grep 'per second' | sed 's/^/        /' || true
check 'redis-benchmark, five commands in six runs' "$(tr '\r' '\n' <"$work/benchmark" | grep -c 'per second' || true)" 6
check 'redis-benchmark reports no errors' "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
said redis-benchmark -h "$host" -p "$port" -q -P 16 -n 100000 -r 10000 -d 4000 -t set,get >"$work/benchmark"
check 'redis-benchmark with values of 4,000 bytes' \
    "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
check 'PING after the load' "$(cli PING)" PONG

finish_checks
