//! The servers to compare, which answer alike.

use std::convert::Infallible;
use std::io;

use asynchat_tests::protocols::http;
use asynchat_tokio::Server;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, SERVER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::load::process::announce;

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

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contender| contender.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Asynchat => "asynchat",
            Self::Hyper => "hyper",
        }
    }
}

/// Runs the server of this name.
#[tokio::main]
pub(crate) async fn serve(name: &str) -> io::Result<()> {
    match Contender::named(name) {
        Some(Contender::Asynchat) => serve_asynchat().await,
        Some(Contender::Hyper) => serve_hyper().await,
        None => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}

async fn serve_asynchat() -> io::Result<()> {
    let server = Server::bind(ADDRESS).await?.with_config(http::config());
    announce(server.local_addr()?);
    server.serve(|_peer| http::HttpHandler::new()).await
}

async fn serve_hyper() -> io::Result<()> {
    let listener = TcpListener::bind(ADDRESS).await?;
    announce(listener.local_addr()?);
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
