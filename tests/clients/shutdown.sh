#!/usr/bin/env bash
# Tests how an example ends on a signal, with bash as the client.
#
#   bash tests/clients/shutdown.sh
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build. The script knows each by the end of its name:
# chat_server, http_server, redis_server, smtp_server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=chat_server
source tests/clients/common.sh
timeout=30 # seconds, far more than any step needs

# What the client sends first, the line that shows that it is served, and the last bytes before the server closes.
hello='' goodbye=''
arguments=()
case $example in
*chat_server) served='\* your nick, please*' goodbye='\* the server shuts down; goodbye*' ;;
*http_server) hello='GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' served='HTTP/1.1 200 *' ;;
*redis_server) hello='PING\r\n' served='+PONG*' ;;
*smtp_server) served='220 *' goodbye='421 *' arguments=(127.0.0.1:0 --discard) ;;
*) fail "no test for $example" ;;
esac
binary=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})

# connect: opens a connection, and waits until the server has answered. Sets $connection to its descriptor.
connect() {
    exec {connection}<>"/dev/tcp/${address%:*}/${address##*:}"
    # shellcheck disable=SC2059
    printf "$hello" >&"$connection"
    IFS= read -r -t "$timeout" line <&"$connection" || fail 'the server does not answer'
    check 'the connection is served' "$line" "$served"
}

# ends_with STATUS PROCESS: checks the exit status of the server.
ends_with() {
    local status=0
    # `wait` has no timeout.
    timeout "$timeout" tail --pid="$2" --follow /dev/null 2>/dev/null || kill -KILL "$2"
    wait "$2" || status=$?
    check "the exit status of the server" "$status" "$1"
}

for signal in TERM INT; do
    echo "$example on $package: SIG$signal"
    start server "$binary" "${arguments[@]}"
    connect
    kill -"$signal" "$started"
    # Until the server closes the connection.
    rest=$(timeout "$timeout" cat <&"$connection") || failed 'the server does not close the connection'
    check 'the goodbye' "$rest" "*$goodbye"
    exec {connection}>&-
    ends_with 0 "$started"
done

# A peer that takes nothing of a long answer keeps the server draining.
if [[ $example == *http_server ]]; then
    echo "$example on $package: a second signal"
    hello='GET /stream/1000000000 HTTP/1.1\r\nHost: localhost\r\n\r\n'
    start server "$binary"
    connect
    kill -TERM "$started"
    until grep --quiet 'shutting down' "$work/server"; do sleep 0.05; done
    kill -TERM "$started"
    ends_with 130 "$started"
    exec {connection}>&-
fi

# Process 1 has no default action for a signal, only a handler that was installed.
if unshare --user --map-root-user --pid --fork true 2>/dev/null; then
    echo "$example on $package: as process 1"
    printf '#!/bin/sh\nexec unshare --user --map-root-user --pid --fork --kill-child %q "$@"\n' "$binary" >"$work/first"
    chmod +x "$work/first"
    start server "$work/first" "${arguments[@]}"
    # unshare ends with the status of its child.
    kill -TERM "$(ps -o pid= --ppid "$started")"
    ends_with 0 "$started"
else
    echo 'skipped: this machine lets nobody make a process 1'
fi

finish_checks
