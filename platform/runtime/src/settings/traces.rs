//! Where traces go, by OpenTelemetry's own names. What else it has names for is not read.
use ::traces::{Sampler, Traces};
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::source::Source;
use super::urls::http_url;

/// `None` while no collector is named; what is wrong with the rest is said all the same.
pub(super) fn read(from: &mut Source) -> Option<Traces> {
    let endpoint = http_url(from, "OTEL_EXPORTER_OTLP_ENDPOINT");
    let headers = headers(from, "OTEL_EXPORTER_OTLP_HEADERS");
    let service =
        from.checked("OTEL_SERVICE_NAME", "courtside".to_owned(), "1 to 255 characters", |it| {
            (1..=255).contains(&it.chars().count())
        });
    let expected =
        "always_on, always_off or traceidratio, or one of them with parentbased_ before it";
    let sampler = from.value("OTEL_TRACES_SAMPLER", Sampler::ParentOrAlwaysOn, expected);
    let share = from
        .checked("OTEL_TRACES_SAMPLER_ARG", 1.0, "a share, 0 to 1", |it| (0.0..=1.0).contains(it));
    Some(Traces { endpoint: endpoint?, headers, service, sampler: sampler.of(share) })
}

/// `name=value` by commas; what is special in a value is percent-encoded.
fn headers(from: &mut Source, name: &str) -> Vec<(String, SecretString)> {
    let Some(text) = from.secret(name) else { return Vec::new() };
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|it| !it.is_empty());
    let Some(headers) = pairs.map(header).collect() else {
        from.fault(format!("{name} cannot be read: expected name=value, several by commas"));
        return Vec::new();
    };
    headers
}

fn header(pair: &str) -> Option<(String, SecretString)> {
    let (name, value) = pair.split_once('=')?;
    let (name, value) = (name.trim(), decoded(value.trim())?);
    let is_header = name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(&value).is_ok();
    is_header.then(|| (name.to_owned(), value.into()))
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
