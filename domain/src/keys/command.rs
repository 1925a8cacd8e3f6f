/// What may be asked of the signing keys.
#[derive(Clone, Debug)]
pub enum KeyCommand {
    Publish {
        kid: String,
        alg: String,
        jwk: serde_json::Value,
    },
    Activate {
        kid: String,
    },
    /// The first key of all: published and activated in one append; already true when any key is active.
    Open {
        kid: String,
        alg: String,
        jwk: serde_json::Value,
    },
    Retire {
        kid: String,
    },
}
