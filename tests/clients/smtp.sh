#!/usr/bin/env bash
# Tests smtp_server with Python's smtplib, curl, swaks and plain sockets.
#
#   bash tests/clients/smtp.sh     builds and starts the example of asynchat-tokio, and stops it at the end
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build. STARTTLS is tested where it is offered.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=smtp_server
source tests/clients/common.sh
timeout=60 # seconds, far more than any step needs
maildir=$work/Maildir

# Starts the server. Sets $host and $port.
serve() { # NAME BINARY FOLDER DOMAIN...
    start "$1" "$2" 127.0.0.1:0 "${@:3}"
    host=${address%:*} port=${address##*:}
}
client() { said timeout "$timeout" python3 tests/clients/smtp_client.py "$1" "$host" "$port" "${@:2}"; }
in_new() { find "$maildir/new" -type f | wc -l; }
in_tmp() { find "$maildir/tmp" -type f | wc -l; }
empty() { find "$maildir/new" -type f -delete; }
peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$started/status"; } # KiB

binary=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
serve server "$binary" "$maildir"
echo "$example at $address"

extensions=$(client extensions)
check 'the extensions' "${extensions/ starttls/}" '8bitmime help pipelining size'
case $example in
*async_std* | *blocking*) tls='' ;;
*) tls=yes && check 'STARTTLS is offered' "$extensions" '*starttls' ;;
esac

# Python.
check 'smtplib: dots, and an empty message' "$(client dots "$maildir")" ok
check 'a pipelined group, and 50 messages in one write' "$(client pipelined "$maildir")" ok
check 'a session byte by byte' "$(client bytewise "$maildir")" ok
check 'lines of 5 MB' "$(client long_lines "$maildir")" ok
if [[ -r /proc/$started/status ]]; then before=$(peak); fi
check 'a message of 50 MiB' "$(client largest "$maildir")" ok
check 'messages above 50 MiB' "$(client too_large "$maildir")" ok
if [[ -r /proc/$started/status ]]; then
    grown=$(($(peak) - before))
    flat='flat (below 4096 KiB)'
    check "memory growth during 100 MiB: $grown KiB" "$( ((grown < 4096)) && echo "$flat" || echo grown)" "$flat"
else
    echo 'skipped memory growth during 100 MiB: no /proc'
fi
for name in LF_dot_LF LF_dot_CRLF CRLF_dot_LF CR_dot_CR CRLF_dot_CR CRLF_dot_CR_CRLF; do
    check "no end of a message: ${name//_/ }" "$(client smuggled "$maildir" "$name")" ok
done
check '50 sessions of 10 messages at the same time' "$(client parallel "$maildir" 50 10)" ok

# curl.
printf 'Subject: curl\r\n\r\n.dot\r\n..\r\nend\r\n' >"$work/mail"
to() { # OPTIONS...
    said curl --silent --show-error --max-time "$timeout" "smtp://$address" --mail-from me@localhost \
        --mail-rcpt you@localhost --upload-file "$work/mail" "$@"
}
check 'curl' "$(to)" ''
check 'curl stores the message' "$(python3 -c 'import sys
sys.path.insert(0, "tests/clients")
import smtp_client
print(smtp_client.stored(sys.argv[1], open(sys.argv[2], "rb").read()))' "$maildir" "$work/mail")" ok
check 'curl --ssl' "$(to --ssl --insecure)" ''
if [[ -n $tls ]]; then
    check 'curl --ssl-reqd' "$(to --ssl-reqd --insecure)" ''
    check 'curl --ssl-reqd checks the certificate' "$(to --ssl-reqd)" '*exit status 60'
    check 'the messages of curl' "$(in_new)" 2
else
    check 'curl --ssl-reqd without STARTTLS' "$(to --ssl-reqd --insecure)" '*exit status 64'
    check 'the messages of curl' "$(in_new)" 1
fi
empty

# swaks.
swaks_sends() { # OPTIONS...: prints the exit status
    local status=0
    timeout "$timeout" swaks --server "$host" --port "$port" --from me@localhost --to you@localhost "$@" \
        >"$work/swaks" 2>&1 || status=$?
    echo "$status"
}
check 'swaks' "$(swaks_sends)" 0
check 'swaks --pipeline' "$(swaks_sends --pipeline)" 0
check 'swaks --protocol SMTP' "$(swaks_sends --protocol SMTP)" 0
check 'swaks with three recipients' "$(swaks_sends --to 'a@b,"c d"@[127.0.0.1],postmaster')" 0
check 'swaks with an attachment of 3 MB' "$(swaks_sends --attach @<(head -c 3000000 /dev/urandom))" 0
check 'the messages of swaks' "$(in_new)" 5
check 'swaks with a recipient that is malformed' "$(swaks_sends --to '"you@localhost')" 24
empty

# STARTTLS.
if [[ -n $tls ]]; then
    check 'smtplib over TLS' "$(client starttls "$maildir")" ok
    check 'refused commands before and after STARTTLS' "$(client refused_over_tls)" ok
    check 'plaintext behind STARTTLS' "$(client injected)" ok
    check 'swaks --tls' "$(swaks_sends --tls)" 0
    check 'the message of swaks' "$(in_new)" 1
    empty
else
    check 'swaks --tls without STARTTLS' "$(swaks_sends --tls)" 29
fi
check 'no message is left in tmp' "$(in_tmp)" 0

# A server that takes mail for one domain. `mail` was written for curl.
serve local "$binary" "$maildir" localhost
check 'a recipient in another domain is refused' "$(swaks_sends --to you@elsewhere)" 24
check 'curl: a recipient in another domain is refused' "$(to --mail-rcpt you@elsewhere)" '*550*exit status 55'
check 'recipients in the one domain' "$(swaks_sends --to you@LOCALHOST,postmaster)" 0
check 'the message of swaks' "$(in_new)" 1
empty
check 'guessed recipients end with 421' "$(client refused)" ok

# A server that is killed while it stores messages.
# Bash reports a process that was killed, to the error output of the command during which it ends.
killed() { kill -KILL "$started" && wait "$started"; }
killed 2>/dev/null || true
for round in {1..5}; do
    serve "killed$round" "$binary" "$maildir"
    : >"$work/acknowledged"
    client until_killed "$work/acknowledged" >"$work/sent" &
    sender=$!
    until [[ $(wc -l <"$work/acknowledged") -ge $((round * 3)) ]]; do sleep 0.01; done
    killed 2>/dev/null || true
    wait "$sender"
    check "each message with 250 is whole after kill -KILL ($(wc -l <"$work/acknowledged") messages)" \
        "$(said python3 tests/clients/smtp_client.py whole "$maildir" "$work/acknowledged")" ok
done

# A disk that is full: a file system of 1 MiB in a namespace of its own.
if unshare --user --map-root-user --mount true 2>/dev/null; then
    mkdir "$work/small_disk"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c %q %q %q "$@"\n' \
        'mount -t tmpfs -o size=1m none "$0" && exec "$@"' "$work/small_disk" "$binary" >"$work/on_small_disk"
    chmod +x "$work/on_small_disk"
    serve small "$work/on_small_disk" "$work/small_disk"
    check 'a disk that is full gets 452, and has room again' "$(client full)" '[[]250, 452, 250]'
else
    echo 'skipped: this machine lets nobody mount a small disk'
fi

echo "$checks checks"
finish_checks
