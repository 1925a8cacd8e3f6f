//! Where ids come from when nothing gives one.
use uuid::Uuid;

/// A new id, ordered by time (UUIDv7).
#[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
pub fn new() -> Uuid {
    Uuid::now_v7()
}

/// The id that `name` has under `namespace` (UUIDv5): the same for ever. Parts are told apart by their lengths.
pub fn derive(namespace: Uuid, parts: &[&str]) -> Uuid {
    let mut name = Vec::new();
    for part in parts {
        name.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    Uuid::new_v5(&namespace, &name)
}

/// The namespace of everything Courtside derives: UUIDv5(DNS, "courtside").
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6a9d_5a0e_5f0c_5b43_9a52_0d3c_1f0b_77c1);
