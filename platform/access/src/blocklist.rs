//! Passwords that nobody may have: an operator's list, compiled to a filter that fits in memory (a Bloom filter).
//!
//! What is in the list is always found. Of what is not, one in a million is found too, and somebody takes another password:
//! for four bytes a password instead of the password.
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// A compiled list. Cheap to clone.
#[derive(Clone)]
pub struct Blocklist {
    filter: Arc<Filter>,
}

/// A list that is being compiled.
pub struct Compiler {
    filter: Filter,
}

struct Filter {
    bits: Vec<u8>,
    entries: u64,
}

/// Why a file is no list to go by.
#[derive(Debug, thiserror::Error)]
pub enum BlocklistError {
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    #[error("it is not what `courtside passwords compile` writes: name its output, not its input")]
    Foreign,
    #[error("it is damaged or not whole: compile it again")]
    Damaged,
}

/// The last byte is the format's version.
const MAGIC: &[u8; 20] = b"courtside-passwords\x01";
const HEAD: usize = MAGIC.len() + 8 + SUM_BYTES;
const SUM_BYTES: usize = 32;
/// With these two, one in a million is found that is not there.
const BITS_PER_ENTRY: u64 = 29;
const HASHES: u64 = 20;
/// Nobody may have a shorter or a longer one anyway.
const SHORTEST: usize = 8;
const LONGEST: usize = 128;

impl Compiler {
    /// For a list of at most `entries` passwords.
    pub fn for_at_most(entries: u64) -> Self {
        let bytes = (entries.max(1) * BITS_PER_ENTRY).div_ceil(8);
        let bits = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        Self { filter: Filter { bits, entries: 0 } }
    }

    /// Adds a password, unless it is one that nobody could have; says which.
    pub fn add(&mut self, password: &str) -> bool {
        let plain = plain(password);
        let counts = (SHORTEST..=LONGEST).contains(&plain.chars().count());
        if counts {
            for bit in self.filter.places(&plain) {
                self.filter.bits[bit / 8] |= 1 << (bit % 8);
            }
            self.filter.entries += 1;
        }
        counts
    }

    pub fn entries(&self) -> u64 {
        self.filter.entries
    }

    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let Filter { bits, entries } = &self.filter;
        to.write_all(MAGIC)?;
        to.write_all(&entries.to_le_bytes())?;
        to.write_all(&sum(bits))?;
        to.write_all(bits)
    }
}

impl Blocklist {
    pub fn load(path: &Path) -> Result<Self, BlocklistError> {
        Self::read(&std::fs::read(path)?)
    }

    fn read(file: &[u8]) -> Result<Self, BlocklistError> {
        let Some(rest) = file.strip_prefix(MAGIC) else { return Err(BlocklistError::Foreign) };
        if file.len() <= HEAD {
            return Err(BlocklistError::Damaged);
        }
        let (entries, rest) = rest.split_at(8);
        let (said, bits) = rest.split_at(SUM_BYTES);
        if sum(bits) != said {
            return Err(BlocklistError::Damaged);
        }
        let entries = entries.try_into().map(u64::from_le_bytes);
        let entries = entries.map_err(|_| BlocklistError::Damaged)?;
        Ok(Self { filter: Arc::new(Filter { bits: bits.to_vec(), entries }) })
    }

    /// Whether a password is in the list, in whatever case.
    pub fn has(&self, password: &str) -> bool {
        let bits = &self.filter.bits;
        self.filter.places(&plain(password)).all(|bit| bits[bit / 8] & (1 << (bit % 8)) != 0)
    }
}

impl fmt::Debug for Blocklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blocklist of {}", self.filter.entries)
    }
}

impl Filter {
    /// One hash is enough for all places (Kirsch and Mitzenmacher): its two halves, one added to the other again and again.
    fn places(&self, plain: &str) -> impl Iterator<Item = usize> + use<> {
        let hash = sum(plain.as_bytes());
        let half = |from: usize| {
            let bytes = hash[from..from + 8].iter();
            bytes.fold(0u64, |half, byte| (half << 8) | u64::from(*byte))
        };
        let (first, step) = (half(0), half(8) | 1);
        let size = 8 * self.bits.len() as u64;
        let place = move |n| first.wrapping_add(step.wrapping_mul(n)) % size;
        (0..HASHES).map(move |n| usize::try_from(place(n)).unwrap_or(usize::MAX))
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    Sha256::digest(bytes).into()
}

/// As both sides write it: whoever guesses tries capitals too.
fn plain(password: &str) -> String {
    password.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(passwords: &[&str]) -> Vec<u8> {
        let mut compiler = Compiler::for_at_most(passwords.len() as u64);
        for password in passwords {
            compiler.add(password);
        }
        let mut file = Vec::new();
        compiler.write(&mut file).unwrap();
        file
    }

    #[test]
    fn what_is_in_the_list_is_found_however_it_is_written() {
        let list = Blocklist::read(&compiled(&["Correct Horse Battery", "Ångström 1814"])).unwrap();
        for password in
            ["correct horse battery", "CORRECT HORSE BATTERY", "A\u{30a}ngstro\u{308}m 1814"]
        {
            assert!(list.has(password), "{password:?}");
        }
        for password in ["correct horse batter", "correct  horse battery", ""] {
            assert!(!list.has(password), "{password:?}");
        }
    }

    #[test]
    fn of_a_hundred_thousand_each_is_found_and_of_others_hardly_any() {
        const MANY: u64 = 100_000;
        let mut compiler = Compiler::for_at_most(MANY);
        for n in 0..MANY {
            assert!(compiler.add(&format!("password {n}")));
        }
        let mut file = Vec::new();
        compiler.write(&mut file).unwrap();
        assert!(file.len() < 400_000, "{} bytes", file.len());
        let list = Blocklist::read(&file).unwrap();
        assert!((0..MANY).all(|n| list.has(&format!("password {n}"))));
        let wrong = (0..MANY).filter(|n| list.has(&format!("another {n}"))).count();
        assert!(wrong < 5, "{wrong} of {MANY} are taken for others");
    }

    #[test]
    fn what_nobody_could_have_is_left_out() {
        let mut compiler = Compiler::for_at_most(3);
        assert!(!compiler.add("1234567") && !compiler.add("") && !compiler.add(&"x".repeat(129)));
        assert_eq!(compiler.entries(), 0);
    }

    #[test]
    fn what_is_no_compiled_list_is_told_from_a_damaged_one() {
        let good = compiled(&["correct horse battery"]);
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for (case, file, foreign) in [
            ("a list as it was", &b"password\n123456\n"[..], true),
            ("nothing", b"", true),
            ("another version", b"courtside-passwords\x02", true),
            ("only the beginning", &good[..good.len() - 1], false),
            ("nothing behind the head", &good[..HEAD], false),
            ("nothing behind the name", &good[..MAGIC.len()], false),
            ("one bit", &flipped, false),
        ] {
            let refused = Blocklist::read(file).unwrap_err();
            assert_eq!(matches!(refused, BlocklistError::Foreign), foreign, "{case}: {refused}");
        }
    }
}
