# What scripts that start our servers share; to be sourced by them, from the top of the workspace, with $example set to what
# they are about. Makes $work, a directory of theirs, which is removed at the end with every process they have started.
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

fail() {
    echo "error: $1" >&2
    exit 1
}

# build PACKAGE EXAMPLE ARGUMENTS...: says the path of the binary. It is run itself and not by `cargo run`, so that the
# process that is started, measured and stopped is the server.
build() {
    cargo build --release --package "$1" --example "$2" "${@:3}" --message-format json-render-diagnostics |
        python3 tests/clients/raw_http.py executable "$2"
}

# start NAME BINARY: an example of ours, on a port that it chooses. $address is what it listens on, $started its process.
start() {
    : >"$work/$1" # the shell below makes it only when it gets its turn
    "$2" 127.0.0.1:0 >>"$work/$1" &
    started=$!
    for _ in {1..100}; do
        address=$(sed -n 's/^listening on //p' "$work/$1")
        [[ -z $address ]] || return 0
        if ! kill -0 "$started" 2>/dev/null; then break; fi
        sleep 0.1
    done
    fail "$1 does not say \`listening on ADDR\`"
}

# The same of what the script is about.
start_server() {
    local binary
    binary=$(build "$package" "$example" ${FEATURES:+--features "$FEATURES"})
    start "$example" "$binary"
}

# A real one, to compare with: $redis is its process. It cannot say which port it has chosen, so one is tried after the
# other: $redis_port.
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
    fail 'redis-server does not start'
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
