#!/usr/bin/env bash
# Tests http_server with real clients: curl, wrk, Python's http.client, Chromium, and raw bytes from Python.
#
#   bash tests/clients/http.sh              builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/http.sh ADDR [PID]   uses a running server; also checks its memory if PID is given
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build. Without Chromium its check is skipped, but
# with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=http_server
source tests/clients/common.sh

# status ARGUMENTS...: prints the status code of one request, and writes the content to $work/body. A status that arrived
# counts even if curl could not finish the upload.
status() {
    : >"$work/body"
    curl --silent --max-time 30 --output "$work/body" --write-out '%{http_code}' "$@" || true
}

# Prints the peak resident memory of the server, in KiB.
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
check 'GET / has a form for /echo' "$(grep -c '/echo' "$work/body" || true)" '[1-9]*'
length=$(wc -c <"$work/body")
head=$(said curl --silent --max-time 10 --head "$url/" | tr -d '\r')
check 'HEAD / has the status of GET' "$head" 'HTTP/1.1 200 *'
check 'HEAD / has the Content-Length of GET' "$(sed -n 's/^content-length: //Ip' <<<"$head")" "$length"
check 'a response to HEAD has no content' "$(raw head_then_get)" 'ok'

# Streams. They come before large uploads, so that the peak memory is that of the streams.
check 'GET /stream/0' "$(said curl --silent --max-time 10 "$url/stream/0" | wc -c)" 0
check 'GET /stream/1000000' "$(said curl --silent --max-time 30 "$url/stream/1000000" | wc -c)" 1000000
before=0
[[ -z $pid ]] || before=$(peak)
check 'GET /stream/3000000000' "$(said curl --silent --max-time 300 "$url/stream/3000000000" | wc -c)" 3000000000
if [[ -n $pid ]]; then
    grown=$(($(peak) - before))
    flat="flat (below 16384 KiB)"
    check "memory growth during 3,000,000,000 bytes: $grown KiB" "$( ((grown < 16384)) && echo "$flat" || echo grown)" "$flat"
else
    echo 'skipped memory growth during 3,000,000,000 bytes: no PID was given'
fi

# Echoes.
printf 'hello, \0\r\n\r\n world' >"$work/small"
head -c 1000000 /dev/urandom >"$work/large"
head -c $((16 * 1024 * 1024)) /dev/zero >"$work/largest"
head -c $((16 * 1024 * 1024 + 1)) /dev/zero >"$work/too_large"
echo_back() { # NAME FILE ARGUMENTS...
    check "$1" "$(status --header 'Content-Type: application/x-test' --write-out '%{http_code} %{content_type}' \
        --data-binary "@$2" "${@:3}" "$url/echo")" '200 application/x-test'
    check "$1 returns the same bytes" "$(said cmp "$2" "$work/body")" ''
}
echo_back 'POST /echo' "$work/small"
echo_back 'POST /echo, no content' /dev/null
echo_back 'POST /echo, 1 MB' "$work/large" --header 'Expect:'
# curl waits for 100 (Continue) for longer than --max-time, so a server that does not send it fails this check.
echo_back 'POST /echo, 1 MB, Expect: 100-continue' "$work/large" \
    --header 'Expect: 100-continue' --expect100-timeout 60 --max-time 20
echo_back 'POST /echo, 16 MiB' "$work/largest"
chunked=(--header 'Transfer-Encoding: chunked')
echo_back 'POST /echo in chunked coding' "$work/small" "${chunked[@]}"
echo_back 'POST /echo in chunked coding, no content' /dev/null "${chunked[@]}"
echo_back 'POST /echo in chunked coding, 1 MB, Expect: 100-continue' "$work/large" "${chunked[@]}" \
    --header 'Expect: 100-continue' --expect100-timeout 60 --max-time 20
echo_back 'POST /echo in chunked coding, 16 MiB' "$work/largest" "${chunked[@]}"
# curl does not know the length of its standard input, so it sends it in chunked coding.
check 'an upload from standard input' \
    "$(cat "$work/large" | status --request POST --upload-file - --write-out '%{http_code}' "$url/echo")" 200
