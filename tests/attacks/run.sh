#!/usr/bin/env bash
# Attacks the example servers of every adapter on 127.0.0.1, with a good client beside each attack, and prints a table.
#
#   bash tests/attacks/run.sh                  the full form: about 14 minutes, with the default clocks of the servers
#   bash tests/attacks/run.sh --short          at most 2 minutes, with short clocks; fails if a bound is broken
#   bash tests/attacks/run.sh --markdown       prints the rows of the table in SECURITY.md
#   bash tests/attacks/run.sh --fill after     writes them into that column of SECURITY.md
#   bash tests/attacks/run.sh --adapter tokio --attack 10    one adapter, one attack; both can be repeated
#
# It needs Linux (/proc), python3, curl and redis-server. The peers are in Python: they need raw sockets and no framing,
# so they share no code with what they attack, and a new attack needs no compiler. The standard library is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

example= # there are several
source tests/clients/common.sh

servers=()
# add ADAPTER PACKAGE EXAMPLE ARGUMENTS...: builds an example. Copies it, because two packages have examples of the same
# name, and cargo keeps only the last one built.
add() {
    local binary
    binary=$(build "${@:2}")
    mkdir -p "$work/$1"
    cp "$binary" "$work/$1/"
    servers+=("$1=$work/$1/$3")
}
for protocol in http redis chat; do
    add tokio asynchat-tokio "${protocol}_server"
    add blocking asynchat-blocking "${protocol}_server"
    # One set of features for both, so that nothing is compiled twice.
    add smol asynchat-async-std "smol_${protocol}_server" --features smol,async-std
    add async-std asynchat-async-std "async_std_${protocol}_server" --features smol,async-std
done
add tokio asynchat-tokio smtp_server
add blocking asynchat-blocking blocking_smtp_server
add smol asynchat-async-std smol_smtp_server --features smol,async-std
add async-std asynchat-async-std async_std_smtp_server --features smol,async-std
add target asynchat-tests attack_target

ulimit -n "$(ulimit -H -n)"
PYTHONDONTWRITEBYTECODE=1 python3 tests/attacks/main.py "$@" -- "${servers[@]}"
