//! Logs: JSON, one line a request. They go to standard error, or to `LOG_FILE`; standard output is a command's answer.
//! And traces, to whoever collects them.
mod file;
mod json;

use std::io;
use std::panic::PanicHookInfo;
use std::sync::{PoisonError, RwLock};

use traces::{Exporting, NotStarted};
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, reload};

use self::file::LogFile;
use crate::metrics::database;
use crate::reload::Looks;
use crate::{Settings, Shutdown, StartError, ids};

/// What says at length what we say once, where it is handled: "already exists, skipping" at each migration, every
/// channel that a broker closes. `LOG_LEVEL` comes after it and may name them again.
const QUIET: &str = "sqlx::postgres::notice=warn,lapin=off";

/// There is one log in a process: its level, for whoever asks.
static LEVEL: RwLock<String> = RwLock::new(String::new());

/// `LOG_LEVEL`, as it is now.
pub fn level() -> String {
    LEVEL.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn note(level: &str) {
    level.clone_into(&mut LEVEL.write().unwrap_or_else(PoisonError::into_inner));
}

/// The log of this process, whose level and file may change while it runs.
pub struct Logs {
    level: String,
    file: Option<LogFile>,
    set: Box<dyn Fn(EnvFilter) + Send + Sync>,
}

/// Sets up logging for the whole process; called once by `main`.
pub fn init(settings: &Settings) -> Result<Logs, StartError> {
    let file = settings.log_file.as_ref().map(|path| {
        let what = format!(
            "LOG_FILE names {}, which cannot be written: let this user write it, or correct it.",
            path.display()
        );
        LogFile::open(path).map_err(|error| StartError::new(what, error))
    });
    let file = file.transpose()?;
    let writer = match &file {
        Some(file) => BoxMakeWriter::new(file.clone()),
        None => BoxMakeWriter::new(io::stderr),
    };
    let (filter, handle) = reload::Layer::new(filter(&settings.log_level));
    let registry = tracing_subscriber::registry().with(database::listener());
    let done = if settings.log_json {
        registry.with(json_lines(writer).with_filter(filter)).try_init()
    } else {
        let lines = layer().with_ansi(file.is_none()).with_writer(writer).with_target(false);
        registry.with(lines.with_filter(filter)).try_init()
    };
    note(&settings.log_level);
    if done.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    let set = move |filter| {
        // It fails only where the subscriber is gone, and with it whoever would read what is said.
        let _ = handle.reload(filter);
    };
    Ok(Logs { level: settings.log_level.clone(), file, set: Box::new(set) })
}

impl Logs {
    /// Takes another level, and opens the file again, when they change; until `shutdown`.
    pub async fn follow(mut self, shutdown: Shutdown) {
        let mut looks = Looks::begin();
        // What is wrong is told once, and once more when something else is.
        let (mut level_refused, mut file_refused) = (String::new(), String::new());
        while shutdown.run_until_cancelled(looks.next()).await.is_some() {
            let reopened = self.file.as_ref().map_or(Ok(()), LogFile::follow);
            if is_news(&mut file_refused, reopened.err()) {
                tracing::error!(
                    "LOG_FILE cannot be opened again ({file_refused}): let this user write it; the file that was moved away goes on"
                );
            }
            match Settings::log_level_now() {
                Ok(level) => {
                    level_refused.clear();
                    self.take(level);
                }
                Err(faults) => {
                    if is_news(&mut level_refused, Some(faults)) {
                        tracing::error!(
                            "another log level is refused ({level_refused}): correct it; {:?} goes on",
                            self.level
                        );
                    }
                }
            }
        }
    }

    /// Said before the change or after it, whenever it can be heard.
    fn take(&mut self, level: String) {
        if self.level == level {
            return;
        }
        let say = || tracing::info!(from = self.level, to = level, "another log level is in use");
        let is_heard = tracing::enabled!(Level::INFO);
        if is_heard {
            say();
        }
        (self.set)(filter(&level));
        if !is_heard {
            say();
        }
        note(&level);
        self.level = level;
    }
}

/// Remembers a fault, and says whether it is one and another than before.
fn is_news(last: &mut String, fault: Option<impl ToString>) -> bool {
    let now = fault.map(|it| it.to_string()).unwrap_or_default();
    let is_news = !now.is_empty() && now != *last;
    *last = now;
    is_news
}

/// Each event as one line of JSON, errors with everything behind them.
pub fn json_lines<S>(writer: impl for<'a> MakeWriter<'a> + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    layer().fmt_fields(JsonFields::new()).event_format(json::Json).with_writer(writer)
}

/// Begins to trace requests, if the settings name a collector.
pub fn trace(settings: &Settings) -> Result<Option<Exporting>, NotStarted> {
    let Some(traces) = &settings.traces else { return Ok(None) };
    traces.start(env!("CARGO_PKG_VERSION"), ids::new().to_string()).map(Some)
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
