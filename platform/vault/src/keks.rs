//! The key-encryption keys that count: one wraps, and during a rotation another one still opens.
use zeroize::Zeroizing;

use crate::cipher::Kek;

pub(crate) struct Keks {
    pub wraps: Kek,
    pub also: Option<Kek>,
}

/// Which key-encryption key something is wrapped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The one that wraps (`KEK`).
    Present,
    /// The other one (`KEK_ALSO`).
    Other,
    /// Neither: it was written with a third one, or changed by hand.
    Neither,
}

impl Keks {
    pub fn wrap(&self, bound: &[u8], secret: &[u8]) -> Vec<u8> {
        self.wraps.wrap(bound, secret)
    }

    pub fn unwrap(&self, bound: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.look(bound, wrapped).1
    }

    pub fn look(&self, bound: &[u8], wrapped: &[u8]) -> (Under, Option<Zeroizing<Vec<u8>>>) {
        if let Some(secret) = self.wraps.unwrap(bound, wrapped) {
            return (Under::Present, Some(secret));
        }
        match self.also.as_ref().and_then(|it| it.unwrap(bound, wrapped)) {
            Some(secret) => (Under::Other, Some(secret)),
            None => (Under::Neither, None),
        }
    }
}
