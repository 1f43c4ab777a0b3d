#!/usr/bin/env bash
# Tests the examples that a user copies, each with a real counterpart: nc, openssl, curl, socat, redis-cli, redis-server,
# memcached, aiosmtpd (a module of python3) and a shell.
#
#   bash tests/clients/examples.sh [tokio|smol|blocking] [EXAMPLE...]    without an example: all that the adapter has
#
# The examples of an adapter have the same names, behind a prefix, and the same behaviour. `relay` is for tokio alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runtime=${1:-tokio}
case $runtime in
tokio) PACKAGE=asynchat-tokio features=futures,tracing prefix='' ;;
smol) PACKAGE=asynchat-async-std features=smol,tracing prefix=smol_ ;;
blocking) PACKAGE=asynchat-blocking features=tracing prefix=blocking_ ;;
*) echo "error: no runtime $runtime" >&2 && exit 2 ;;
esac
unset EXAMPLE
example=none # each test names its own
source tests/clients/common.sh

has_line() { tr -d '\r' <"$1" | grep --quiet --line-regexp --fixed-strings -- "$2"; } # FILE LINE

# serve [ADDRESS ARGUMENTS...]: starts the example. Its error output goes to $work/log.
serve() { start "$name" "$binary" "$@" 2>"$work/log"; }
stop() { # PROCESS
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# start_upstream COMMAND: starts a server that runs a command for each connection. Sets $upstream to its address and
# $upstream_process to its process.
start_upstream() {
    : >"$work/socat"
    socat -d -d TCP-LISTEN:0,bind=127.0.0.1,fork "EXEC:$1" 2>>"$work/socat" &
    upstream_process=$!
    wait_until grep --quiet 'listening on' "$work/socat" || fail 'socat does not listen'
    upstream=$(sed -n 's/.*listening on AF=2 //p' "$work/socat")
}

# talk: sends standard input, ends the output, and prints what comes until the server closes.
talk() { said timeout "$timeout" nc -N "${address%:*}" "${address##*:}"; }

# converse LINE COMMAND...: gives standard input to a client, and keeps that open until the client prints a line. Prints
# all that the client has printed, without CR.
converse() {
    : >"$work/received"
    { cat && wait_until has_line "$work/received" "$1"; } | timeout $((2 * timeout)) "${@:2}" >>"$work/received" 2>/dev/null ||
        true
    tr -d '\r' <"$work/received"
}

# Opens a connection to the example. Sets $connection to its descriptor.
connect() { exec {connection}<>"/dev/tcp/${address%:*}/${address##*:}"; }
# Prints what comes until the server closes, and closes.
rest() { timeout "$timeout" cat <&"$connection" || echo 'the server does not close'; }
disconnect() { exec {connection}>&-; }

# resident_kib PROCESS: prints its resident memory in KiB.
resident_kib() { ps -o rss= -p "$1" | tr -d ' '; }

# is_held_back CLAIM: connects, reads nothing of what a fast upstream sends, and checks that the memory of the example stays
# bounded. Then it reads, and checks that the stream goes on.
is_held_back() {
    local growth_kib=$((32 * 1024)) # without backpressure two seconds bring hundreds of megabytes
    local before after
    before=$(resident_kib "$started")
    connect
    sleep 2
    after=$(resident_kib "$started")
    check "$1" "$((after - before < growth_kib))" 1
    check 'the stream goes on' "$(head -c 20000000 <&"$connection" | tail -n +2 | head -n -1 | sort -u)" y
    disconnect
}

test_echo() {
    serve
    check 'lines come back' "$(printf 'one\ntwo\n' | talk)" $'one\ntwo'
    check 'a line without an end comes back' "$(printf 'one\ncut' | talk)" $'one\ncut'
    seq 1000000 >"$work/numbers"
    check 'a million lines come back' "$(talk <"$work/numbers" | cmp - "$work/numbers" 2>&1)" ''
    stop "$started"
    if grep --quiet 'unix:' "$file"; then
        serve "unix:$work/echo.socket"
        check 'lines come back on a Unix socket' \
            "$(printf 'one\ntwo\n' | said timeout "$timeout" socat -t "$timeout" - "UNIX-CONNECT:$work/echo.socket")" $'one\ntwo'
        stop "$started"
    else
        echo "skipped: $name has no Unix socket"
    fi
}

test_line_client() {
    start_upstream cat
    check 'the answers are printed' "$(printf 'one\ntwo\n' | said timeout "$timeout" "$binary" "$upstream")" $'one\ntwo'
    seq 100000 >"$work/numbers"
    check 'a hundred thousand answers are printed' \
        "$(said timeout "$timeout" "$binary" "$upstream" <"$work/numbers" | cmp - "$work/numbers" 2>&1)" ''
    stop "$upstream_process"
}

test_tls_server() {
    serve
    check 'lines come back over TLS' \
        "$(printf 'one\ntwo\n' | converse two openssl s_client -quiet -no_ign_eof -connect "$address")" $'one\ntwo'
    check 'plaintext is refused' "$(printf 'one\ntwo\n' | talk | grep --text --count one || true)" 0
    check 'the server goes on' \
        "$(echo three | converse three openssl s_client -quiet -no_ign_eof -connect "$address")" three
    stop "$started"
}

test_starttls_server() {
    local answer
    serve
    answer=$(printf 'EHLO me\r\nNOOP\r\nQUIT\r\n' |
        converse '221 bye' openssl s_client -starttls smtp -quiet -connect "$address")
    check 'openssl is served over TLS' "$answer" $'*250 localhost\n250 OK\n221 bye'
    answer=$(said curl --silent --show-error --verbose --insecure --ssl-reqd --max-time "$timeout" --request NOOP "smtp://$address")
    check 'curl is served over TLS' "$answer" '*STARTTLS*SSL connection*250 OK*'
    answer=$(printf 'EHLO me\r\nNOOP\r\nSTARTTLS\r\nNOOP\r\nQUIT\r\n' | talk | tr -d '\r')
    check 'plaintext behind STARTTLS is refused' "$answer" $'*\n250 OK\n220 ready to start TLS'
    # It logs behind the close that the client has seen.
    wait_until grep --quiet unread "$work/log" || true
    check 'the server blames the client' "$(cat "$work/log")" '*the peer violated the protocol*12 bytes of input are unread*'
    stop "$started"
}

# Both stores speak the same protocol.
test_store() {
    serve
    check 'a value is stored' "$(echo 'SET a 1' | talk)" stored
    check 'it is there for the next client' "$(printf 'GET a\nGET b\n' | talk)" $'1\nnone'
    check 'requests take effect in their order' "$(printf 'SET c 1\nGET c\nSET c 2\nGET c\n' | talk)" $'stored\n1\nstored\n2'
    for number in {1..200}; do echo "SET key$number value$number"; done | talk >/dev/null
    for number in {1..200}; do echo "value$number"; done >"$work/values"
    check 'answers come in the order of the requests' \
        "$(for number in {1..200}; do echo "GET key$number"; done | talk | cmp - "$work/values" 2>&1)" ''
    stop "$started"
}
test_async_store() { test_store; }
test_async_store_connection() { test_store; }

test_proxy() {
    start_upstream cat
    serve 127.0.0.1:0 "$upstream"
    check 'lines go to and fro' "$(printf 'one\ntwo\n' | talk)" $'one\ntwo'
    seq 1000000 >"$work/numbers"
    check 'a million lines go to and fro' "$(talk <"$work/numbers" | cmp - "$work/numbers" 2>&1)" ''
    stop "$started"
    stop "$upstream_process"
    start_upstream yes
    serve 127.0.0.1:0 "$upstream"
    is_held_back 'a fast server is held back by a slow client'
    stop "$started"
    stop "$upstream_process"
}

test_relay() {
    start_upstream yes
    serve 127.0.0.1:0 "$upstream"
    is_held_back 'a fast server is held back by a slow client'
    stop "$started"
    stop "$upstream_process"
}

test_redis_client() {
    local client replies
    start_redis
    replies=$(printf '%s\n' 'SET a 1' '' 'INCR a' 'GET a' 'GET none' 'RPUSH list x y' 'LRANGE list 0 -1' NOSUCH 'EXISTS a' |
        said "$binary" "127.0.0.1:$redis_port")
    check 'each kind of reply is printed' "$replies" $'OK\n2\n2\n(nil)\n2\nx y\n(error) ERR unknown command*\n1'
    printf '%s\n' MULTI 'LRANGE list 0 -1' 'GET none' 'GET a' EXEC >"$work/commands"
    check 'arrays nest' "$(said "$binary" "127.0.0.1:$redis_port" <"$work/commands")" $'OK\nQUEUED\nQUEUED\nQUEUED\nx y (nil) 2'
    seq 100000 >"$work/numbers"
    check 'a pipeline of 100000 commands is in order' \
        "$(sed 's/^/ECHO /' "$work/numbers" | said "$binary" "127.0.0.1:$redis_port" | cmp - "$work/numbers" 2>&1)" ''
    # An echo of a command is a reply too. This server stops reading while nobody reads it, which redis-server does not.
    start_upstream cat
    head -c 60000 /dev/zero | tr '\0' x >"$work/word"
    check 'a pipeline of 60 MB each way does not block' \
        "$(yes "ECHO $(<"$work/word")" | head -n 1000 | said timeout $((2 * timeout)) "$binary" "$upstream" | wc -c | tr -d ' ')" \
        $((1000 * 60006))
    stop "$upstream_process"
    # redis-server has one place, and says so in the one reply to any other client.
    address=127.0.0.1:$redis_port
    set_places() { [[ $(redis-cli -p "$redis_port" CONFIG SET maxclients "$1") == OK ]]; }
    takes_the_place() {
        local line
        connect && printf 'PING\r\n' >&"$connection"
        if IFS= read -r -t "$timeout" line <&"$connection" && [[ $line == +PONG* ]]; then return 0; fi
        disconnect && return 1
    }
    set_places 1 && wait_until takes_the_place || failed 'redis-server has no place'
    check 'a server that refuses the client says why' \
        "$(sed 's/^/ECHO /' "$work/numbers" | said "$binary" "$address")" '*max number of clients*exit status 1'
    disconnect
    wait_until set_places 1000 || true

    : >"$work/client"
    "$binary" "127.0.0.1:$redis_port" news weather >>"$work/client" &
    client=$!
    wait_until grep --quiet 'subscribe weather' "$work/client" || true
    check 'it subscribes' "$(head -n 2 "$work/client")" $'subscribe news 1\nsubscribe weather 2'
    check 'redis-server has a subscriber' "$(said redis-cli -p "$redis_port" PUBLISH news hello)" 1
    # The length and not the line end says where a message ends.
    printf 'rain\r\nsun' | said redis-cli -p "$redis_port" -x PUBLISH weather >/dev/null
    wait_until has_line "$work/client" sun || true
    check 'it prints what is published' "$(tail -n +3 "$work/client" | tr -d '\r')" $'message news hello\nmessage weather rain\nsun'
    redis-cli -p "$redis_port" SHUTDOWN NOSAVE || true
    ends_with 1 "$client" 'it ends with the connection, by an error'
}

# Starts memcached on a free port. Sets $memcached to its process and $memcached_address to its address.
start_memcached() {
    local port
    MEMCACHED_PORT_FILENAME=$work/memcached memcached -u "$(id -un)" -l 127.0.0.1 -p -1 -U 0 &
    memcached=$!
    wait_until grep --quiet 'TCP INET: ' "$work/memcached" || fail 'memcached does not listen'
    port=$(sed -n 's/^TCP INET: //p' "$work/memcached")
    memcached_address=127.0.0.1:$port
}

test_memcached_client() {
    local large
    start_memcached
    client() { said timeout "$timeout" "$binary" "$memcached_address" "$@"; }
    check 'values are stored, and got at once' "$(client a=1 b=two=2 empty= a missing b)" $'a=1\nb=two=2'
    check 'a value may have line ends in it' "$(client lines=$'one\r\nEND\r\n\r\ntwo' lines a)" $'lines=one\r\nEND\r\n\r\ntwo\na=1'
    check 'an empty value is a value' "$(client empty)" 'empty='
    for number in {1..2000}; do echo "key$number=value$number"; done >"$work/values"
    # shellcheck disable=SC2046
    check '2000 values are stored in a pipeline' "$(client $(<"$work/values"))" ''
    # shellcheck disable=SC2046
    check '2000 values are got in one request' \
        "$(client $(sed 's/=.*//' "$work/values") | cmp - "$work/values" 2>&1)" ''
    large=$(head -c 100000 /dev/zero | tr '\0' x)
    check 'a value of 100 KB is stored' "$(client "large=$large" large)" "large=$large"
    check 'a key with a space is refused' "$(client 'two words=1')" '*no key of memcached: *two words*exit status 1'
    check 'a key that is too long is refused' "$(client "${large:0:251}=1")" '*no key of memcached*exit status 1'
    kill -STOP "$memcached"
    check 'a server that hangs is given up' "$(client a)" '*@(Elapsed|TimedOut)*exit status 1'
    kill -CONT "$memcached"
    stop "$memcached"
    check 'a server that is gone is an error' "$(client a)" '*refused*exit status 1'
}

# Sends standard input as a mail.
mail() { said timeout "$timeout" "$binary" "$@"; } # ADDRESS FROM TO CERTIFICATES

test_send_mail() {
    local server
    # A line with a dot alone, lines that begin with a dot, line ends of each kind, and none at the end.
    printf 'Subject: dots\r\n\n.\r.dot\n..\r\n\n\303\274\nend' >"$work/mail"
    printf 'Subject: dots\r\n\r\n.\r\n.dot\r\n..\r\n\r\n\303\274\r\nend\r\n' >"$work/expected"
    for name in trusted other; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$work/$name.key" \
            -out "$work/$name.pem" -config tests/clients/certificate.cnf 2>/dev/null
    done

    if python3 -c 'import aiosmtpd' 2>/dev/null; then
        start aiosmtpd python3 tests/clients/mail_server.py aiosmtpd "$work/trusted.pem" "$work/trusted.key" "$work/stored" 2>"$work/log"
        check 'aiosmtpd takes a mail over TLS' "$(mail "$address" me@localhost you@localhost "$work/trusted.pem" <"$work/mail")" \
            'accepted: stored as 1'
        check 'the mail is whole' "$(cmp "$work/stored" "$work/expected" 2>&1)" ''
        rm "$work/stored"
        head -c 3000000 /dev/urandom | base64 >"$work/attachment"
        mail "$address" me@localhost you@localhost "$work/trusted.pem" <"$work/attachment" >/dev/null
        check 'a mail of 4 MB is whole' "$(tr -d '\r' <"$work/stored" | cmp - "$work/attachment" 2>&1)" ''
        rm "$work/stored"
        check 'a certificate that is not trusted is refused' \
            "$(mail "$address" me@localhost you@localhost "$work/other.pem" <"$work/mail")" '*InvalidCertificate*exit status 1'
        check 'a recipient that is refused is an error' \
            "$(mail "$address" me@localhost nobody@localhost "$work/trusted.pem" <"$work/mail")" '*refused: 550*exit status 1'
        check 'an address with a command in it is refused' \
            "$(mail "$address" me@localhost $'you@localhost\r\nDATA' "$work/trusted.pem" <"$work/mail")" '*no address*exit status 1'
        check 'an address with a parameter in it is refused' \
            "$(mail "$address" 'me@localhost> SIZE=1' you@localhost "$work/trusted.pem" <"$work/mail")" '*no address*exit status 1'
        check 'no mail came through' "$(cat "$work/stored" 2>&1)" '*No such file*'
        stop "$started"

        start plain python3 tests/clients/mail_server.py plain
        check 'a server without STARTTLS gets no mail' \
            "$(mail "$address" me@localhost you@localhost "$work/trusted.pem" <"$work/mail")" '*does not offer STARTTLS*exit status 1'
        stop "$started"
    else
        unavailable aiosmtpd
    fi
    start injected python3 tests/clients/mail_server.py injected
    check 'plaintext behind STARTTLS is refused' \
        "$(mail "$address" me@localhost you@localhost "$work/trusted.pem" <"$work/mail")" '*unread: 14*exit status 1'
    stop "$started"

    # A TLS stream of rustls that blocks reads no more after a write has failed.
    if [[ $runtime != blocking ]]; then
        start refusing python3 tests/clients/mail_server.py refusing "$work/trusted.pem" "$work/trusted.key"
        check 'a server that refuses a mail and closes says why' \
            "$(yes line | head -c 20000000 | mail "$address" me@localhost you@localhost "$work/trusted.pem")" \
            '*refused: 552 too large*exit status 1'
        stop "$started"
    fi

    # Our own server makes its certificate at the start. The one on blocking sockets has no TLS.
    if [[ $runtime == blocking ]]; then
        server=$(build asynchat-tokio smtp_server)
    else
        server=$(build "$package" "${prefix}smtp_server" --features "$features")
    fi
    start smtp_server "$server" 127.0.0.1:0 "$work/Maildir"
    openssl s_client -starttls smtp -connect "$address" </dev/null 2>/dev/null | openssl x509 >"$work/own.pem"
    check 'smtp_server takes a mail over TLS' \
        "$(mail "localhost:${address##*:}" me@localhost you@localhost "$work/own.pem" <"$work/mail")" 'accepted: *'
    # Below the trace lines of the server.
    check 'smtp_server stores it whole' \
        "$(tail -c "$(wc -c <"$work/expected")" "$work"/Maildir/new/* | cmp - "$work/expected" 2>&1)" ''
    stop "$started"
}

test_expect() {
    expect() { said timeout "$timeout" "$binary" "$@"; }
    check 'it prints the output of commands' "$(expect 20 'echo one; echo two' 'echo $((1 + 2))')" \
        $'one\ntwo\n3\nthe shell has ended: exit status: 0'
    check 'it answers a prompt for a password' \
        "$(PASSWORD=secret expect 20 'printf "Password: "; read -r word; echo "got $word"')" $'got secret\n*'
    check 'a password that was refused is not sent again' \
        "$(PASSWORD=wrong expect 20 'while :; do printf "Password: "; read -r word; done')" '*a wrong one*exit status 1'
    check 'a program that prints its environment prints no prompt' \
        "$(expect 20 'env | grep ^PS1=' 'echo behind it')" $'PS1=*\nbehind it\nthe shell has ended: exit status: 0'
    check 'a line end in a command is refused' "$(expect 20 $'echo one\necho two')" '*a control character*exit status 1'
    check 'a timeout shows what has come' "$(expect 1 'echo begun; sleep 1000')" '*no prompt within 1s; so far: begun*exit status 1'
    check 'output without a prompt comes before the end' "$(expect 20 'printf rest; exit 3' 'echo not run')" \
        'restthe shell has ended: exit status: 3'
    check 'output of 1 MB is whole' "$(expect 20 'seq 150000' | head -n 150000 | cmp - <(seq 150000) 2>&1)" ''
}

test_nmea() {
    local client socat feed
    local first='$GPGLL,4916.45,N,12311.12,W,225444,A*31'
    mkfifo "$work/feed"
    socat -u "OPEN:$work/feed" "PTY,link=$work/gps,raw,echo=0" &
    socat=$!
    exec {feed}>"$work/feed"
    wait_until test -e "$work/gps" || fail 'socat makes no terminal'
    : >"$work/client" && : >"$work/log"
    # Without the feed, whose end is to end socat.
    "$binary" "$work/gps" 9600 {feed}>&- >>"$work/client" 2>>"$work/log" &
    client=$!
    # It does not say when it listens, so this goes on as a receiver does.
    listens() { printf '%s\r\n' "$first" >&"$feed" && grep --quiet GPGLL "$work/client"; }
    wait_until listens || true
    check 'it prints a sentence' "$(head -n 1 "$work/client")" 'GPGLL,4916.45,N,12311.12,W,225444,A'

    # Each kind of line end; a cut sentence, and the next in its line; a wrong checksum; noise of any length; other bytes.
    {
        printf '$GPTXT,crlf*78\r\n$GPTXT,cr*72\r$GPTXT,lf*69\n'
        printf '$GPTXT,cu$GPTXT,next*64\r\n$GPTXT,wrong*FF\r\n$GPTXT,no sum\r\n'
        head -c 100000 /dev/zero | tr '\0' x
        printf '\r\n$GPTXT,behind noise*31\r\n\377\376\0\r\n!AIVDM,lower case*2c\r\n$GPTXT,'
    } >&"$feed"
    # The rest comes when the program has given up the wait.
    wait_until grep --quiet 'so far: $GPTXT,$' "$work/log" || failed 'it does not tell of a cut line'
    printf 'late*7F\r\n' >&"$feed"
    wait_until has_line "$work/client" 'GPTXT,late' || true
    check 'it prints the good sentences of a dirty line' "$(grep --invert-match GPGLL "$work/client")" \
        $'GPTXT,crlf\nGPTXT,cr\nGPTXT,lf\nGPTXT,next\nGPTXT,behind noise\nAIVDM,lower case\nGPTXT,late'
    check 'it tells what it has dropped' "$(sed -n 's/^dropped, \([^:]*\).*/\1/p' "$work/log")" \
        $'wrong checksum\nno checksum\nframe too long*\nno beginning'
    exec {feed}>&-
    wait_until is_gone "$socat" || stop "$socat"
    ends_with 0 "$client" 'it ends with the line'
}

test_timeouts() {
    local answer
    serve 127.0.0.1:0 30 1 60
    connect
    check 'a silent client gets a last word' "$(rest)" 'bye: idle'
    disconnect
    stop "$started"

    # The body takes three seconds, and the ping is due each second.
    serve 127.0.0.1:0 1 300 6
    connect
    printf 'BODY\nmore\n' >&"$connection"
    answer=$(rest)
    disconnect
    check 'no ping lands within the body' "$(sed -n '/^piece 1 of 10$/,/^piece 10 of 10$/p' <<<"$answer" | wc -l)" 10
    check 'pings come behind it' "$(sed '1,/^piece 10 of 10$/d' <<<"$answer" | grep --count ping || true)" '[1-9]*'
    check 'the next line is answered behind it' "$(sed '1,/^piece 10 of 10$/d' <<<"$answer" | grep --count '^ok$' || true)" 1
    check 'an old connection gets a last word' "$answer" $'*\nbye: the time of this connection is over'
    stop "$started"
}

test_graceful_shutdown() {
    local signal line
    for signal in TERM INT; do
        serve 127.0.0.1:0 20
        connect
        printf 'hello\nWAIT 1\n' >&"$connection"
        IFS= read -r -t "$timeout" line <&"$connection" || line='no answer'
        check 'the connection is served' "$line" ok
        kill -"$signal" "$started"
        check "SIG$signal: the answer that is due and a last word" "$(rest)" $'waited for 1 s\nbye: the server shuts down'
        disconnect
        ends_with 0 "$started" "SIG$signal: the exit status"
        check "SIG$signal: the log" "$(cat "$work/log")" '*connection{*peer=127.0.0.1:*closed*received=13*'
    done
}

# Its unit tests are run by `cargo test`.
test_handler_test() {
    serve
    check 'it adds' "$(printf 'ADD 2 3\r\n' | talk | tr -d '\r')" 5
    stop "$started"
}

names=("${@:2}")
if ((${#names[@]} == 0)); then
    names=(echo line_client redis_client memcached_client send_mail expect nmea tls_server starttls_server async_store
        async_store_connection proxy timeouts graceful_shutdown handler_test)
    [[ $runtime != tokio ]] || names+=(relay)
fi
# All at once, so that they are compiled in parallel.
cargo build --release --package "$package" --features "$features" "${names[@]/#/--example=$prefix}"

for name in "${names[@]}"; do
    echo "$prefix$name on $package"
    file=adapter-${package#asynchat-}/examples/$prefix$name.rs
    binary=$(build "$package" "$prefix$name" --features "$features")
    "test_$name"
done
echo "$checks checks of ${#names[@]} examples"
finish_checks
