//! The port through which a timer goes and comes back when it is due.
//!
//! A transport may lose what it was given (the sweep finds it), bring it twice (the command is the same) or early
//! (the consumer waits). It must not bring it late while it is well.
use async_trait::async_trait;

use super::Timer;

#[async_trait]
pub trait DelayTransport: Send + Sync {
    /// A label for metrics.
    fn name(&self) -> &'static str;

    /// The whole durations, in seconds, that it can carry from their beginning. Any other timer waits in the table
    /// and is given to it in its last seconds.
    fn carried_seconds(&self) -> &[u32];

    /// Takes a timer. When this returns, the transport has it for good, as far as it can promise.
    async fn arm(&self, timer: &Timer, delay: Delay) -> Result<(), NotArmed>;

    /// Waits for the next timer that is due, or about to be. Never fails: while there is nobody to ask, it waits.
    ///
    /// Dropping the future loses no delivery.
    async fn next(&self) -> Delivery;
}

/// How long a transport is to keep a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Not at all: the consumer waits for the rest.
    None,
    /// One of [`DelayTransport::carried_seconds`], just begun.
    WholeSeconds(u32),
}

/// The transport is away, or said no. The row stays unpublished.
#[derive(Debug, thiserror::Error)]
#[error("the transport did not take the timer")]
pub struct NotArmed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A message taken out and not yet settled. Unsettled it comes again, here or elsewhere, once this process is gone.
pub struct Delivery {
    pub payload: Vec<u8>,
    /// The trace that it goes on with, if its transport carries one.
    pub trace: Option<String>,
    pub settle: Box<dyn Settle>,
}

/// The end of a delivery. Neither can fail for the caller: a message that could not be settled comes again.
#[async_trait]
pub trait Settle: Send + Sync {
    /// Done with.
    async fn ack(self: Box<Self>);
    /// Can never work: to the dead letters, where people look.
    async fn reject(self: Box<Self>);
}
