//! Cursors: where a list goes on, opaque to the client and free of anything that a rebuild would change.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runtime::Problem;
use runtime::problem::{BAD_CURSOR, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub fn write<T: Serialize>(key: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

pub fn read<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = bytes.and_then(|it| serde_json::from_slice::<Value>(&it).ok()).filter(is_storable);
    key.and_then(|it| serde_json::from_value(it).ok()).ok_or_else(|| {
        let detail = "the cursor is not one that this list gave out";
        Problem::new(BAD_CURSOR, detail).at(
            Place::Parameter("after".to_owned()),
            "bad-cursor",
            detail,
        )
    })
}

/// Whether the database can be asked for it: no text in it has U+0000, and so no key of ours has.
fn is_storable(key: &Value) -> bool {
    match key {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => items.iter().all(is_storable),
        Value::Object(fields) => fields.values().all(is_storable),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
