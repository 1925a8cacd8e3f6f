//! Folded states of the streams this process wrote to last, so that a stampede on one court costs one fold.
//!
//! A state is moved out while it is used: whoever is cancelled or panics meanwhile leaves nothing behind, and the
//! next one folds the stream anew.
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most streams remembered: more court-days than a process sells at a time, and a few megabytes.
const MAX_STREAMS: usize = 1_024;

#[derive(Default)]
pub(super) struct Folded {
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    by_name: HashMap<String, (u64, Box<dyn Any + Send>)>,
    /// The one put back longest ago first.
    by_age: BTreeMap<u64, String>,
    next: u64,
}

impl Folded {
    /// Takes a stream's state out; `None` as well if it was folded by other rules.
    pub(super) fn take<T: Any>(&self, stream: &str) -> Option<T> {
        self.remove(stream)?.downcast().ok().map(|it| *it)
    }

    pub(super) fn forget(&self, stream: &str) {
        drop(self.remove(stream));
    }

    fn remove(&self, stream: &str) -> Option<Box<dyn Any + Send>> {
        let mut streams = self.streams();
        let (age, state) = streams.by_name.remove(stream)?;
        streams.by_age.remove(&age);
        Some(state)
    }

    pub(super) fn put<T: Any + Send>(&self, stream: &str, state: T) {
        let mut streams = self.streams();
        let age = streams.next;
        streams.next += 1;
        if let Some((old, _)) = streams.by_name.insert(stream.to_owned(), (age, Box::new(state))) {
            streams.by_age.remove(&old);
        }
        streams.by_age.insert(age, stream.to_owned());
        if MAX_STREAMS < streams.by_name.len()
            && let Some((_, oldest)) = streams.by_age.pop_first()
        {
            streams.by_name.remove(&oldest);
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_taken_once_and_only_as_what_it_is() {
        let folded = Folded::default();
        folded.put("a", 7_u32);
        assert_eq!(folded.take::<String>("a"), None, "other rules fold anew");
        folded.put("a", 8_u32);
        assert_eq!(folded.take::<u32>("a"), Some(8));
        assert_eq!(folded.take::<u32>("a"), None, "whoever never puts it back costs a fold");
    }

    #[test]
    fn the_stream_put_back_longest_ago_is_forgotten_first() {
        let folded = Folded::default();
        for n in 0..=MAX_STREAMS {
            folded.put(&n.to_string(), n);
            folded.put("busy", n);
        }
        assert_eq!(folded.take::<usize>("0"), None);
        assert_eq!(folded.take::<usize>("busy"), Some(MAX_STREAMS));
        assert_eq!(folded.take::<usize>(&MAX_STREAMS.to_string()), Some(MAX_STREAMS));
    }
}
