//! One attempt at a time for each identifier, known or not, in this process: a flood of guesses at one name waits in
//! its own lane and takes nobody else's place in the hash pool.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// How many wait behind the one that is being checked. Each is a hash, so the last of them waits a tenth of a second.
const WAITING: usize = 4;

#[derive(Default)]
pub struct Lanes {
    lanes: Mutex<HashMap<String, Lane>>,
}

#[derive(Default)]
struct Lane {
    turn: Arc<tokio::sync::Mutex<()>>,
    attempts: usize,
}

/// The right to try a password under an identifier. Given up when dropped.
pub struct Turn {
    lanes: Arc<Lanes>,
    identifier: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Lanes {
    /// Waits for a turn; `None` if too many wait already.
    pub async fn enter(self: &Arc<Self>, identifier: &str) -> Option<Turn> {
        let turn = {
            let mut lanes = self.lanes();
            let lane = lanes.entry(identifier.to_owned()).or_default();
            if WAITING < lane.attempts {
                return None;
            }
            lane.attempts += 1;
            lane.turn.clone()
        };
        // From here on whoever stops waiting leaves the lane by dropping this.
        let mut mine = Turn { lanes: self.clone(), identifier: identifier.to_owned(), held: None };
        mine.held = Some(turn.lock_owned().await);
        Some(mine)
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The next in line first, then the count: a lane that is waited in is never removed.
        self.held = None;
        let mut lanes = self.lanes.lanes();
        if let Some(lane) = lanes.get_mut(&self.identifier) {
            lane.attempts = lane.attempts.saturating_sub(1);
            if lane.attempts == 0 {
                lanes.remove(&self.identifier);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_tries_four_wait_and_the_rest_are_sent_away() {
        let lanes = Arc::new(Lanes::default());
        let first = lanes.enter("eva").await;
        assert!(first.is_some());
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(lanes.enter("eva"))).collect();
        for it in &mut waiting {
            assert!(it.as_mut().now_or_never().is_none(), "nobody overtakes");
        }
        assert!(lanes.enter("eva").await.is_none(), "the sixth is sent away");
        assert!(lanes.enter("ida").await.is_some(), "another name has its own lane");

        drop(first);
        assert!(waiting.remove(0).now_or_never().flatten().is_some());
        drop(waiting);
        assert!(lanes.lanes().is_empty(), "an empty lane leaves nothing behind");
    }
}
