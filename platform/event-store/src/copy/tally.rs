//! What a log holds, in a few bytes a stream.
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::Recorded;

#[derive(Default)]
pub(super) struct Tally(BTreeMap<String, Stream>);

#[derive(Default, PartialEq, Eq)]
struct Stream {
    count: u64,
    last: u64,
    /// Over the hash before and the event.
    hash: [u8; 32],
}

impl Tally {
    pub fn add(&mut self, it: &Recorded) {
        let stream = self.0.entry(it.stream.clone()).or_default();
        stream.count += 1;
        stream.last = it.revision;
        // Written from the same fields in the same order on both sides; a store may have spelled it otherwise.
        let meta = serde_json::to_vec(&it.meta).unwrap_or_default();
        let mut hash = Sha256::new_with_prefix(stream.hash);
        hash.update(it.id.as_bytes());
        for part in [it.kind.as_bytes(), &it.data, &meta] {
            // Its length first, so that no two events can be written alike.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        stream.hash = hash.finalize().into();
    }

    pub fn streams(&self) -> usize {
        self.0.len()
    }

    /// The first stream that is not the same in both.
    pub fn difference<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let mut names = self.0.keys().chain(other.0.keys());
        names.find(|it| self.0.get(*it) != other.0.get(*it)).map(String::as_str)
    }

    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (name, it) in &self.0 {
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
            hash.update(it.count.to_be_bytes());
            hash.update(it.last.to_be_bytes());
            hash.update(it.hash);
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let digits = bytes.iter().flat_map(|it| [it >> 4, it & 15]);
        digits.filter_map(|it| char::from_digit(it.into(), 16)).collect()
    }
}
