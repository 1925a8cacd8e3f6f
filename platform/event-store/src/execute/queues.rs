//! One queue for each stream that somebody in this process is writing to.
//!
//! Without it a stampede on one court is a storm of conflicts: everybody reads, one appends, all others read again.
//! It is comfort, not correctness; other processes have queues of their own, and the store decides.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The most commands that run or wait at one time. Whoever comes then would wait longer than his client does.
const MAX_COMMANDS: usize = 16_384;

#[derive(Default)]
pub(super) struct Queues {
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    queues: HashMap<String, Queue>,
    commands: usize,
}

#[derive(Default)]
struct Queue {
    /// Tokio's mutex is fair: first come, first served.
    turn: Arc<tokio::sync::Mutex<()>>,
    commands: usize,
}

/// The right to write to a stream, as far as this process is concerned. Given up when dropped.
pub(super) struct Turn {
    queues: Arc<Queues>,
    stream: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Queues {
    /// Waits for a turn; `None` if too many wait already.
    pub(super) async fn turn(self: &Arc<Self>, stream: &str) -> Option<Turn> {
        let door = self.enter(stream)?;
        // From here on somebody who stops waiting leaves the queue by dropping this.
        let mut turn = Turn { queues: self.clone(), stream: stream.to_owned(), held: None };
        turn.held = Some(door.lock_owned().await);
        Some(turn)
    }

    fn enter(&self, stream: &str) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut streams = self.streams();
        if MAX_COMMANDS <= streams.commands {
            return None;
        }
        streams.commands += 1;
        let queue = streams.queues.entry(stream.to_owned()).or_default();
        queue.commands += 1;
        Some(queue.turn.clone())
    }

    fn leave(&self, stream: &str) {
        let mut streams = self.streams();
        streams.commands = streams.commands.saturating_sub(1);
        if let Some(queue) = streams.queues.get_mut(stream) {
            queue.commands = queue.commands.saturating_sub(1);
            if queue.commands == 0 {
                streams.queues.remove(stream);
            }
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The next in line first, then the count: an entry that is waited on is never removed.
        self.held = None;
        self.queues.leave(&self.stream);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn turns_are_taken_in_the_order_of_arrival() {
        let queues = Arc::new(Queues::default());
        let first = queues.turn("s").await;
        let mut second = Box::pin(queues.turn("s"));
        assert!(second.as_mut().now_or_never().is_none());
        let mut third = Box::pin(queues.turn("s"));
        assert!(third.as_mut().now_or_never().is_none());

        drop(first);
        assert!(third.as_mut().now_or_never().is_none(), "the third does not overtake");
        let second = second.now_or_never().flatten();
        assert!(second.is_some());
        drop(second);
        assert!(third.now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn an_idle_stream_leaves_nothing_behind() {
        let queues = Arc::new(Queues::default());
        let held = queues.turn("s").await;
        let mut gave_up = Box::pin(queues.turn("s"));
        assert!(gave_up.as_mut().now_or_never().is_none());
        drop(gave_up);
        assert_eq!(queues.streams().commands, 1, "who stopped waiting is not counted");
        drop(held);
        assert!(queues.streams().queues.is_empty());
        assert_eq!(queues.streams().commands, 0);
    }
}
