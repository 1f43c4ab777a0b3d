#!/usr/bin/env bash
# Real clients against redis_server: redis-cli and redis-benchmark, and a real redis-server beside it, which has to say
# the same.
#
#   bash tests/clients/redis.sh          builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/redis.sh ADDR     uses a server that runs already
#
# PACKAGE and EXAMPLE name another server to start, FEATURES what it is built with.
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
check 'GET of nothing' "$(cli --no-raw GET nothing)" '(nil)'
check 'INCR, three times' "$(cli -r 3 INCR counter | tail -1)" 3
check 'MGET' "$(cli MGET counter nothing greeting | tr '\n' ,)" '3,,hello, world,'
check 'an error' "$(cli INCR greeting)" 'ERR value is not an integer or out of range*'
head -c 5000000 /dev/urandom >"$work/large"
check 'SET of 5 MB from standard input' "$(said timeout 20 redis-cli -h "$host" -p "$port" -x SET large <"$work/large")" OK
redis-cli -h "$host" -p "$port" --raw GET large >"$work/back" || true
printf '\n' >>"$work/large" # redis-cli adds it
check 'GET of it, the same bytes' "$(said cmp "$work/large" "$work/back")" ''
# It asks for COMMAND DOCS at its start.
check 'a session on standard input' "$(printf 'SET a 1\nAPPEND a 23\nGET a\nSELECT 0\n' | cli | tr '\n' ' ')" 'OK 3 123 OK '
for number in {1..100000}; do printf 'SET key:%d %d\r\n' "$number" "$number"; done >"$work/mass"
check 'redis-cli --pipe, 100,000 commands' \
    "$(cli --pipe <"$work/mass" | tail -1)" 'errors: 0, replies: 100000'
check 'DBSIZE' "$(cli DBSIZE)" 100004
check 'HELLO 3, as with a Redis that is older than it' "$(cli HELLO 3)" 'NOPROTO unsupported protocol version*'

# The same bytes to both.
check 'the same replies as those of redis-server' \
    "$(said python3 tests/clients/same_replies.py "$host" "$port" 127.0.0.1 "$redis_port")" '0 of [1-9]* differ'

# redis-benchmark.
said redis-benchmark -h "$host" -p "$port" -q -P 64 -n 100000 -t ping,set,get,incr,mset >"$work/benchmark"
tr '\r' '\n' <"$work/benchmark" | grep 'per second' | sed 's/^/        /' || true
check 'redis-benchmark, five kinds of request in six runs' "$(tr '\r' '\n' <"$work/benchmark" | grep -c 'per second' || true)" 6
check 'redis-benchmark has no errors' "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
said redis-benchmark -h "$host" -p "$port" -q -P 16 -n 100000 -r 10000 -d 4000 -t set,get >"$work/benchmark"
check 'redis-benchmark with values of 4,000 bytes' \
    "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
check 'PING after all that' "$(cli PING)" PONG

finish_checks
