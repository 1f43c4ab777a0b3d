#!/usr/bin/env bash
# Measures all there is and writes it down: bash core/benches/results.sh
#
# Writes results.md, lines.svg and surface.svg beside itself, in four minutes or so. Needs python3 and valgrind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version() { sed -n "/^name = \"$1\"$/{n;s/^version = \"\(.*\)\"$/\1/p}" Cargo.lock | tail -1; } # PACKAGE

ratios=$(cargo bench --quiet --package asynchat-core --bench ratios)
measurements=$(grep '/ratios-measurements\.tsv$' <<<"$ratios")
python3 core/benches/plot.py lines "$measurements"
surface=$(cargo bench --quiet --package asynchat-tokio --features futures --bench surface)
python3 core/benches/plot.py surface "$(grep '/surface-measurements\.tsv$' <<<"$surface")"
instructions=$(bash core/benches/instructions.sh)

{
    echo '# Results'
    echo
    echo "Written by \`bash core/benches/results.sh\` on $(date --utc +%F) at commit $(git rev-parse --short HEAD)."
    echo
    printf -- '- processor: %s\n' "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1)"
    printf -- '- compiler: %s, `bench` profile, no flags for the processor\n' "$(rustc --version)"
    printf -- '- peers:'
    separator=
    for package in memchr bstr aho-corasick tokio-util asynchronous-codec; do
        printf '%s %s %s' "$separator" "$package" "$(version "$package")"
        separator=,
    done
    printf '; std is the compiler'"'"'s\n'
    echo
    echo '## The surface'
    echo
    echo 'The ratio says how many times as fast as the peer ours is. Lines of random length are read from memory on tokio:'
    echo '`cargo bench -p asynchat-tokio --features futures --bench surface`.'
    echo
    echo '![ns per line over the average length of the line](surface.svg)'
    echo
    echo '```text'
    sed -n '/^workload /,/^$/{/^$/!p}' <<<"$surface"
    echo
    sed -n '/^the worst of each/,/^$/{/^$/!p}' <<<"$surface"
    echo '```'
    echo
    echo '## Ratios of the framer'
    echo
    echo 'The ratio says how many times as fast as the peer ours is. The page [beside](README.md) says what the names mean.'
    echo
    echo '![ns per line over the length of the line](lines.svg)'
    echo
    echo '```text'
    sed -n '/^the worst of each/,/^$/{/^$/!p}' <<<"$ratios"
    echo '```'
    echo
    echo '<details><summary>All of them, in ns for each unit</summary>'
    echo
    echo '```text'
    sed -n '/^workload /,/^$/{/^$/!p}' <<<"$ratios"
    echo '```'
    echo
    echo '</details>'
    echo
    echo '## Instructions'
    echo
    echo 'For each unit, and for each byte of the stream, under callgrind.'
    echo "$instructions"
} >core/benches/results.md
echo core/benches/results.md
