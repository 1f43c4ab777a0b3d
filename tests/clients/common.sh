# What the scripts beside it share; to be sourced by them, from the top of the workspace, with $example set to what they
# are about. Makes $work, a directory of theirs, which is removed at the end with every process they have started.
#
# shellcheck shell=bash
package=${PACKAGE:-asynchat-tokio}
example=${EXAMPLE:-$example}
work=$(mktemp -d)
failures=0

finish() {
    local process
    for process in $(jobs -p); do # those that have not ended
        kill -CONT "$process" 2>/dev/null || true
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Builds and starts the server: $address is what it listens on, $started its process.
start_server() {
    local binary
    # The binary itself and not `cargo run`, so that the process that is started, measured and stopped is the server.
    binary=$(cargo build --release --package "$package" --example "$example" ${FEATURES:+--features "$FEATURES"} \
        --message-format json-render-diagnostics | python3 tests/clients/raw_http.py executable "$example")
    : >"$work/stdout" # the shell below makes it only when it gets its turn
    "$binary" 127.0.0.1:0 >>"$work/stdout" &
    started=$!
    for _ in {1..100}; do
        address=$(sed -n 's/^listening on //p' "$work/stdout")
        [[ -z $address ]] || return 0
        if ! kill -0 "$started" 2>/dev/null; then break; fi
        sleep 0.1
    done
    echo "error: $example does not say \`listening on ADDR\`" >&2
    exit 1
}

passed() { echo "ok      $1"; }
failed() {
    echo "FAILED  $1"
    failures=$((failures + 1))
}

# check WHAT GOT EXPECTED; EXPECTED is a pattern.
check() {
    # shellcheck disable=SC2053
    if [[ $2 == $3 ]]; then passed "$1"; else failed "$1: got \`$2\`, expected \`$3\`"; fi
}

# What a command says, or its failure: a failed client is a failed check, not the end of the script.
said() { "$@" 2>&1 || echo "exit status $?"; }

# The end of the script: fails, if a check has.
finish_checks() {
    ((failures > 0)) || return 0
    echo "$failures checks failed"
    exit 1
}
