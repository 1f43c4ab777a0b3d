//! Random bytes, and conversations of random parts, against the oracle.

use asynchat_tests::harness::random::Random;
use asynchat_tests::protocols::smtp::fuzzing::{reply_codes, smtp};

const WORDS: [&[u8]; 34] = [
    b"\r\n",
    b"\r\n",
    b"\r\n.\r\n",
    b"\r\n.\r\n",
    b"\r\n..",
    b".",
    b"\r",
    b"\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\n.\n",
    b"\r.\r",
    b"EHLO a\r\n",
    b"HELO a\r\n",
    b"MAIL FROM:<>\r\n",
    b"MAIL FROM:<a@b> SIZE=101\r\n",
    b"MAIL FROM:<a@b> BODY=8BITMIME\r\n",
    b"RCPT TO:<a@b>\r\n",
    b"RCPT TO:<postmaster>\r\n",
    b"RCPT TO:<@a:\"b>\"@c>\r\n",
    b"DATA\r\n",
    b"DATA\r\n",
    b"DATA\r\n.\r\n",
    b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"VRFY a\r\n",
    b"HELP\r\n",
    b"QUIT\r\n",
    b"GET / HTTP/1.1\r\n",
    b"post ",
    b"\0",
    b"a line of text, which is long enough for three of them to be too large",
    &[b'x'; 600],
];

// F1, F13
#[test]
fn any_bytes_get_the_replies_of_the_oracle() {
    for seed in 0..3000 {
        let mut random = Random::new(seed);
        let length = random.up_to(30);
        let stream: Vec<u8> = (0..length).flat_map(|_| WORDS[random.up_to(WORDS.len() - 1)]).copied().collect();
        smtp(&stream);
        let length = random.up_to(300);
        smtp(&random.bytes(length));
    }
}

#[test]
fn reply_codes_are_those_of_whole_replies() {
    assert_eq!(reply_codes(b"220 a\r\n250-a\r\n250-b\r\n250 c\r\n221 d\r\n"), [220, 250, 221]);
}
