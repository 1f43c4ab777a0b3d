#!/usr/bin/env bash
# Tests chat_server with nc as the client.
#
#   bash tests/clients/chat.sh         builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/chat.sh ADDR    uses a running server, whose room must be empty
#
# Environment: PACKAGE, EXAMPLE and FEATURES select another example to build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=chat_server
source tests/clients/common.sh
declare -A pid input

# received_count CLIENT LINE: prints how many times the client has received the line, without its line end.
received_count() { tr -d '\r' <"$work/$1.received" | grep --count --line-regexp --fixed-strings -- "$2" || true; }
has_received() { [[ $(received_count "$1" "$2") != 0 ]]; }

receives() { # CLIENT LINE
    if wait_until has_received "$1" "$2"; then passed "$1 receives \`$2\`"; else failed "$1 does not receive \`$2\`"; fi
}

# connect CLIENT: starts nc, whose input is a pipe.
connect() {
    mkfifo "$work/$1.sent"
    : >"$work/$1.received"
    (
        # Closes the pipes of the other clients, which this process has inherited.
        for descriptor in "${input[@]}"; do exec {descriptor}>&-; done
        # -N: nc shuts down its write side when its input ends (half-close), and reads until the server closes.
        exec nc -N "$host" "$port" <"$work/$1.sent" >"$work/$1.received"
    ) &
    pid[$1]=$!
    exec {descriptor}>"$work/$1.sent"
    input[$1]=$descriptor
    receives "$1" '* your nick, please'
}
send() { printf '%s\n' "$2" >&"${input[$1]}"; } # CLIENT LINE
half_close() {                                  # CLIENT
    local descriptor=${input[$1]}
    exec {descriptor}>&-
    unset "input[$1]"
}
is_closed() { # CLIENT
    if wait_until is_gone "${pid[$1]}"; then passed "$1 is closed by the server"; else failed "$1 is not closed by the server"; fi
}

if [[ $# -ge 1 ]]; then address=$1; else start_server; fi
host=${address%:*}
port=${address##*:}
echo "chat_server at $address"

# Two members.
connect ann
send ann ann
receives ann '* welcome, ann; `/who` names the others, `/quit` leaves'
connect bob
send bob 'ann'
receives bob '* that nick is taken, or looks like one that is; your nick, please'
send bob $'\xd0\xb0nn' # a Cyrillic a
send bob $'ann\xe2\x80\x8f' # a right-to-left mark
receives bob '* a nick is made of letters, digits and punctuation; your nick, please'
check 'a lookalike of ann is refused' \
    "$(received_count bob '* that nick is taken, or looks like one that is; your nick, please')" 2
send bob bob
receives ann '* bob has joined'
send ann 'good morning'
receives bob 'ann: good morning'
printf 'and to you\r\n' >&"${input[bob]}"
receives ann 'bob: and to you'
send ann "$(printf '%02000d' 0)"
receives ann '* a line has at most 1024 bytes; this one is dropped'
send bob /help
receives bob '* `/who` names the members'
receives bob '* `/help` shows this'
check 'nobody else receives the help' "$(received_count ann '* `/help` shows this')" 0
send ann $'\xe2\x80\xaeolleh :bob' # a right-to-left override
receives bob 'ann: olleh :bob'
send bob /who
receives bob '* ann is here'
receives bob '* bob is here'

# A slow reader: its nc is stopped, so the socket buffers, the output queue and the mailbox fill up. The messages come in
# pages, and each page waits until bob has received the one before, so bob is never slow.
connect slow
send slow slow
receives bob '* slow has joined'
receives slow '* welcome, slow; `/who` names the others, `/quit` leaves'
kill -STOP "${pid[slow]}"
printf -v line '%01000d' 0
for _ in {1..100}; do printf '%s\n' "$line"; done >"$work/page"
pages=0
while ((pages < 1000)) && ! grep --quiet 'slow reads too slowly' "$work/bob.received"; do
    pages=$((pages + 1))
    cat "$work/page" >&"${input[ann]}"
    send ann "page $pages"
    if ! wait_until grep --quiet "^ann: page $pages"$'\r' "$work/bob.received"; then
        failed "bob does not receive page $pages"
        break
    fi
done
kill -CONT "${pid[slow]}"
receives bob '* slow reads too slowly, and has been dropped'
receives ann '* slow reads too slowly, and has been dropped'
check "bob has received all $pages pages meanwhile" "$(received_count bob "ann: $line")" $((pages * 100))
receives slow '* you read too slowly, and have been dropped'
half_close slow
is_closed slow
check 'the notice is the last line that slow receives' "$(tail -n 1 "$work/slow.received" | tr -d '\r')" \
    '* you read too slowly, and have been dropped'

# Two ways to leave.
send bob /quit
receives bob '* goodbye'
half_close bob
is_closed bob
receives ann '* bob has left'
connect joe
send joe joe
receives ann '* joe has joined'
half_close joe
receives ann '* joe has left'
is_closed joe
check 'the leave of bob is announced once' "$(received_count ann '* bob has left')" 1
check 'the drop of slow is not announced as a leave' "$(received_count ann '* slow has left')" 0
half_close ann
is_closed ann

echo "$checks checks"
finish_checks
