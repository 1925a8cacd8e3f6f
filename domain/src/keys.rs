//! The keys that sign access tokens: next → active → retiring → gone, by events that every instance follows.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::decider::Decider;

pub use command::KeyCommand;
pub use event::KeyEvent;
pub use rejection::KeyRejection;

pub const STREAM: &str = "keys-jwt";

/// What the rules remember of the signing keys, in the order they were published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub published: Vec<Key>,
    pub active: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub kid: String,
    pub alg: String,
    pub jwk: serde_json::Value,
    pub retired: bool,
}

impl Keys {
    pub fn get(&self, kid: &str) -> Option<&Key> {
        self.published.iter().find(|it| it.kid == kid)
    }

    fn is_active(&self, kid: &str) -> bool {
        self.active.as_deref() == Some(kid)
    }
}

impl Decider for Keys {
    type State = Self;
    type Command = KeyCommand;
    type Event = KeyEvent;
    type Rejection = KeyRejection;

    fn evolve(mut keys: Self, event: KeyEvent) -> Self {
        match event {
            KeyEvent::Published { kid, alg, jwk } => {
                keys.published.push(Key { kid, alg, jwk, retired: false });
            }
            KeyEvent::Activated { kid } => keys.active = Some(kid),
            KeyEvent::Retired { kid } => {
                if let Some(key) = keys.published.iter_mut().find(|it| it.kid == kid) {
                    key.retired = true;
                }
            }
        }
        keys
    }

    /// The `kid` is a hash of the key, so that the same name is the same key.
    fn decide(keys: &Self, command: KeyCommand) -> Result<Vec<KeyEvent>, KeyRejection> {
        use KeyCommand as C;
        use KeyEvent as E;
        use KeyRejection as R;

        let kid = match &command {
            C::Publish { kid, .. }
            | C::Activate { kid }
            | C::Open { kid, .. }
            | C::Retire { kid } => kid,
        };
        match (keys.get(kid), command) {
            (None, C::Publish { kid, alg, jwk }) => Ok(vec![E::Published { kid, alg, jwk }]),
            (Some(key), C::Publish { .. }) if key.retired => Err(R::Retired),
            (Some(_), C::Publish { .. }) => Ok(vec![]),

            (None, C::Activate { .. }) => Err(R::UnknownKey),
            (Some(key), C::Activate { .. }) if key.retired => Err(R::Retired),
            (Some(_), C::Activate { kid }) if keys.is_active(&kid) => Ok(vec![]),
            (Some(_), C::Activate { kid }) => Ok(vec![E::Activated { kid }]),

            // Every instance asks for this when it starts; the first one's key is everybody's.
            (_, C::Open { .. }) if keys.active.is_some() => Ok(vec![]),
            (None, C::Open { kid, alg, jwk }) => {
                let activated = E::Activated { kid: kid.clone() };
                Ok(vec![E::Published { kid, alg, jwk }, activated])
            }
            (Some(key), C::Open { .. }) if key.retired => Err(R::Retired),
            (Some(_), C::Open { kid, .. }) => Ok(vec![E::Activated { kid }]),

            (None, C::Retire { .. }) => Err(R::UnknownKey),
            (Some(key), C::Retire { .. }) if key.retired => Ok(vec![]),
            (Some(_), C::Retire { kid }) if keys.is_active(&kid) => Err(R::Active),
            (Some(_), C::Retire { kid }) => Ok(vec![E::Retired { kid }]),
        }
    }
}
