//! The process's metrics, in the OpenMetrics text format.
//!
//! No label comes from a client: routes are templates, methods the known ones.
pub(crate) mod database;
mod process;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};

use self::database::SlowDatabase;
use self::process::Process;

/// Everything that is counted. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    pub registry: Arc<Mutex<Registry>>,
    /// Made once for all listeners of the process: a name may stand in the registry only once.
    pub(crate) http: HttpMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Process::new()));
        registry.register_collector(Box::new(SlowDatabase));
        let http = HttpMetrics::register(&mut registry);
        let spans = traces::counts();
        registry.register(
            "trace_spans_exported",
            "Spans that the collector has taken",
            spans.exported,
        );
        let dropped = "Spans that were given up: the queue was full, or the collector refused";
        registry.register("trace_spans_dropped", dropped, spans.dropped);
        Self { registry: Arc::new(Mutex::new(registry)), http }
    }
}

/// What the HTTP edge counts.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    requests: Family<Labels, Counter>,
    durations: Family<Labels, HistogramWithExemplars<Trace>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    /// `/v1/bookings/{id}`; `none` when nothing matched.
    route: String,
    /// `2xx`, `4xx`, …
    status: &'static str,
}

/// Where to look at one of the requests of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Trace {
    trace_id: String,
}

/// From a cached answer to one that is cut off; the objectives lie at 50 ms and 1 s.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

impl HttpMetrics {
    fn register(registry: &mut Registry) -> Self {
        let histogram: fn() -> HistogramWithExemplars<Trace> =
            || HistogramWithExemplars::new(SECONDS.into_iter());
        let it = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
        };
        registry.register("http_requests", "Requests answered", it.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer's",
            Unit::Seconds,
            it.durations.clone(),
        );
        it
    }

    /// `trace_id` of a request that was sampled.
    pub fn observe(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
        trace_id: Option<String>,
    ) {
        let labels =
            Labels { method: known(method), route: route.to_owned(), status: class(status) };
        self.requests.get_or_create(&labels).inc();
        let trace = trace_id.map(|trace_id| Trace { trace_id });
        self.durations.get_or_create(&labels).observe(took.as_secs_f64(), trace, None);
    }
}

/// Writes one metric that is looked up when somebody asks. Its help ends in a dot, as every other's does.
pub fn write(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    let help = format!("{help}.");
    metric.encode(encoder.encode_descriptor(name, &help, None, metric.metric_type())?)
}

/// A method is a word of the client's choice; only the usual ones become a label.
pub(crate) fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
