//! How a sealed value is written: `v1.<key id>.<command id>.<base64url(nonce ‖ ciphertext)>`, or `v1.erased`.
//!
//! The command's id stands in the text because a state folded from events has no metadata at hand.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::sealed::Sealed;
use uuid::Uuid;

/// A sealed value, taken apart and not yet opened.
pub(crate) enum Text {
    Sealed {
        key: Uuid,
        command: Uuid,
        bytes: Vec<u8>,
    },
    /// Sealed for somebody who was destroyed already: there was never a ciphertext.
    Erased,
}

const ERASED: &str = "v1.erased";

impl Text {
    /// `None` for what this vault did not write.
    pub fn parse(sealed: &Sealed) -> Option<Self> {
        if sealed.0 == ERASED {
            return Some(Self::Erased);
        }
        let mut parts = sealed.0.strip_prefix("v1.")?.split('.');
        let (key, command, bytes) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self::Sealed {
            key: Uuid::try_parse(key).ok()?,
            command: Uuid::try_parse(command).ok()?,
            bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?,
        })
    }

    pub fn write(&self) -> Sealed {
        Sealed(match self {
            Self::Sealed { key, command, bytes } => {
                format!(
                    "v1.{}.{}.{}",
                    key.simple(),
                    command.simple(),
                    URL_SAFE_NO_PAD.encode(bytes)
                )
            }
            Self::Erased => ERASED.to_owned(),
        })
    }

    /// The key it takes to open this.
    pub fn key(&self) -> Option<Uuid> {
        match self {
            Self::Sealed { key, .. } => Some(*key),
            Self::Erased => None,
        }
    }
}
