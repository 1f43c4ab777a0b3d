//! The resources, and the errors for others.

use asynchat_tests::protocols::http::{PAGE, PAGE_TAG};

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
fn page_that_the_client_has_is_not_sent() {
    let request =
        |method: &str, fields: &str| response(format!("{method} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).0;
    assert_eq!(request("GET /", "").field("etag"), Some(PAGE_TAG));
    for field in ["*", PAGE_TAG, &format!("\"a\", W/{PAGE_TAG}"), &format!("\"a\"\r\nIf-None-Match: {PAGE_TAG}")] {
        for method in ["GET /", "HEAD /"] {
            let answer = request(method, &format!("If-None-Match: {field}\r\n"));
            assert_eq!((answer.code, answer.field("etag"), answer.content.len()), (304, Some(PAGE_TAG), 0), "{field}");
        }
    }
    assert_eq!(request("GET /", "If-None-Match: \"a\"\r\n").code, 200);
    // It has no date of modification, and no ranges are offered.
    let ignored = "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\nRange: bytes=0-1\r\nIf-Range: \"a\"\r\n";
    assert_eq!(request("GET /", ignored).content.len(), PAGE.len());
}

#[test]
fn precondition_that_fails_gets_412() {
    let code =
        |line: &str, field: &str| response(format!("{line} HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n").as_bytes()).0.code;
    assert_eq!(code("GET /", &format!("If-Match: {PAGE_TAG}")), 200);
    assert_eq!(code("GET /stream/1", "If-Match: *"), 200);
    for field in [
        "If-Match: \"a\"",
        &format!("If-Match: W/{PAGE_TAG}"),
        &format!("If-Match: \"a\"\r\nIf-None-Match: {PAGE_TAG}"),
    ] {
        assert_eq!(code("GET /", field), 412, "{field}");
    }
    assert_eq!(code("POST /echo", "If-Match: *"), 412, "a POST selects no representation");
    assert_eq!(code("POST /echo", "If-None-Match: *"), 200);
    // Without the precondition, these would not succeed, or select nothing.
    assert_eq!(code("GET /missing", "If-Match: *"), 404);
    assert_eq!(code("OPTIONS /", "If-Match: \"a\""), 200);
}

#[test]
fn upgrade_is_not_taken() {
    for version in ["1.0", "1.1"] {
        let fields = "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
        assert_eq!(response(format!("GET / HTTP/{version}\r\n{fields}\r\n").as_bytes()).0.code, 200);
    }
}

#[test]
fn target_query_and_absolute_form_serve_same_page() {
    let page = exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(exchange(b"GET /?a=b HTTP/1.1\r\nHost: a\r\n\r\n"), page);
    for target in ["http://a:80/", "http://a", "http://a?b", "/.", "/%2e/", "/echo/.."] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: b\r\n\r\n");
        assert_eq!(exchange(request.as_bytes()), page, "{target}");
    }
}

#[test]
fn target_in_equivalent_form_names_same_resource() {
    for target in ["/%65cho", "/ech%6F?%", "http://a/%65%63%68%6f", "/./echo", "/a/%2E%2e/echo"] {
        let request = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
        assert_eq!(response(request.as_bytes()).0.content, b"ok", "{target}");
    }
    // `/` and `%2F` are not equivalent, as `/` is reserved.
    assert_eq!(response(b"GET /stream%2F5 HTTP/1.1\r\nHost: a\r\n\r\n").0.code, 404);
    assert_rejected(400, b"GET /%6 HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
fn options_of_a_target_without_path_are_the_server() {
    let server = exchange(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(exchange(b"OPTIONS http://a:80 HTTP/1.1\r\nHost: b\r\n\r\n"), server);
    let page = response(b"OPTIONS http://a:80/ HTTP/1.1\r\nHost: b\r\n\r\n").0;
    assert_eq!(page.field("allow"), Some("GET, HEAD, OPTIONS"));
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
        ("TRACE /", 405, Some("GET, HEAD, OPTIONS")),
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
