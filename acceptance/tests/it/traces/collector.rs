//! A collector over a real socket, that reads what it is sent as OTLP writes it. Or one that takes it and never answers.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use prost_of_otlp::Message;
use tokio::net::TcpListener;

/// One span, with the name of its service.
#[derive(Clone, Debug)]
pub struct Span {
    pub service: String,
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    /// Trace and span of each.
    pub links: Vec<(String, String)>,
    pub attributes: BTreeMap<String, String>,
    pub events: usize,
    pub is_error: bool,
}

#[derive(Clone, Default)]
pub struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    pub url: String,
}

/// Without this header, by this value, nothing is taken.
pub const KEY: (&str, &str) = ("x-collector-key", "a key, with 100%");
/// The same as a setting.
pub const HEADERS: &str = "x-collector-key=a%20key%2C%20with%20100%25";

impl Collector {
    pub async fn start() -> Self {
        Self::listen(false).await
    }

    /// Takes connections and requests, and says nothing.
    pub async fn hanging() -> Self {
        Self::listen(true).await
    }

    async fn listen(hangs: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("a listener has an address");
        let it = Self { spans: Arc::default(), url: format!("http://{address}") };
        let spans = Arc::clone(&it.spans);
        let take = async move |headers: HeaderMap, body: Bytes| {
            if hangs {
                std::future::pending::<()>().await;
            }
            assert_eq!(headers["content-type"], "application/x-protobuf");
            assert_eq!(headers[KEY.0], KEY.1);
            let request = ExportTraceServiceRequest::decode(body).expect("a message of OTLP");
            spans.lock().expect("nobody panics with it").extend(read(request));
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("nobody panics with it").clone()
    }

    pub fn of(&self, trace: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|it| it.trace == trace).collect()
    }

    /// The names from a span up to the first whose parent is not here, and that parent.
    pub fn way(&self, from: &Span) -> (Vec<String>, String) {
        let spans = self.of(&from.trace);
        let mut names = vec![from.name.clone()];
        let mut parent = from.parent.clone();
        while let Some(it) = spans.iter().find(|it| it.id == parent) {
            names.push(it.name.clone());
            parent.clone_from(&it.parent);
        }
        (names, parent)
    }
}

fn read(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let about = resource.resource.map(|it| texts(it.attributes)).unwrap_or_default();
        for it in resource.scope_spans.into_iter().flat_map(|it| it.spans) {
            spans.push(Span {
                service: about["service.name"].clone(),
                name: it.name,
                trace: hex(&it.trace_id),
                id: hex(&it.span_id),
                parent: hex(&it.parent_span_id),
                links: it.links.iter().map(|it| (hex(&it.trace_id), hex(&it.span_id))).collect(),
                attributes: texts(it.attributes),
                events: it.events.len(),
                is_error: it.status.is_some_and(|it| it.code == 2),
            });
        }
    }
    spans
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |it: KeyValue| match it.value.and_then(|it| it.value) {
        Some(Value::StringValue(text)) => (it.key, text),
        Some(Value::IntValue(number)) => (it.key, number.to_string()),
        other => panic!("{} is {other:?}", it.key),
    };
    attributes.into_iter().map(text).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, it| format!("{text}{it:02x}"))
}