check 'an upload from standard input returns the same bytes' "$(said cmp "$work/large" "$work/body")" ''
check 'text without a charset' "$(status --header 'Content-Type: text/plain' --write-out '%{http_code} %{content_type}' \
    --data-binary 'text' "$url/echo")" '200 text/plain; charset=utf-8'
check 'GET / has the date' \
    "$(said curl --silent --max-time 10 --head "$url/" | sed -n 's/^Date: \(.*\)\r$/\1/p')" \
    '[A-Z][a-z][a-z], [0-3][0-9] [A-Z][a-z][a-z] [0-9][0-9][0-9][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT'
check 'GET /./%65cho/../ is GET /' "$(status --path-as-is "$url/./%65cho/../")" 200
check 'http.client' "$(said python3 tests/clients/http_client.py "$host" "$port")" ok

# A browser: text that is not ASCII, typed into the form, comes back as it was.
browser=
for name in chromium chromium-browser google-chrome; do
    [[ -n $browser ]] || browser=$(command -v "$name" || true)
done
typed='Grüße, 世界! 🦀'
if [[ -n $browser ]]; then
    check 'Chromium shows what was typed' "$(said python3 tests/clients/browser.py "$browser" "$url/" "$typed")" \
        "message=$typed"
elif [[ ${CI:-} == true ]]; then
    failed 'Chromium is not there'
else
    echo 'skipped Chromium: it is not there'
fi

# Errors. The client must receive the response even while it is uploading.
check 'GET /nothing' "$(status "$url/nothing")" 404
check 'DELETE /' "$(status --request DELETE "$url/")" 405
check 'GET /echo' "$(status "$url/echo")" 405
check 'POST /echo, 16 MiB and 1 byte' "$(status --data-binary "@$work/too_large" "$url/echo")" 413
check 'POST /echo, 16 MiB and 1 byte, without Expect' \
    "$(status --header 'Expect:' --data-binary "@$work/too_large" "$url/echo")" 413
printf 'X-Long: %0100000d' 0 >"$work/header"
check 'a field of 100,000 bytes' "$(status --header "@$work/header" "$url/")" 431
check 'POST /echo, 16 MiB and 1 byte, in chunked coding' \
    "$(status --header 'Transfer-Encoding: chunked' --data-binary "@$work/too_large" "$url/echo")" 413
check 'POST /echo in the coding gzip' \
    "$(status --header 'Transfer-Encoding: gzip, chunked' --data-binary "@$work/small" "$url/echo")" 501
check 'HTTP/2.0 in the request line' "$(raw unfinished 'GET / HTTP/2.0\r\nHost: a\r\n\r\n')" '505 and a close'
while read -r name; do
    check "malformed: ${name//_/ }" "$(raw malformed "$name")" 400
done < <(python3 tests/clients/raw_http.py list_malformed)

# Load.
check '100 pipelined requests in one write get responses in order' "$(raw pipelined 100)" 'ok'
said wrk -t2 -c64 -d5s --latency "$url/" >"$work/wrk"
sed -n 's/^/        /; /Requests\/sec\|requests in/p' "$work/wrk"
check 'wrk reports no errors' "$(grep -E 'Socket errors|Non-2xx|unable|exit status' "$work/wrk" || true)" ''
check 'wrk reports requests per second' "$(sed -n 's/^Requests\/sec: *//p' "$work/wrk")" '[1-9]*'
check 'GET / after the load' "$(status "$url/")" 200

# Clients that are too slow, at a server that waits for a second.
if [[ $# == 0 ]]; then
    HTTP_SECONDS=1 start_server
    host=${address%:*} port=${address##*:}
    head='POST /echo HTTP/1.1\r\nHost: a\r\n'
    check 'a slow head' "$(raw unfinished 'GET / HTTP/1.1\r\nHo')" '408 and a close'
    check 'slow content' "$(raw unfinished "${head}Content-Length: 5\r\n\r\nhel")" '408 and a close'
    check 'slow chunks' "$(raw unfinished "${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel")" '408 and a close'
    check 'a connection without a request' "$(raw unfinished '')" 'a close'
    check 'an idle connection' "$(raw idle_after_get)" '200, then 0 bytes and a close'
else
    echo 'skipped slow clients: a running server was given'
fi

echo "$checks checks"
finish_checks
