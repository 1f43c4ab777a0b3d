#!/usr/bin/env bash
# Measures the processor time of a message in smtp_server and in Postfix' smtp-sink, with Postfix' smtp-source as the client.
#
#   bash tests/clients/smtp_load.sh
#
# smtp-sink drops each message, and so does smtp_server with `--discard`. A third row is smtp_server with a Maildir, which
# synchronizes each message. A row is the median of ROUNDS runs. Each round runs all servers in turn, so that other load on
# the machine affects them alike. CPU time is the user and system time of the server process, from /proc. Other processes do
# not add to it, but they do lower the messages per second.
#
# Environment: MESSAGES (per run with messages of 4 KB), ROUNDS; PACKAGE, EXAMPLE and FEATURES select another smtp_server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

messages=${MESSAGES:-20000}
rounds=${ROUNDS:-5}
example=smtp_server
source tests/clients/common.sh
PATH+=:/usr/sbin # of Postfix
declare -A pid port
nanoseconds_in_tick=$((1000000000 / $(getconf CLK_TCK)))
command -v smtp-source smtp-sink >/dev/null || fail 'smtp-source and smtp-sink are needed: the package postfix'

# Starts smtp-sink. It cannot choose a free port and report it, so this tries random ports.
start_sink() {
    local as_user=()
    [[ $(id -u) != 0 ]] || as_user=(-u nobody)
    for _ in {1..20}; do
        port[sink]=$((20000 + RANDOM % 20000))
        smtp-sink "${as_user[@]}" "127.0.0.1:${port[sink]}" 1000 2>>"$work/sink" &
        pid[sink]=$!
        for _ in {1..50}; do
            if (exec 3<>"/dev/tcp/127.0.0.1/${port[sink]}") 2>/dev/null; then return 0; fi
            kill -0 "${pid[sink]}" 2>/dev/null || break
            sleep 0.1
        done
        kill "${pid[sink]}" 2>/dev/null || true
    done
    fail "smtp-sink did not start: $(cat "$work/sink")"
}

ticks() { awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"; }

# run SERVER LOAD: appends "messages per second, CPU nanoseconds per message" to the results.
run() {
    local before after begin end count
    read -r count arguments <<<"${loads[$2]}"
    # Each message in a Maildir is synchronized: a tenth of them takes as long as the others.
    [[ $1 != maildir ]] || count=$((count / 10))
    before=$(ticks "$1") begin=$(date +%s%N)
    # shellcheck disable=SC2086
    smtp-source -m "$count" $arguments "127.0.0.1:${port[$1]}" || fail "smtp-source against $1"
    after=$(ticks "$1") end=$(date +%s%N)
    echo "$((count * 1000000000 / (end - begin))) $(((after - before) * nanoseconds_in_tick / count))" >>"$work/$1.$2"
    if [[ $1 == maildir ]]; then
        [[ $(find "$work/Maildir/new" -type f | wc -l) == "$count" ]] || fail 'the Maildir does not have each message'
        find "$work/Maildir/new" -type f -delete
    fi
}

# median FILE COLUMN: prints the median of a column.
median() { cut -d ' ' -f "$2" "$1" | sort -n | awk '{ row[NR] = $1 } END { print row[int((NR + 1) / 2)] }'; }

server=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
start discard "$server" 127.0.0.1:0 --discard
pid[discard]=$started port[discard]=${address##*:}
start maildir "$server" 127.0.0.1:0 "$work/Maildir"
pid[maildir]=$started port[maildir]=${address##*:}
start_sink

declare -A loads=(
    [short]="$messages -d -s 10 -l 4000"
    [connect]="$((messages / 2)) -s 10 -l 4000"
    [long]="$((messages / 5)) -d -s 10 -l 100000"
)
declare -A names=(
    [short]='4 KB, connections reused' [connect]='4 KB, a connection each' [long]='100 KB, connections reused'
)
for ((round = 0; round < rounds; round++)); do
    for load in short connect long; do
        for name in discard sink maildir; do run "$name" "$load"; done
    done
done

echo "10 sessions; medians of $rounds runs"
echo
printf '| %-26s | %-31s | %10s | %18s | %14s |\n' message server messages/s 'CPU ns per message' 'CPU / smtp-sink'
printf '|---|---|--:|--:|--:|\n'
for load in short connect long; do
    sink=$(median "$work/sink.$load" 2)
    for name in discard sink maildir; do
        case $name in
        discard) shown="$example --discard" ;;
        sink) shown=smtp-sink ;;
        maildir) shown="$example, Maildir" ;;
        esac
        cost=$(median "$work/$name.$load" 2)
        printf '| %-26s | %-31s | %10d | %18d | %14s |\n' "${names[$load]}" "$shown" "$(median "$work/$name.$load" 1)" \
            "$cost" "$(awk -v cost="$cost" -v sink="$sink" 'BEGIN { printf "%.2f", cost / sink }')"
    done
done
