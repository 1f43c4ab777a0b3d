#!/usr/bin/env bash
# Real users of chat_server: nc, as people have it.
#
#   bash tests/clients/chat.sh         builds and starts the example of asynchat-tokio, and stops it at the end
#   bash tests/clients/chat.sh ADDR    uses a server that runs already, in whose room nobody else is
#
# PACKAGE and EXAMPLE name another server to start, FEATURES what it is built with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example=chat_server
source tests/clients/common.sh
patience=30 # seconds, for what takes much less
declare -A pid input

# Waits until a command succeeds; for as long as is patient.
until_() {
    local end=$((SECONDS + patience))
    until "$@" 2>/dev/null; do
        ((SECONDS < end)) || return 1
        sleep 0.02
    done
}

# The number of a user's lines that are this, up to their ends.
heard_times() { tr -d '\r' <"$work/$1.heard" | grep --count --line-regexp --fixed-strings -- "$2" || true; }
heard() { [[ $(heard_times "$1" "$2") != 0 ]]; }
is_gone() { ! kill -0 "$1"; }

hears() { # WHO LINE
    if until_ heard "$1" "$2"; then passed "$1 hears \`$2\`"; else failed "$1 does not hear \`$2\`"; fi
}

# connects WHO: starts nc, which reads what its user says from a pipe.
connects() {
    mkfifo "$work/$1.said"
    : >"$work/$1.heard"
    (
        # The others' pipes are not for this one to hold open.
        for descriptor in "${input[@]}"; do exec {descriptor}>&-; done
        # nc hangs up its side when its input ends (-N), and then reads on until the server hangs up too.
        exec nc -N "$host" "$port" <"$work/$1.said" >"$work/$1.heard"
    ) &
    pid[$1]=$!
    exec {descriptor}>"$work/$1.said"
    input[$1]=$descriptor
    hears "$1" '* your nick, please'
}
says() { printf '%s\n' "$2" >&"${input[$1]}"; }
hangs_up() {
    local descriptor=${input[$1]}
    exec {descriptor}>&-
    unset "input[$1]"
}
ends() { # WHO
    if until_ is_gone "${pid[$1]}"; then passed "$1 is hung up on"; else failed "$1 is not hung up on"; fi
}

if [[ $# -ge 1 ]]; then address=$1; else start_server; fi
host=${address%:*}
port=${address##*:}
echo "chat_server at $address"

# Two who talk.
connects ann
says ann ann
hears ann '* welcome, ann; `/who` names the others, `/quit` leaves'
connects bob
says bob 'ann'
hears bob '* that nick is taken; your nick, please'
says bob bob
hears ann '* bob has joined'
says ann 'good morning'
hears bob 'ann: good morning'
printf 'and to you\r\n' >&"${input[bob]}"
hears ann 'bob: and to you'
says ann "$(printf '%02000d' 0)"
hears ann '* a line has at most 1024 bytes; this one is dropped'
says bob /who
hears bob '* ann is here'
hears bob '* bob is here'

# A slow reader: its nc is stopped, so all there is between fills up, the system's buffers first. What is said comes in
# pages, the next when the one before has been heard: so whoever reads is never slow.
connects slow
says slow slow
hears bob '* slow has joined'
hears slow '* welcome, slow; `/who` names the others, `/quit` leaves'
kill -STOP "${pid[slow]}"
printf -v line '%01000d' 0
for _ in {1..100}; do printf '%s\n' "$line"; done >"$work/page"
pages=0
while ((pages < 1000)) && ! grep --quiet 'slow reads too slowly' "$work/bob.heard"; do
    pages=$((pages + 1))
    cat "$work/page" >&"${input[ann]}"
    says ann "page $pages"
    if ! until_ grep --quiet "^ann: page $pages"$'\r' "$work/bob.heard"; then
        failed "bob waits for page $pages"
        break
    fi
done
kill -CONT "${pid[slow]}"
hears bob '* slow reads too slowly, and has been dropped'
hears ann '* slow reads too slowly, and has been dropped'
check "bob has heard all $pages pages meanwhile" "$(heard_times bob "ann: $line")" $((pages * 100))
hears slow '* you read too slowly, and have been dropped'
hangs_up slow
ends slow
check 'the notice is the last thing slow hears' "$(tail -n 1 "$work/slow.heard" | tr -d '\r')" \
    '* you read too slowly, and have been dropped'

# Two ways to leave.
says bob /quit
hears bob '* goodbye'
hangs_up bob
ends bob
hears ann '* bob has left'
connects joe
says joe joe
hears ann '* joe has joined'
hangs_up joe
hears ann '* joe has left'
ends joe
check 'bob has left once' "$(heard_times ann '* bob has left')" 1
check 'slow was dropped, and has not left' "$(heard_times ann '* slow has left')" 0
hangs_up ann
ends ann

finish_checks
