//! Logs: JSON, one line a request.
use crate::Settings;

/// Sets up logging for the whole process; called once by `main`.
pub fn init(settings: &Settings) {
    let _ = settings;
    unimplemented!("runtime helper")
}
