//! Personal data inside an event: closed here, opened only where a key can be had.
use serde::{Deserialize, Serialize};

/// A value sealed under one person's own key. The rules carry it and cannot read it.
///
/// The text is made and read by `vault` alone; destroying the key makes it unreadable for ever, while the
/// event, and every hash over it, stays as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);
