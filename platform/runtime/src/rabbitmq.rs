//! The only file that knows `lapin`: see the scheduler's transport for what is sent.
use lapin::uri::AMQPUri;

/// Whether a broker could be reached by this.
pub(crate) fn is_url(text: &str) -> bool {
    text.parse::<AMQPUri>().is_ok()
}
