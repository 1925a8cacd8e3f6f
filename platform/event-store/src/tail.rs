//! The newest events, read once for all followers of a process.
//!
//! Whatever is appended wakes all of them, and they want the same few events. The first reads them; the others find
//! them here. Whoever is further behind than what is kept reads by himself.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Position, ReadError, Recorded, Store};

/// So many events are kept: a few megabytes, and at most a batch or two of a follower.
const MOST: usize = 10_000;

/// The end of a log, shared by those who follow it. Clones share it too.
#[derive(Clone)]
pub struct Tail {
    store: Store,
    kept: Arc<Mutex<Kept>>,
    /// Held by the one who reads what nobody has yet.
    front: Arc<tokio::sync::Mutex<()>>,
}

/// All events after `from` up to the last of these.
#[derive(Default)]
struct Kept {
    from: Position,
    events: VecDeque<Recorded>,
}

/// Where a reader stands.
enum Place {
    /// These come next for him.
    Within(Vec<Recorded>),
    /// What comes next was never kept, or is no more.
    Behind,
    /// Nobody has read further.
    AtTheFront,
}

impl Tail {
    pub fn new(store: Store) -> Self {
        Self { store, kept: Arc::default(), front: Arc::default() }
    }

    /// Returns up to `limit` of the events that follow `after`, in order: fewer than there are, perhaps, and none only
    /// if there are none.
    pub async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        if let Some(read) = self.read_behind_the_front(after, limit).await {
            return read;
        }
        let _front = self.front.lock().await;
        // Meanwhile somebody may have read on.
        if let Some(read) = self.read_behind_the_front(after, limit).await {
            return read;
        }
        let events = self.store.read_all(after, limit).await?;
        self.kept().keep(after, &events);
        Ok(events)
    }

    /// The same from the store itself, for whoever does not go on from where he was. What is kept is given up if the store
    /// has something else in its place, or less: it was restored meanwhile.
    pub async fn read_anew(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let events = self.store.read_all(after, limit).await?;
        let mut kept = self.kept();
        if !kept.agrees(after, limit, &events) {
            *kept = Kept::default();
        }
        if kept.last() <= after {
            kept.keep(after, &events);
        }
        Ok(events)
    }

    async fn read_behind_the_front(
        &self,
        after: Position,
        limit: usize,
    ) -> Option<Result<Vec<Recorded>, ReadError>> {
        let place = self.kept().place(after, limit);
        match place {
            Place::Within(events) => Some(Ok(events)),
            Place::Behind => Some(self.store.read_all(after, limit).await),
            Place::AtTheFront => None,
        }
    }

    /// As [`crate::EventStore::head`].
    pub async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    /// As [`crate::EventStore::changed`].
    pub async fn changed(&self, after: Position, within: Duration) {
        self.store.changed(after, within).await;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn last(&self) -> Position {
        self.events.back().map_or(self.from, |it| it.position)
    }

    fn place(&self, after: Position, limit: usize) -> Place {
        if after < self.from {
            return Place::Behind;
        }
        let seen = self.events.partition_point(|it| it.position <= after);
        let events: Vec<Recorded> = self.events.range(seen..).take(limit).cloned().collect();
        if events.is_empty() { Place::AtTheFront } else { Place::Within(events) }
    }

    /// Whether `events`, up to `limit` of those that follow `after`, can be of the same log.
    fn agrees(&self, after: Position, limit: usize, events: &[Recorded]) -> bool {
        let from = after.max(self.from);
        let read = &events[events.partition_point(|it| it.position <= from)..];
        let kept = self.events.partition_point(|it| it.position <= from);
        let kept = self.events.range(kept..);
        let is_all = events.len() < limit;
        (!is_all || kept.len() <= read.len()) && kept.zip(read).all(|(kept, read)| kept == read)
    }

    /// Keeps what follows `after`, which nobody had read.
    fn keep(&mut self, after: Position, events: &[Recorded]) {
        if events.is_empty() {
            return;
        }
        if after != self.last() {
            *self = Self { from: after, events: VecDeque::new() };
        }
        self.events.extend(events.iter().cloned());
        let surplus = self.events.len().saturating_sub(MOST);
        if let Some(last) = self.events.drain(..surplus).next_back() {
            self.from = last.position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metadata;

    fn event(position: Position) -> Recorded {
        let meta = Metadata::new(uuid::Uuid::nil(), jiff::Timestamp::UNIX_EPOCH);
        let (stream, kind) = ("thing-1".to_owned(), "thing.happened.v1".to_owned());
        let (id, data) = (uuid::Uuid::nil(), vec![]);
        Recorded { position, stream, revision: position, id, kind, data, meta }
    }

    fn kept(from: Position, to: Position) -> Kept {
        Kept { from, events: (from + 1..=to).map(event).collect() }
    }

    fn found(kept: &Kept, after: Position, limit: usize) -> Option<(Position, usize)> {
        match kept.place(after, limit) {
            Place::Within(events) => events.first().map(|it| (it.position, events.len())),
            Place::Behind => Some((0, 0)),
            Place::AtTheFront => None,
        }
    }

    #[test]
    fn what_one_has_read_the_others_find() {
        let kept = kept(10, 20);
        let cases = [
            (9, 5, Some((0, 0))),
            (10, 5, Some((11, 5))),
            (10, 50, Some((11, 10))),
            (19, 5, Some((20, 1))),
            (20, 5, None),
            (25, 5, None),
        ];
        for (after, limit, expected) in cases {
            assert_eq!(found(&kept, after, limit), expected, "after {after}, at most {limit}");
        }
    }

    #[test]
    fn it_goes_on_where_it_ended_and_begins_anew_beyond() {
        let mut kept = kept(10, 20);
        kept.keep(20, &[event(21), event(22)]);
        assert_eq!(found(&kept, 10, 50), Some((11, 12)));
        kept.keep(22, &[]);
        assert_eq!(found(&kept, 10, 50), Some((11, 12)));
        kept.keep(30, &[event(31)]);
        assert_eq!((found(&kept, 29, 50), found(&kept, 30, 50)), (Some((0, 0)), Some((31, 1))));
    }

    #[test]
    fn what_the_store_says_otherwise_is_not_of_its_log() {
        let all = |from: Position, to: Position| (from + 1..=to).map(event).collect::<Vec<_>>();
        let mut other = all(10, 14);
        other[3].kind = "thing.happened.otherwise.v1".to_owned();
        for (after, limit, events, agrees) in [
            (10, 50, all(10, 20), true),
            (10, 50, all(10, 25), true),
            (0, 50, all(0, 20), true),
            (15, 50, all(15, 20), true),
            (10, 5, all(10, 15), true),
            (0, 5, all(0, 5), true),
            (20, 50, vec![], true),
            // Less than is kept, though it was all.
            (10, 50, all(10, 19), false),
            (0, 50, all(0, 9), false),
            (15, 50, vec![], false),
            (10, 4, other.clone(), false),
            (13, 50, other[3..].to_vec(), false),
        ] {
            assert_eq!(kept(10, 20).agrees(after, limit, &events), agrees, "after {after}");
        }
    }

    #[test]
    fn the_oldest_go_first() {
        let mut kept = kept(0, 10);
        let more: Vec<Recorded> = (11..=MOST as u64 + 4).map(event).collect();
        kept.keep(10, &more);
        assert_eq!((kept.events.len(), kept.from), (MOST, 4));
        assert_eq!((found(&kept, 3, 1), found(&kept, 4, 1)), (Some((0, 0)), Some((5, 1))));
    }
}
