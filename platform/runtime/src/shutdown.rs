//! One token for the whole process: cancelled once, everybody finishes what is begun and ends.
pub use tokio_util::sync::CancellationToken as Shutdown;
