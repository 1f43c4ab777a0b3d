# Functions for scripts that start the example servers. A script sources this file from the top of the workspace, with
# $example set to the name of its server. It creates the directory $work. At the exit of the script it removes $work and
# stops every process that the script has started.
#
# shellcheck shell=bash
package=${PACKAGE:-asynchat-tokio}
example=${EXAMPLE:-$example}
timeout=30 # seconds, far more than any step needs
work=$(mktemp -d)
failures=0
# shellcheck disable=SC2034 # for a script that prints it
checks=0

finish() {
    local process
    for process in $(jobs -p); do # still running
        kill -CONT "$process" 2>/dev/null || true
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "error: $1" >&2
    exit 1
}

# skip WHAT: says that a check cannot be made on this machine. Fails in CI.
skip() {
    [[ ${CI:-} != true ]] || fail "$1"
    echo "skipped: $1"
}

# wait_until COMMAND...: waits until the command succeeds. Fails after the timeout.
wait_until() {
    local end=$((SECONDS + timeout))
    until "$@" 2>/dev/null; do
        ((SECONDS < end)) || return 1
        sleep 0.02
    done
}
is_gone() { ! kill -0 "$1"; } # PROCESS

# build PACKAGE EXAMPLE ARGUMENTS...: prints the path of the binary. The scripts run the binary and not `cargo run`, so
# that the process that they measure and stop is the server.
build() {
    cargo build --release --package "$1" --example "$2" "${@:3}" --message-format json-render-diagnostics |
        python3 tests/clients/raw_http.py executable "$2"
}

# start NAME BINARY [ADDRESS ARGUMENTS...]: starts an example, on a free port by default. Sets $address to its address and
# $started to its process.
start() {
    : >"$work/$1" # the background shell may create it too late for `sed`
    "$2" "${3:-127.0.0.1:0}" "${@:4}" >>"$work/$1" &
    started=$!
    for _ in {1..100}; do
        address=$(sed -n 's/^listening on //p' "$work/$1")
        [[ -z $address ]] || return 0
        if ! kill -0 "$started" 2>/dev/null; then break; fi
        sleep 0.1
    done
    fail "$1 did not print \`listening on ADDR\`"
}

# Builds and starts the server of this script.
start_server() {
    local binary
    binary=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
    start "$example" "$binary"
}

# Starts redis-server for comparison. Sets $redis to its process and $redis_port to its port. It cannot choose a free port
# and report it, so this tries random ports.
start_redis() {
    for _ in {1..20}; do
        redis_port=$((20000 + RANDOM % 20000))
        : >"$work/redis" # as above
        redis-server --port "$redis_port" --save '' --appendonly no --dir "$work" >"$work/redis" &
        redis=$!
        for _ in {1..50}; do
            if grep --quiet 'Ready to accept' "$work/redis"; then return 0; fi
            kill -0 "$redis" 2>/dev/null || break
            sleep 0.1
        done
        kill "$redis" 2>/dev/null || true
    done
    fail 'redis-server did not start'
}

passed() {
    echo "ok      $1"
    checks=$((checks + 1))
}
failed() {
    echo "FAILED  $1"
    checks=$((checks + 1))
    failures=$((failures + 1))
}

# check WHAT GOT EXPECTED: compares; EXPECTED is a pattern.
check() {
    # shellcheck disable=SC2053
    if [[ $2 == $3 ]]; then passed "$1"; else failed "$1: got \`$2\`, expected \`$3\`"; fi
}

# ends_with STATUS PROCESS CLAIM: waits until the process has ended, and checks its exit status. Kills it after the timeout.
ends_with() {
    local status=0
    # `wait` has no timeout.
    wait_until is_gone "$2" || kill -KILL "$2"
    wait "$2" || status=$?
    check "$3" "$status" "$1"
}

# report COMMAND...: runs a client that prints `ok WHAT` or `FAILED WHAT` for each check.
report() {
    local line count=$checks
    said timeout 120 "$@" >"$work/report"
    while IFS= read -r line; do
        case $line in
        'ok '*) passed "${line#ok }" ;;
        'FAILED '*) failed "${line#FAILED }" ;;
        'exit status '*) failed "$*: $line" ;;
        *) echo "        $line" ;;
        esac
    done <"$work/report"
    ((checks > count)) || failed "$*: no check"
}

# unavailable WHAT: reports a missing client: an error in CI, skipped checks elsewhere.
unavailable() {
    [[ ${CI:-} != true ]] || fail "$1 cannot be had"
    echo "skipped: $1 cannot be had"
}

# Prints the output of a command, and its exit status if it fails: a failed client is a failed check and does not end the
# script.
said() { "$@" 2>&1 || echo "exit status $?"; }

# Ends the script, with status 1 if a check has failed.
finish_checks() {
    ((failures > 0)) || return 0
    echo "$failures checks failed"
    exit 1
}
