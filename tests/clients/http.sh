#!/usr/bin/env bash
# Real clients against http_server: curl, wrk, and raw bytes from Python.
#
#   bash tests/clients/http.sh              builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/http.sh ADDR [PID]   uses a server that runs already; its memory is looked at if PID is given
#
# PACKAGE and EXAMPLE name another server to start, FEATURES what it is built with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=http_server
source tests/clients/common.sh

# status ARGUMENTS...: the status code of one request; its body goes to $work/body. A code that came is kept even if
# the upload could not be finished.
status() {
    : >"$work/body"
    curl --silent --max-time 30 --output "$work/body" --write-out '%{http_code}' "$@" || true
}

# The most memory the server has used so far, in KiB.
peak() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; }

if [[ $# -ge 1 ]]; then
    address=$1
    pid=${2:-}
else
    start_server
    pid=$started
fi
url=http://$address
host=${address%:*}
port=${address##*:}
raw() { said python3 tests/clients/raw_http.py "$1" "$host" "$port" "${@:2}"; }
echo "http_server at $address"

# The page.
check 'GET / is a page' "$(status --write-out '%{http_code} %{content_type}' "$url/")" '200 text/html*'
check 'the page has a form for /echo' "$(grep -c '/echo' "$work/body" || true)" '[1-9]*'
length=$(wc -c <"$work/body")
head=$(said curl --silent --max-time 10 --head "$url/" | tr -d '\r')
check 'HEAD / answers as GET does' "$head" 'HTTP/1.1 200 *'
check 'HEAD / has the length of GET' "$(sed -n 's/^content-length: //Ip' <<<"$head")" "$length"
check 'an answer to HEAD ends with its head' "$(raw head_then_get)" 'ok'

# Streams, before anything large has been sent: the peak is the server's own.
check 'GET /stream/0' "$(said curl --silent --max-time 10 "$url/stream/0" | wc -c)" 0
check 'GET /stream/1000000' "$(said curl --silent --max-time 30 "$url/stream/1000000" | wc -c)" 1000000
before=0
[[ -z $pid ]] || before=$(peak)
check 'GET /stream/3000000000' "$(said curl --silent --max-time 300 "$url/stream/3000000000" | wc -c)" 3000000000
if [[ -n $pid ]]; then
    grown=$(($(peak) - before))
    flat="flat (below 16384 KiB)"
    check "memory over 3,000,000,000 bytes, $grown KiB more" "$( ((grown < 16384)) && echo "$flat" || echo grown)" "$flat"
else
    echo 'skipped memory over 3,000,000,000 bytes: no PID was given'
fi

# Echoes.
printf 'hello, \0\r\n\r\n world' >"$work/small"
head -c 1000000 /dev/urandom >"$work/large"
head -c $((16 * 1024 * 1024)) /dev/zero >"$work/largest"
head -c $((16 * 1024 * 1024 + 1)) /dev/zero >"$work/too_large"
echo_back() { # NAME FILE ARGUMENTS...
    check "$1" "$(status --header 'Content-Type: application/x-test' --write-out '%{http_code} %{content_type}' \
        --data-binary "@$2" "${@:3}" "$url/echo")" '200 application/x-test'
    check "$1, the same bytes" "$(said cmp "$2" "$work/body")" ''
}
echo_back 'POST /echo' "$work/small"
echo_back 'POST /echo, no byte' /dev/null
echo_back 'POST /echo, 1 MB' "$work/large" --header 'Expect:'
# curl waits for the 100 as long as it is allowed to; so a server that does not send it runs into --max-time.
echo_back 'POST /echo, 1 MB, Expect: 100-continue' "$work/large" \
    --header 'Expect: 100-continue' --expect100-timeout 60 --max-time 20
echo_back 'POST /echo, 16 MiB' "$work/largest"

# What is refused, and that the refusal arrives.
check 'GET /nothing' "$(status "$url/nothing")" 404
check 'DELETE /' "$(status --request DELETE "$url/")" 405
check 'GET /echo' "$(status "$url/echo")" 405
check 'POST /echo, 16 MiB and 1' "$(status --data-binary "@$work/too_large" "$url/echo")" 413
check 'POST /echo, 16 MiB and 1, sent at once' \
    "$(status --header 'Expect:' --data-binary "@$work/too_large" "$url/echo")" 413
printf 'X-Long: %0100000d' 0 >"$work/header"
check 'a field of 100,000 bytes' "$(status --header "@$work/header" "$url/")" 431
check 'an upload in chunked coding' \
    "$(status --header 'Transfer-Encoding: chunked' --data-binary "@$work/small" "$url/echo")" 501
while read -r name; do
    check "malformed: ${name//_/ }" "$(raw malformed "$name")" 400
done < <(python3 tests/clients/raw_http.py list_malformed)

# Many at once.
check '100 pipelined requests in one write, answered in order' "$(raw pipelined 100)" 'ok'
said wrk -t2 -c64 -d5s --latency "$url/" >"$work/wrk"
sed -n 's/^/        /; /Requests\/sec\|requests in/p' "$work/wrk"
check 'wrk has no errors' "$(grep -E 'Socket errors|Non-2xx|unable|exit status' "$work/wrk" || true)" ''
check 'wrk was answered' "$(sed -n 's/^Requests\/sec: *//p' "$work/wrk")" '[1-9]*'
check 'GET / after all that' "$(status "$url/")" 200

finish_checks
