//! Passes commands on to command-api, for a client that knows one address only (`COMMAND_API_URL`).
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use runtime::Problem;
use runtime::http::{Origin, Proxies};
use runtime::problem::{OUTCOME_UNKNOWN, UNAVAILABLE};

/// Where commands are taken. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct CommandApi {
    base: String,
    proxies: Proxies,
    client: Client<HttpConnector, Body>,
}

/// Loopback or a neighbour: one that does not accept within this is away.
const CONNECT: Duration = Duration::from_secs(2);
/// Longer than command-api's own limit, so that its answer is the one that arrives.
const ANSWER: Duration = Duration::from_secs(15);
/// Of one hop only (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 5] =
    [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];
/// W3C Trace Context. We have nothing to say in the second.
static TRACE: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

impl CommandApi {
    pub fn new(base: &str, proxies: Proxies) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        Self {
            base: base.to_owned(),
            proxies,
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    async fn send(&self, mut request: Request) -> Result<Response, Problem> {
        let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(|_| away())?;
        *request.uri_mut() = uri;
        for name in &HOP_BY_HOP {
            request.headers_mut().remove(name);
        }
        // command-api believes us as it would any proxy of ours, so it hears from us only what we know.
        if let Some(origin) = request.extensions().get::<Origin>().copied() {
            self.proxies.pass_on(origin, request.headers_mut());
        }
        // Nor does it hear of a trace that is not ours.
        for name in &TRACE {
            request.headers_mut().remove(name);
        }
        let trace = traces::passed_on().and_then(|it| HeaderValue::try_from(it).ok());
        if let Some(trace) = trace {
            request.headers_mut().insert(&TRACE[0], trace);
        }
        match tokio::time::timeout(ANSWER, self.client.request(request)).await {
            Ok(Ok(mut response)) => {
                for name in &HOP_BY_HOP {
                    response.headers_mut().remove(name);
                }
                Ok(response.into_response())
            }
            Ok(Err(error)) if error.is_connect() => Err(away()),
            // Sent, and nothing heard: only the log knows, and the same key asks it.
            Ok(Err(_)) | Err(_) => {
                let detail = "the command was passed on and not answered; repeat it with the same Idempotency-Key";
                Err(Problem::new(OUTCOME_UNKNOWN, detail).retry_after(1))
            }
        }
    }
}

fn away() -> Problem {
    Problem::new(UNAVAILABLE, "commands cannot be taken just now").retry_after(1)
}

/// Safe methods are answered here, the others there.
pub async fn forward(State(to): State<CommandApi>, request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => next.run(request).await,
        _ => to.send(request).await.unwrap_or_else(IntoResponse::into_response),
    }
}
