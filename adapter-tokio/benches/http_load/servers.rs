//! The servers to compare, which answer alike.

use std::convert::Infallible;
use std::io::{self, Read};
use std::thread;

use asynchat_tests::protocols::http;
use asynchat_tokio::Server;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, SERVER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const ADDRESS: &str = "127.0.0.1:0";

/// A server to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// The example `http_server`.
    Asynchat,
    /// hyper 1, with the settings of its own examples.
    Hyper,
}

impl Contender {
    pub(crate) const ALL: [Self; 2] = [Self::Asynchat, Self::Hyper];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contender| contender.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Asynchat => "asynchat",
            Self::Hyper => "hyper",
        }
    }

    /// Serves until standard input ends, which happens when the client process ends.
    pub(crate) fn serve(self) -> io::Result<()> {
        thread::spawn(|| {
            let _ = io::stdin().read(&mut [0]);
            std::process::exit(0);
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match self {
                Self::Asynchat => serve_asynchat().await,
                Self::Hyper => serve_hyper().await,
            }
        })
    }
}

async fn serve_asynchat() -> io::Result<()> {
    let server = Server::bind(ADDRESS).await?.with_config(http::config());
    println!("{}", server.local_addr()?);
    server.serve(|_peer| http::HttpHandler::new()).await
}

async fn serve_hyper() -> io::Result<()> {
    let listener = TcpListener::bind(ADDRESS).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = hyper::service::service_fn(answer);
            // An error is a client that has hung up.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Answers as `HttpHandler` does. hyper adds the length and the date.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, content) = request.into_parts();
    let mut response = match (head.method, head.uri.path()) {
        (Method::GET, "/") => {
            let mut response = Response::new(Full::new(Bytes::from_static(http::PAGE.as_bytes())));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response.headers_mut().insert(ETAG, HeaderValue::from_static(http::PAGE_TAG));
            response
        }
        (Method::POST, "/echo") => {
            let content = content.collect().await.map(|content| content.to_bytes()).unwrap_or_default();
            let mut response = Response::new(Full::new(content));
            if let Some(content_type) = head.headers.get(CONTENT_TYPE) {
                response.headers_mut().insert(CONTENT_TYPE, content_type.clone());
            }
            response
        }
        _ => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    };
    response.headers_mut().insert(SERVER, HeaderValue::from_static("asynchat"));
    Ok(response)
}
