//! JSON, read strictly, with the exact place of whatever is wrong.
//!
//! Twice: once for what no type can see (syntax, depth, names given twice, U+0000), once for the type. Bodies are small.
use std::collections::HashSet;
use std::fmt::{self, Write as _};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;
use serde_path_to_error::Segment;

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// RFC 6901 section 6: `#/starts_at`.
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

/// Lists in lists in lists: nothing of ours goes beyond five.
const MAX_DEPTH: usize = 32;

/// Reads a whole body, an object, as one `T`.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let whole =
        |code, detail: &str| Fault { pointer: "#".to_owned(), code, detail: detail.to_owned() };
    let Some(first) = bytes.iter().find(|it| !it.is_ascii_whitespace()) else {
        return Err(whole("malformed", "the body is empty"));
    };
    check(bytes)?;
    // serde would take a list of the right length for a struct.
    if *first != b'{' {
        return Err(whole("wrong-type", "expected an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let mut pointer = "#".to_owned();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => push(&mut pointer, &index.to_string()),
                Segment::Map { key } => push(&mut pointer, key),
                // A variant is a value, not a place; what is not known cannot be pointed at.
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        of_type(error.inner(), pointer)
    })
}

/// What serde says of a value whose syntax is right. It tells fields apart only in words.
fn of_type(error: &serde_json::Error, mut pointer: String) -> Fault {
    let detail = without_position(error);
    let code = match detail.split_once('`') {
        Some((words @ ("unknown field " | "missing field " | "duplicate field "), rest)) => {
            let field = rest.split('`').next().unwrap_or_default();
            let mut own = String::new();
            push(&mut own, field);
            // For an unknown field the path goes up to the field itself, for a missing one to the object.
            if !pointer.ends_with(&own) || words.starts_with("missing") {
                pointer += &own;
            }
            match words {
                "unknown field " => "unknown-field",
                "missing field " => "missing-field",
                _ => "duplicate-field",
            }
        }
        _ if detail.starts_with("invalid type: ") => "wrong-type",
        _ => "malformed",
    };
    Fault { pointer, code, detail }
}

/// The place is given as a pointer; a line and a column mean nothing to a program.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}

/// Checks what every body must keep to.
fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut path = Vec::new();
    let mut duplicate = false;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let walk = Walk { path: &mut path, duplicate: &mut duplicate };
    let Err(error) = walk.deserialize(&mut json).and_then(|()| json.end()) else { return Ok(()) };
    let mut pointer = "#".to_owned();
    for segment in &path {
        push(&mut pointer, segment);
    }
    let code = if duplicate { "duplicate-field" } else { "malformed" };
    let detail = match error.classify() {
        Category::Data => without_position(&error),
        _ => format!("not JSON: {error}"),
    };
    Err(Fault { pointer, code, detail })
}

/// Goes through any value. When it fails, `path` is left at the place.
struct Walk<'a> {
    path: &'a mut Vec<String>,
    duplicate: &'a mut bool,
}

impl Walk<'_> {
    fn deeper(&mut self) -> Walk<'_> {
        Walk { path: self.path, duplicate: self.duplicate }
    }

    fn enter<E: Error>(&mut self, segment: String) -> Result<(), E> {
        self.path.push(segment);
        if MAX_DEPTH < self.path.len() {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        no_nul(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        for index in 0.. {
            self.enter(u64::to_string(&index))?;
            let next = seq.next_element_seed(self.deeper())?;
            self.path.pop();
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.enter(key.clone())?;
            no_nul(&key)?;
            if !seen.insert(key) {
                *self.duplicate = true;
                return Err(A::Error::custom("given twice"));
            }
            map.next_value_seed(self.deeper())?;
            self.path.pop();
        }
        Ok(())
    }
}

/// Postgres has no text with U+0000, and nobody's name has one.
fn no_nul<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom("text without U+0000 is expected"));
    }
    Ok(())
}

/// Appends a segment to a pointer, escaped for the pointer and for the fragment it stands in.
fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for byte in segment.bytes() {
        match byte {
            b'~' => pointer.push_str("~0"),
            b'/' => pointer.push_str("~1"),
            it if it.is_ascii_alphanumeric() || b"-._!$&'()*+,;=:@?".contains(&it) => {
                pointer.push(char::from(it));
            }
            it => {
                let _ = write!(pointer, "%{it:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
