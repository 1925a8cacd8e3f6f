//! The login audit as a transparency log: records, the tree over them, signed checkpoints, and checking them all.
//!
//! The formats are those of C2SP (tlog-tiles, tlog-checkpoint, signed-note), so that tools nobody here wrote can read
//! them. Nothing in this crate knows a store or a network; [`verify`] and [`export`] know directories.
//!
//! **Invariant:** a leaf is `SHA-256(0x00 ‖ bytes)` over exactly the bytes that were recorded. A record is never made again
//! from what it was made of.
#![warn(clippy::unwrap_used)]

pub mod edge;
pub mod export;
pub mod proof;
pub mod range;
pub mod record;
pub mod tiles;
pub mod tlog;
pub mod verify;
