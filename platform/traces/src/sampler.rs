//! Which requests are traced, by OpenTelemetry's own names.
use std::str::FromStr;

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler as Sdk, SamplingDecision, SamplingResult, ShouldSample};

/// `OTEL_TRACES_SAMPLER` and its `_ARG`. The variants with a parent take its word where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampler {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    ParentOrAlwaysOn,
    ParentOrAlwaysOff,
    ParentOrRatio(f64),
}

#[derive(Debug, thiserror::Error)]
#[error("always_on, always_off, traceidratio, or one of them with parentbased_ before it")]
pub struct NoSampler;

impl FromStr for Sampler {
    type Err = NoSampler;

    /// Of everything, where a ratio is asked for; [`Self::of`] says how much.
    fn from_str(text: &str) -> Result<Self, NoSampler> {
        match text {
            "always_on" => Ok(Self::AlwaysOn),
            "always_off" => Ok(Self::AlwaysOff),
            "traceidratio" => Ok(Self::Ratio(1.0)),
            "parentbased_always_on" => Ok(Self::ParentOrAlwaysOn),
            "parentbased_always_off" => Ok(Self::ParentOrAlwaysOff),
            "parentbased_traceidratio" => Ok(Self::ParentOrRatio(1.0)),
            _ => Err(NoSampler),
        }
    }
}

impl Sampler {
    /// The same, with this share where one counts.
    #[must_use]
    pub fn of(self, ratio: f64) -> Self {
        match self {
            Self::Ratio(_) => Self::Ratio(ratio),
            Self::ParentOrRatio(_) => Self::ParentOrRatio(ratio),
            it => it,
        }
    }

    fn sdk(self) -> Sdk {
        match self {
            Self::AlwaysOn => Sdk::AlwaysOn,
            Self::AlwaysOff => Sdk::AlwaysOff,
            Self::Ratio(ratio) => Sdk::TraceIdRatioBased(ratio),
            Self::ParentOrAlwaysOn => Sdk::ParentBased(Box::new(Sdk::AlwaysOn)),
            Self::ParentOrAlwaysOff => Sdk::ParentBased(Box::new(Sdk::AlwaysOff)),
            Self::ParentOrRatio(ratio) => Sdk::ParentBased(Box::new(Sdk::TraceIdRatioBased(ratio))),
        }
    }
}

/// A step that is linked to traces stands for all of them, and only to sampled ones is it ever linked: it is kept, or
/// what it did for them would be lost by a second throw of the dice.
#[derive(Clone, Debug)]
pub(crate) struct OfLinked(Sdk);

impl OfLinked {
    pub fn new(sampler: Sampler) -> Self {
        Self(sampler.sdk())
    }
}

impl ShouldSample for OfLinked {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result = self.0.should_sample(parent, trace, name, kind, attributes, links);
        if links.iter().any(|it| it.span_context.is_sampled()) {
            result.decision = SamplingDecision::RecordAndSample;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_opentelemetrys() {
        assert_eq!("always_off".parse::<Sampler>().unwrap().of(0.5), Sampler::AlwaysOff);
        let ratio = "parentbased_traceidratio".parse::<Sampler>().unwrap().of(0.25);
        assert_eq!(ratio, Sampler::ParentOrRatio(0.25));
        assert!("jaeger_remote".parse::<Sampler>().is_err());
    }
}
