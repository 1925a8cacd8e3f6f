//! Logs: JSON, one line a request. They go to standard error; standard output is a command's answer.
mod json;

use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::Settings;
use crate::metrics::database;

/// What says at length what we say once, where it is handled: "already exists, skipping" at each migration, every
/// channel that a broker closes. `LOG_LEVEL` comes after it and may name them again.
const QUIET: &str = "sqlx::postgres::notice=warn,lapin=off";

/// Sets up logging for the whole process; called once by `main`.
pub fn init(settings: &Settings) {
    let registry = tracing_subscriber::registry().with(database::listener());
    let filter = filter(&settings.log_level);
    let done = if settings.log_json {
        registry.with(json_lines(std::io::stderr).with_filter(filter)).try_init()
    } else {
        let lines = layer().with_writer(std::io::stderr).with_target(false);
        registry.with(lines.with_filter(filter)).try_init()
    };
    if done.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// Each event as one line of JSON, errors with everything behind them.
pub fn json_lines<S>(writer: impl for<'a> MakeWriter<'a> + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    layer().fmt_fields(JsonFields::new()).event_format(json::Json).with_writer(writer)
}

/// The settings were checked; a filter that they let through and this one does not must not stop a process.
fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_new(format!("{QUIET},{level}")).unwrap_or_else(|_| EnvFilter::new("info"))
}

/// A panic is a bug, and its one line is as readable to a collector as any other.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let what = panic.payload_as_str().unwrap_or("a value that is no text");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic = what, place, "a bug: something that cannot happen did");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quiet_can_be_asked_to_speak() {
        for (level, lapin) in [("info", "lapin=off"), ("debug,lapin=trace", "lapin=trace")] {
            let filter = filter(level).to_string();
            let said: Vec<_> = filter.split(',').filter(|it| it.starts_with("lapin")).collect();
            assert_eq!(said, [lapin], "{filter}");
        }
    }
}
