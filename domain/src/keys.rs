//! The keys that sign access tokens: next → active → retiring → gone, by events that every instance follows.
mod command;
mod event;
mod rejection;
mod upcast;

pub use command::KeyCommand;
pub use event::KeyEvent;
pub use rejection::KeyRejection;

pub const STREAM: &str = "keys-jwt";

/// What the rules remember of the signing keys, in the order they were published.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub published: Vec<Key>,
    pub active: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub kid: String,
    pub alg: String,
    pub jwk: serde_json::Value,
    pub retired: bool,
}
