//! One step of a trace.
use std::borrow::Cow;
use std::collections::BTreeSet;

use futures::future::Either;
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};

use crate::{export, traceparent};

/// Something that took time. It ends when the last copy of it is dropped.
///
/// One that nobody records is as good to its caller: every method does nothing.
#[derive(Clone, Debug, Default)]
pub struct Step(Option<Context>);

/// Whose turn it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Server,
    Internal,
    /// Gives something to somebody who does not answer now: the log, the broker.
    Producer,
    /// Takes it up.
    Consumer,
    Client,
}

/// A batch of thousands says what it has to say with the first of them.
const MAX_LINKS: usize = 64;

impl Step {
    /// The beginning of a request. `parent` is the caller's `traceparent`, where its word counts.
    pub fn request(name: impl Into<Cow<'static, str>>, parent: Option<&str>) -> Self {
        let parent = parent.and_then(traceparent::read);
        let parent =
            parent.map_or_else(Context::new, |it| Context::new().with_remote_span_context(it));
        Self::begin(name, Kind::Server, &parent, &[])
    }

    /// A part of what is going on here; nothing, outside of a trace.
    pub fn inner(name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        let here = Context::current();
        if here.span().span_context().is_valid() {
            Self::begin(name, kind, &here, &[])
        } else {
            Self::default()
        }
    }

    /// What follows, later or elsewhere, from the step that `trace` names; nothing without one.
    pub fn after(trace: Option<&str>, name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        let Some(at) = trace.and_then(traceparent::read).filter(|_| are_collected()) else {
            return Self::default();
        };
        Self::begin(name, kind, &Context::new().with_remote_span_context(at), &[])
    }

    /// What is done at once for many: a trace of its own, linked to theirs; nothing where none of them has one.
    pub fn for_all<'a>(
        traces: impl IntoIterator<Item = &'a str>,
        name: impl Into<Cow<'static, str>>,
    ) -> Self {
        if !are_collected() {
            return Self::default();
        }
        let mut links = Vec::new();
        let mut seen = BTreeSet::new();
        for trace in traces {
            if links.len() < MAX_LINKS
                && seen.insert(trace)
                && let Some(at) =
                    traceparent::read(trace).filter(opentelemetry::trace::SpanContext::is_sampled)
            {
                links.push(at);
            }
        }
        if links.is_empty() {
            return Self::default();
        }
        Self::begin(name, Kind::Consumer, &Context::new(), &links)
    }

    fn begin(
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
        parent: &Context,
        links: &[opentelemetry::trace::SpanContext],
    ) -> Self {
        let Some(tracer) = export::tracer() else { return Self::default() };
        let kind = match kind {
            Kind::Server => SpanKind::Server,
            Kind::Internal => SpanKind::Internal,
            Kind::Producer => SpanKind::Producer,
            Kind::Consumer => SpanKind::Consumer,
            Kind::Client => SpanKind::Client,
        };
        let links = links.iter().cloned().map(opentelemetry::trace::Link::with_context).collect();
        let span = tracer.span_builder(name).with_kind(kind).with_links(links);
        Self(Some(parent.with_span(tracer.build_with_context(span, parent))))
    }

    /// Says something of it: a count, a template, a word from a list of ours.
    pub fn say(&self, key: &'static str, value: impl Into<Value>) {
        if let Some(here) = &self.0 {
            here.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// It did not come to its end. The cause is in the log, under the trace's id.
    pub fn failed(&self) {
        if let Some(here) = &self.0 {
            here.span().set_status(Status::error(""));
        }
    }

    /// Does it: steps within are parts of this one. Not `async`: what is done would lie in it twice.
    pub fn of<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.0 {
            Some(here) => Either::Left(work.with_context(here.clone())),
            None => Either::Right(work),
        }
    }

    /// The id its trace is found by, sampled or not.
    pub fn trace_id(&self) -> Option<String> {
        self.0.as_ref().map(|it| it.span().span_context().trace_id().to_string())
    }

    /// The same, of one that can be looked at.
    pub fn sampled_id(&self) -> Option<String> {
        let here = self.0.as_ref()?.span();
        let at = here.span_context();
        at.is_sampled().then(|| at.trace_id().to_string())
    }

    /// What others need to go on with it; nothing where it was not sampled.
    pub fn trace(&self) -> Option<String> {
        self.0.as_ref().and_then(sampled)
    }
}

/// Whether anybody collects: without, what a step would say need not be made.
pub fn are_collected() -> bool {
    export::tracer().is_some()
}

/// What is going on here, for what follows from it later or elsewhere.
pub fn current() -> Option<String> {
    are_collected().then(|| sampled(&Context::current())).flatten()
}

/// The same for another of our processes that is asked now. What is not sampled is said too, so that it is not
/// sampled there either.
pub fn passed_on() -> Option<String> {
    let here = Context::current();
    let span = here.span();
    let at = span.span_context();
    at.is_valid().then(|| traceparent::write(at))
}

fn sampled(here: &Context) -> Option<String> {
    let span = here.span();
    let at = span.span_context();
    (at.is_valid() && at.is_sampled()).then(|| traceparent::write(at))
}
