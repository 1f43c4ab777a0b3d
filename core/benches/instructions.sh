#!/usr/bin/env bash
# Counts instructions under callgrind, where time is too noisy to tell: bash core/benches/instructions.sh
#
# Prints a table in Markdown. What a pass costs is the difference between three passes and one, so that what happens
# before and after it does not count. Needs valgrind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v valgrind >/dev/null || { echo 'error: valgrind is not there' >&2; exit 1; }

# The path of the benchmark's executable, from what cargo says of it.
ratios=$(cargo bench --package asynchat-core --bench ratios --no-run 2>&1 | sed -n 's/.*Executable .*(\(.*\))$/\1/p')
[[ -n $ratios ]] || { echo 'error: the benchmark does not build' >&2; exit 1; }

instructions() { # PASSES WORKLOAD
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$ratios" --passes "$1" "$2" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# Instructions for each unit, and for each byte of the stream.
cost() { # WORKLOAD
    local once thrice units size
    read -r units size < <("$ratios" --passes 1 "$1")
    once=$(instructions 1 "$1")
    thrice=$(instructions 3 "$1")
    awk -v pass="$(((thrice - once) / 2))" -v units="$units" -v size="$size" \
        'BEGIN { printf " %.1f | %.2f |", pass / units, pass / size }'
}

table() { # HEADING CASES RUNNERS
    local heading=$1 case runner
    local -a cases runners
    IFS=, read -ra cases <<<"$2"
    IFS=, read -ra runners <<<"$3"
    printf '\n| %s |' "$heading"
    printf ' %s | a byte |' "${runners[@]}"
    printf '\n|---|'
    printf -- '--:|--:|%.0s' "${runners[@]}"
    echo
    for case in "${cases[@]}"; do
        printf '| %s |' "${case#*/}"
        for runner in "${runners[@]}"; do cost "$case/$runner"; done
        echo
    done
}

lines=
for length in 8 32 64 128 256 1024 16384; do lines+=,lines/${length}B-by-64KiB; done
table 'lines, in inputs of 64 KiB' "${lines#,}" 'next_event,next_frame,memmem::find_iter,memchr_iter'
table 'lines, in inputs of 4 KiB' lines/32B-by-4KiB,lines/1024B-by-4KiB 'next_event,next_frame,memmem::find_iter,memchr_iter'
table 'parts before a delimiter of 40 bytes' long_delimiter/100B-of-text,long_delimiter/1000B-of-text 'next_event,memmem::find_iter'
table 'CRLF or LF' crlf_or_lf/8B,crlf_or_lf/64B 'next_event,next_frame,aho-corasick,memchr_iter'
table 'requests' resp/redis-benchmark,resp/PING,resp/SET-of-1000B 'next_event,next_frame,by hand,by hand by digit'
table 'inputs of one byte' one_byte_inputs/matches,one_byte_inputs/false-starts,one_byte_inputs/its-own 'delimiter of 8192,delimiter of 8'
table 'a whole Chat, in inputs of 64 KiB' chat/8B,chat/64B,chat/1024B,chat/count-of-64B,chat/crlf-or-lf-64B,chat/redis-benchmark 'handle_input,next_event'
