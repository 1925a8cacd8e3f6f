//! What is logged, how, and where.
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use super::source::Source;
use super::{Faults, Settings};

impl Settings {
    /// The level as it is given now: in the file of `LOG_LEVEL_FILE` or of `COURTSIDE_CONFIG`, which may have changed; what
    /// stands in the environment cannot.
    pub fn log_level_now() -> Result<String, Faults> {
        Self::log_level_of(std::env::vars_os())
    }

    /// The same of another environment.
    pub fn log_level_of(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<String, Faults> {
        let mut source = Source::new(environment);
        let level = level(&mut source);
        source.so_far()?;
        Ok(level)
    }
}

pub(super) fn level(from: &mut Source) -> String {
    const EXPECTED: &str = "a level or a filter: info,sqlx=warn";
    let is_filter = |it: &str| EnvFilter::try_new(it).is_ok();
    let given = from.text("LOG_LEVEL");
    let (name, text) = match (given, from.text("LOG_LEVEL_FILE")) {
        (None, None) => return "info".to_owned(),
        (Some(text), None) => ("LOG_LEVEL", text),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => ("LOG_LEVEL_FILE", text.trim().to_owned()),
            Err(error) => {
                from.fault(format!("LOG_LEVEL_FILE names {path}: {error}"));
                return "info".to_owned();
            }
        },
        (Some(_), Some(_)) => {
            from.fault("LOG_LEVEL and LOG_LEVEL_FILE are both given: which one holds?");
            return "info".to_owned();
        }
    };
    if text.is_empty() || !is_filter(&text) {
        from.fault(format!("{name} is {text:?}: expected {EXPECTED}"));
    }
    text
}

pub(super) fn file(from: &mut Source) -> Option<PathBuf> {
    from.text("LOG_FILE").map(PathBuf::from)
}

/// A person at a terminal reads text, everything else reads JSON.
pub(super) fn json(from: &mut Source, has_file: bool) -> bool {
    let format = from.text("LOG_FORMAT");
    match format.as_deref() {
        Some("json") => true,
        Some("text") => false,
        Some(other) => {
            from.fault(format!("LOG_FORMAT is {other:?}: expected json or text"));
            true
        }
        None => has_file || !std::io::stderr().is_terminal(),
    }
}
