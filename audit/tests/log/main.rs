//! The tree against another crate's, frozen vectors, and exports with something wrong in them.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod given;
mod parts;
mod proofs;
mod records;
mod tampered;
mod tree;
mod vectors;
