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

# `hello` is sent first, the answer begins with the line `served`, and `rest` is everything behind it until the server closes.
hello='' arguments=()
case $example in
*chat_server) served='\* your nick, please*' rest='\* the server shuts down; goodbye'$'\r' ;;
*http_server)
    hello='POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'
    served='HTTP/1.1 200 *' rest=$'*\r\n\r\nhello'
    ;;
*redis_server) hello='PING\r\n' served=$'+PONG\r' rest='' ;;
*smtp_server) served='220 *' rest=$'421 *\r' arguments=(127.0.0.1:0 --discard) ;;
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

for signal in TERM INT; do
    echo "$example on $package: SIG$signal"
    start server "$binary" "${arguments[@]}"
    connect
    kill -"$signal" "$started"
    # Until the server closes the connection.
    received=$(timeout "$timeout" cat <&"$connection") || failed 'the server does not close the connection'
    check 'everything until the close' "$received" "$rest"
    exec {connection}>&-
    ends_with 0 "$started" 'the exit status'
done

# A peer that takes nothing of a long answer keeps the server draining.
if [[ $example == *http_server ]]; then
    echo "$example on $package: a second signal"
    hello='GET /stream/1000000000 HTTP/1.1\r\nHost: localhost\r\n\r\n'
    start server "$binary"
    connect
    kill -TERM "$started"
    wait_until grep --quiet 'shutting down' "$work/server" || failed 'the server does not shut down'
    kill -TERM "$started"
    ends_with 130 "$started" 'the exit status'
    exec {connection}>&-
fi

# Process 1 has no default action for a signal, only a handler that was installed. A user namespace lets anyone make a
# process 1; without one, root can.
first=(unshare --user --map-root-user --pid --fork)
"${first[@]}" true 2>/dev/null || first=(unshare --pid --fork)
if "${first[@]}" true 2>/dev/null; then
    echo "$example on $package: as process 1"
    printf '#!/bin/sh\nexec %s --kill-child %q "$@"\n' "${first[*]}" "$binary" >"$work/first"
    chmod +x "$work/first"
    start server "$work/first" "${arguments[@]}"
    # unshare ends with the status of its child.
    kill -TERM "$(ps -o pid= --ppid "$started")"
    ends_with 0 "$started" 'the exit status'
else
    skip 'this machine lets nobody make a process 1'
fi

finish_checks
