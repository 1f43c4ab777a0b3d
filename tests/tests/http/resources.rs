//! The resources, and the errors for others.

use crate::support::{assert_rejected, exchange, response, responses};

#[test]
fn page_is_html_with_a_form() {
    let (page, closed) = response(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!closed);
    assert_eq!((page.code, page.field("content-type")), (200, Some("text/html; charset=utf-8")));
    let html = String::from_utf8(page.content).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    for part in [r#"action="/echo" method="post""#, "viewport", "/stream/1000000", "prefers-color-scheme"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn target_query_and_absolute_form_serve_same_page() {
    let page = exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(exchange(b"GET /?a=b HTTP/1.1\r\nHost: a\r\n\r\n"), page);
    assert_eq!(exchange(b"GET http://a:80/ HTTP/1.1\r\nHost: b\r\n\r\n"), page);
}

#[test]
fn head_method_answers_like_get_without_content() {
    for target in ["/", "/stream/0", "/stream/10", "/missing", "/echo"] {
        let get = exchange(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).output;
        let head = exchange(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).output;
        let end = get.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(head.escape_ascii().to_string(), get[..end].escape_ascii().to_string());
        assert!(get.len() > end);
    }
}

#[test]
fn head_method_errors_have_no_content() {
    for request in [
        "HEAD / HTTP/1.1\r\n\r\n",
        "\r\nHEAD / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
        "HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let output = String::from_utf8(exchange(request.as_bytes()).output).unwrap();
        assert!(output.starts_with("HTTP/1.1 4") && output.ends_with("\r\n\r\n"), "{output}");
        assert_eq!(output.matches("\r\n\r\n").count(), 1);
    }
}

#[test]
fn errors_404_405_501_keep_the_connection_alive() {
    let cases = [
        ("GET /missing", 404, None),
        ("POST /missing", 404, None),
        ("GET /stream/", 404, None),
        ("GET /stream/abc", 404, None),
        ("GET /stream/-1", 404, None),
        ("GET /stream/+1", 404, None),
        ("GET /stream/1/", 404, None),
        ("GET /stream/18446744073709551616", 404, None),
        ("POST /", 405, Some("GET, HEAD, OPTIONS")),
        ("PUT /stream/5", 405, Some("GET, HEAD, OPTIONS")),
        ("GET /echo", 405, Some("POST, OPTIONS")),
        ("DELETE /echo", 405, Some("POST, OPTIONS")),
        ("OPTIONS /echo", 200, Some("POST, OPTIONS")),
        ("OPTIONS *", 200, Some("GET, HEAD, POST, OPTIONS")),
        ("BREW /", 501, None),
        ("get /", 501, None),
    ];
    for (line, code, allow) in cases {
        let request = format!("{line} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345");
        let both = [request.as_bytes(), b"GET /stream/3 HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        let (responses, closed) = responses(&both);
        assert!(!closed, "{line}");
        assert_eq!((responses[0].code, responses[0].field("allow")), (code, allow), "{line}");
        assert_eq!((responses[1].code, responses[1].content.len()), (200, 3), "{line}");
        assert_eq!(responses.len(), 2);
    }
}

#[test]
fn connect_method_gets_501() {
    assert_rejected(501, b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n");
}
