/// Why a key cannot be used like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejection {
    #[error("there is no such key")]
    UnknownKey,
    #[error("the active key cannot be retired before another is activated")]
    Active,
    #[error("the key is retired")]
    Retired,
}
