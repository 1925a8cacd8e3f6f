//! Steps → the collector. Nobody waits for it: what ends is put into a queue with an end, and one task sends what is in
//! it. A collector that is away or slow costs spans, which are counted, and nothing else.
//!
//! Our own instead of the SDK's batch processor: that one has a thread on which no asynchronous client works, and says
//! nowhere how many spans it dropped.
mod collector;

use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor,
};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use secrecy::ExposeSecret;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use self::collector::Collector;
use crate::Traces;
use crate::sampler::OfLinked;

/// Some seconds of a busy process, and a few megabytes.
const QUEUE: usize = 4_096;
/// Spans of one message: some hundred kilobytes.
const BATCH: usize = 512;
/// How long a batch waits to be full. Who looks at a trace has just seen its request.
const GATHER: Duration = Duration::from_millis(500);
/// For one message, with all that the exporter tries again.
const PATIENCE: Duration = Duration::from_secs(5);
/// At the end of the process. Supervisors kill after thirty, and requests may have taken twenty of them.
const LAST: Duration = Duration::from_secs(3);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// What became of the spans of this process.
#[derive(Clone, Default)]
pub struct Counts {
    pub exported: Counter,
    pub dropped: Family<Dropped, Counter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Dropped {
    /// `full`: they came faster than the collector takes them. `refused`: it took them not, or not in time.
    reason: &'static str,
}

const FULL: Dropped = Dropped { reason: "full" };
const REFUSED: Dropped = Dropped { reason: "refused" };

static COUNTS: LazyLock<Counts> = LazyLock::new(Counts::default);

/// There is one tracer in a process, made before its metrics are.
pub fn counts() -> Counts {
    COUNTS.clone()
}

/// `None` while nobody collects.
pub(crate) fn tracer() -> Option<&'static SdkTracer> {
    TRACER.get()
}

/// Why nothing can be collected.
#[derive(Debug, thiserror::Error)]
#[error("the exporter cannot be made")]
pub struct NotStarted(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The task that sends. Dropped, it goes on to the end of the process, and what is in the queue then is lost.
pub struct Exporting {
    end: oneshot::Sender<()>,
    sending: JoinHandle<()>,
    _provider: SdkTracerProvider,
}

impl Traces {
    /// From here on requests of this process are traced; `instance` tells it from others of the service. Once.
    pub fn start(&self, version: &'static str, instance: String) -> Result<Exporting, NotStarted> {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(PATIENCE).map_err(|it| NotStarted(it.into()))?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", self.endpoint))
            .with_headers(headers.collect())
            .with_timeout(PATIENCE)
            .build()
            .map_err(|it| NotStarted(it.into()))?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", self.service.clone()),
                KeyValue::new("service.version", version),
                KeyValue::new("service.instance.id", instance),
            ])
            .build();
        exporter.set_resource(&resource);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(OfLinked::new(self.sampler))
            .with_span_processor(Queue(queue))
            .build();
        let (end, ended) = oneshot::channel();
        let sending = tokio::spawn(send(exporter, waiting, ended));
        let _ = TRACER.set(provider.tracer("courtside"));
        Ok(Exporting { end, sending, _provider: provider })
    }
}

impl Exporting {
    /// Sends what has been recorded, for some seconds at most.
    pub async fn end(self) {
        let _ = self.end.send(());
        if timeout(LAST, self.sending).await.is_err() {
            tracing::warn!("the last spans were not sent: the collector did not take them in time");
        }
    }
}

/// Where spans go when they end, on whatever thread they do.
#[derive(Debug)]
struct Queue(mpsc::Sender<SpanData>);

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.0.try_send(span).is_err() {
            COUNTS.dropped.get_or_create(&FULL).inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Sends batch after batch; at the end what is there, and no more.
async fn send(
    exporter: impl SpanExporter,
    mut waiting: mpsc::Receiver<SpanData>,
    mut ended: oneshot::Receiver<()>,
) {
    let mut failing = false;
    loop {
        let first = tokio::select! {
            first = waiting.recv() => first,
            // Dropped without a word, the process goes on without us.
            _ = &mut ended, if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        let Some(first) = first else { return };
        let mut batch = vec![first];
        gather(&mut batch, &mut waiting, &mut ended).await;
        let spans = batch.len() as u64;
        match exporter.export(batch).await {
            Ok(()) => {
                COUNTS.exported.inc_by(spans);
                if std::mem::take(&mut failing) {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(error) => {
                COUNTS.dropped.get_or_create(&REFUSED).inc_by(spans);
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the collector does not take spans: they are dropped"
                    );
                }
            }
        }
    }
}

async fn gather(
    batch: &mut Vec<SpanData>,
    waiting: &mut mpsc::Receiver<SpanData>,
    ended: &mut oneshot::Receiver<()>,
) {
    let until = Instant::now() + GATHER;
    while batch.len() < BATCH {
        tokio::select! {
            next = timeout_at(until, waiting.recv()) => match next {
                Ok(Some(span)) => batch.push(span),
                Ok(None) | Err(_) => return,
            },
            _ = &mut *ended, if !waiting.is_closed() => waiting.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span as _, Tracer};

    use super::*;

    /// Takes nothing, for ever.
    #[derive(Debug)]
    struct Hanging;

    impl SpanExporter for Hanging {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn what_a_collector_does_not_take_is_counted_and_nobody_waits_for_it() {
        let (queue, waiting) = mpsc::channel(2);
        let provider = SdkTracerProvider::builder().with_span_processor(Queue(queue)).build();
        let tracer = provider.tracer("test");
        let dropped = || COUNTS.dropped.get_or_create(&FULL).get();
        let before = dropped();
        for _ in 0..5 {
            tracer.start("step").end();
        }
        assert_eq!(dropped() - before, 3);

        let (end, ended) = oneshot::channel();
        let sending = tokio::spawn(send(Hanging, waiting, ended));
        // What is in the queue is taken out while the collector hangs.
        while tracer_has_no_room(&tracer, &dropped) {
            tokio::task::yield_now().await;
        }
        let exporting = Exporting { end, sending, _provider: provider };
        exporting.end().await;
    }

    fn tracer_has_no_room(tracer: &SdkTracer, dropped: &impl Fn() -> u64) -> bool {
        let before = dropped();
        tracer.start("step").end();
        before < dropped()
    }
}
