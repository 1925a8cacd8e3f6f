//! Two tokens for the whole process. `ending` is cancelled by a signal: nothing new is taken on. `shutdown` follows when the
//! last request is answered, or at once when something failed: everybody finishes what is begun and ends.
pub use tokio_util::sync::CancellationToken as Shutdown;
