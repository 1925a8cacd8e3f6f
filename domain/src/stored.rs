//! How events are kept: by name, as JSON, for ever.
use std::fmt::{Display, Formatter};

use serde::Serialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Error};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::decider::Decider;

/// A decider whose streams are stored.
pub trait StoredDecider: Decider<Event: StoredEvent> + Send + 'static {}

impl<D: Decider<Event: StoredEvent> + Send + 'static> StoredDecider for D {}

/// An event that can be stored, and still be read when its shape has changed.
///
/// Implementors are enums tagged `type` and `content = "data"`, each variant renamed to `<singular>.<event>.v<N>`.
pub trait StoredEvent: Serialize + DeserializeOwned {
    /// How older versions become newer ones, one step at a time.
    const UPCASTS: &'static [Upcast];

    /// Reads an event of any age from its stored name and the JSON written under it.
    fn read(name: &str, data: &[u8]) -> Result<Self, serde_json::Error> {
        if Self::UPCASTS.iter().any(|it| it.from == name) {
            return upcast(Self::UPCASTS, name, data);
        }
        let data: &RawValue = serde_json::from_slice(data)?;
        serde_json::from_str(&format!(r#"{{"type":{},"data":{data}}}"#, Value::from(name)))
    }

    /// Whether this build has a shape for the name, in whatever version. What it does not know was written by another.
    fn knows(name: &str) -> bool {
        if Self::UPCASTS.iter().any(|it| it.from == name) {
            return true;
        }
        let tag = MapDeserializer::<_, Probe>::new(std::iter::once(("type", name)));
        !matches!(Self::deserialize(tag), Err(Probe::UnknownName))
    }

    /// Returns the name and the JSON to store.
    fn write(&self) -> Result<(String, Vec<u8>), serde_json::Error> {
        let mut tagged = serde_json::to_value(self)?;
        let (Some(Value::String(name)), Some(data)) =
            (tagged.get_mut("type").map(Value::take), tagged.get_mut("data").map(Value::take))
        else {
            return Err(serde::ser::Error::custom("an event is tagged `type` and holds `data`"));
        };
        Ok((name, serde_json::to_vec(&data)?))
    }
}

/// Asks an enum for a name alone: all that matters is whether that was it.
#[derive(Debug)]
enum Probe {
    UnknownName,
    Other,
}

impl Error for Probe {
    fn custom<T: Display>(_: T) -> Self {
        Self::Other
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownName
    }
}

impl std::error::Error for Probe {}

impl Display for Probe {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownName => "no event of this name",
            Self::Other => "an event of this name has more to it",
        })
    }
}

/// One step between two versions of an event.
pub struct Upcast {
    pub from: &'static str,
    pub to: &'static str,
    pub change: fn(&mut Map<String, Value>),
}

fn upcast<E: DeserializeOwned>(
    steps: &[Upcast],
    name: &str,
    data: &[u8],
) -> Result<E, serde_json::Error> {
    let mut name = name;
    let Value::Object(mut data) = serde_json::from_slice(data)? else {
        return Err(serde_json::Error::custom("an event's data is an object"));
    };
    while let Some(step) = steps.iter().find(|it| it.from == name) {
        (step.change)(&mut data);
        name = step.to;
    }
    serde_json::from_value(serde_json::json!({ "type": name, "data": data }))
}
