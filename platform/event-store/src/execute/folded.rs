//! Folded states of the streams this process wrote to last, so that a stampede on one court costs one fold.
//!
//! A state is moved out while it is used: whoever is cancelled or panics meanwhile leaves nothing behind, and the
//! next one folds the stream anew.
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most streams remembered: more court-days than a process sells at a time.
const MAX_STREAMS: usize = 4_096;

/// The most things that all of them together remember: bookings, leases (`Decider::size`). A court-day that is held and let go
/// all day is as large as a hundred others, and this is what bounds the memory: some forty megabytes.
const MAX_SIZE: usize = 32_768;

#[derive(Default)]
pub(super) struct Folded {
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    by_name: HashMap<String, Remembered>,
    /// The one put back longest ago first.
    by_age: BTreeMap<u64, String>,
    next: u64,
    size: usize,
}

struct Remembered {
    age: u64,
    size: usize,
    state: Box<dyn Any + Send>,
}

impl Folded {
    /// Takes a stream's state out; `None` as well if it was folded by other rules.
    pub(super) fn take<T: Any>(&self, stream: &str) -> Option<T> {
        self.streams().remove(stream)?.downcast().ok().map(|it| *it)
    }

    pub(super) fn forget(&self, stream: &str) {
        drop(self.streams().remove(stream));
    }

    /// Remembers a state of this size. One that is larger than all may be together is the only one then.
    pub(super) fn put<T: Any + Send>(&self, stream: &str, state: T, size: usize) {
        let mut streams = self.streams();
        let age = streams.next;
        streams.next += 1;
        drop(streams.remove(stream));
        let remembered = Remembered { age, size, state: Box::new(state) };
        streams.by_name.insert(stream.to_owned(), remembered);
        streams.by_age.insert(age, stream.to_owned());
        streams.size += size;
        while streams.is_full()
            && let Some(oldest) = streams.by_age.values().next().cloned()
        {
            drop(streams.remove(&oldest));
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    fn remove(&mut self, stream: &str) -> Option<Box<dyn Any + Send>> {
        let Remembered { age, size, state } = self.by_name.remove(stream)?;
        self.by_age.remove(&age);
        self.size -= size;
        Some(state)
    }

    fn is_full(&self) -> bool {
        MAX_STREAMS < self.by_name.len() || MAX_SIZE < self.size && 1 < self.by_name.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_taken_once_and_only_as_what_it_is() {
        let folded = Folded::default();
        folded.put("a", 7_u32, 1);
        assert_eq!(folded.take::<String>("a"), None, "other rules fold anew");
        folded.put("a", 8_u32, 1);
        assert_eq!(folded.take::<u32>("a"), Some(8));
        assert_eq!(folded.take::<u32>("a"), None, "whoever never puts it back costs a fold");
    }

    #[test]
    fn the_stream_put_back_longest_ago_is_forgotten_first() {
        let folded = Folded::default();
        for n in 0..=MAX_STREAMS {
            folded.put(&n.to_string(), n, 1);
            folded.put("busy", n, 1);
        }
        assert_eq!(folded.take::<usize>("0"), None);
        assert_eq!(folded.take::<usize>("busy"), Some(MAX_STREAMS));
        assert_eq!(folded.take::<usize>(&MAX_STREAMS.to_string()), Some(MAX_STREAMS));
    }

    #[test]
    fn what_is_remembered_has_a_size() {
        let folded = Folded::default();
        let half = MAX_SIZE / 2;
        for (stream, size) in [("a", half), ("b", half), ("b", half), ("c", 1)] {
            folded.put(stream, stream.to_owned(), size);
        }
        assert_eq!(folded.take::<String>("a"), None, "the oldest made room");
        assert!(folded.take::<String>("b").is_some(), "and is enough, for b is counted once");
        folded.put("large", "large".to_owned(), MAX_SIZE + 1);
        assert_eq!(folded.take::<String>("c"), None);
        assert!(folded.take::<String>("large").is_some(), "the one that is in use now is kept");
        let streams = folded.streams();
        assert_eq!((streams.size, streams.by_age.len()), (0, 0));
    }
}
