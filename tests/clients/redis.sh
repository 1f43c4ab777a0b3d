#!/usr/bin/env bash
# Tests redis_server with redis-cli, redis-benchmark and the newest clients for Python and Node.js, and compares its replies
# with those of redis-server.
#
#   bash tests/clients/redis.sh          builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/redis.sh ADDR     uses a running server
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build. SEED chooses the random commands, COMMANDS
# their number.
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
check 'redis-cli -3' "$(cli -3 --no-raw GET nothing)" '(nil)'
check 'redis-cli -3 shows a map' "$(cli -3 --no-raw CONFIG GET save)" '1# "save" => ""'
check 'KEYS and SCAN' "$(cli KEYS greet*),$(cli --scan --pattern 'greet*')" 'greeting,greeting'
check 'a transaction' "$(printf 'MULTI\nSET t 1\nINCR t\nEXEC\n' | cli | tr '\n' ' ')" 'OK QUEUED QUEUED OK 2 '
check 'hints from COMMAND DOCS' "$(cli COMMAND DOCS get | head -2 | tr '\n' ' ')" 'get summary '
# The subscriber prints its confirmation, then the message; redis-cli would wait for more, so it is stopped.
redis-cli -h "$host" -p "$port" SUBSCRIBE news >"$work/subscriber" &
subscriber=$!
for _ in {1..200}; do
    [[ $(cli PUBLISH news hello) == 1 ]] && break
    sleep 0.05
done
for _ in {1..200}; do
    grep --quiet hello "$work/subscriber" && break
    sleep 0.05
done
kill "$subscriber"
check 'SUBSCRIBE and PUBLISH' "$(tr '\n' ' ' <"$work/subscriber")" 'subscribe news 1 message news hello '

# The same bytes to both servers.
check 'replies are the same as those of redis-server' \
    "$(said python3 tests/clients/same_replies.py "$host" "$port" 127.0.0.1 "$redis_port")" '0 of [1-9]* differ'
check 'replies to random commands are the same' \
    "$(said python3 tests/clients/random_replies.py "$host" "$port" 127.0.0.1 "$redis_port" "${SEED:-$RANDOM}" \
        "${COMMANDS:-5000}" | tee "$work/random" | tail -1)" '0 of [1-9]* differ*'
sed 's/^/        /' "$work/random"

# Clients that programs use, at their newest versions, for all runs of this script.
packages=${CARGO_TARGET_DIR:-target}/clients
if python3 -m venv "$packages/python" >/dev/null 2>&1 &&
    "$packages/python/bin/pip" install --quiet --upgrade redis coredis >/dev/null 2>&1; then
    report "$packages/python/bin/python" tests/clients/redis_py.py "$host" "$port"
else
    unavailable 'redis-py or coredis (python3 -m venv, pip)'
fi
if command -v npm >/dev/null && npm install --silent --prefix "$packages/node" ioredis@latest redis@latest >/dev/null 2>&1; then
    NODE_PACKAGES=$(realpath "$packages/node") report node tests/clients/node_redis.mjs "$host" "$port"
else
    unavailable 'ioredis or node-redis (npm)'
fi
report python3 tests/clients/raw_redis.py "$host" "$port"

# redis-benchmark.
said redis-benchmark -h "$host" -p "$port" -q -P 64 -n 100000 -t ping,set,get,incr,mset >"$work/benchmark"
tr '\r' '\n' <"$work/benchmark" | grep 'per second' | sed 's/^/        /' || true
check 'redis-benchmark, five commands in six runs' "$(tr '\r' '\n' <"$work/benchmark" | grep -c 'per second' || true)" 6
check 'redis-benchmark reports no errors' "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
said redis-benchmark -h "$host" -p "$port" -q -P 16 -n 100000 -r 10000 -d 4000 -t set,get >"$work/benchmark"
check 'redis-benchmark with values of 4,000 bytes' \
    "$(grep -iE 'error|warning|exit status' "$work/benchmark" || true)" ''
check 'PING after the load' "$(cli PING)" PONG

echo "$checks checks"
finish_checks
