//! A tree's right edge: all that adding records takes, a few hashes however many records there are.
use crate::tlog::{self, Hash};

/// The roots of the complete subtrees that a tree of `size` leaves is made of, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    hashes: Vec<Hash>,
}

impl Edge {
    /// `None` where so many leaves do not make so many subtrees.
    pub fn new(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        (u32::try_from(hashes.len()) == Ok(size.count_ones())).then_some(Self { size, hashes })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each complete subtree of the same size becomes the left half of one twice as large.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = tlog::parent(left, hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let mut hashes = self.hashes.iter().rev().copied();
        let Some(last) = hashes.next() else { return tlog::EMPTY };
        hashes.fold(last, |right, left| tlog::parent(left, right))
    }
}
