use serde::{Deserialize, Serialize};

/// As many workers as a rebuild has at most: each holds a connection and a part of a chunk in memory.
pub const MAX_WORKERS: u8 = 8;

/// How a projection is made anew. Stored with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct How {
    /// How many share the work, by the projection's keys: 1 to [`MAX_WORKERS`]. One has it all where there are no keys.
    pub workers: u8,
    /// The new build is compared with the live one, and switched to only if they are the same.
    pub verifies: bool,
}

impl Default for How {
    fn default() -> Self {
        Self { workers: 1, verifies: false }
    }
}
