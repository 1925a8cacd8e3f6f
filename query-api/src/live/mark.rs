//! How far somebody has listened: the id of a message.
use std::fmt;

/// What the projector has told, since when: only ids of one telling can be compared. A switch to another build and parked
/// events that are applied late begin a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    pub build: i32,
    pub epoch: i32,
}

/// `<build>.<epoch>-<position>`: everything up to there was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub telling: Telling,
    pub position: i64,
}

impl Mark {
    /// Reads an id back; `None` for whatever is none of ours.
    pub fn read(text: &str) -> Option<Self> {
        let (telling, position) = text.split_once('-')?;
        let (build, epoch) = telling.split_once('.')?;
        let telling = Telling { build: number(build)?, epoch: number(epoch)? };
        Some(Self { telling, position: number(position)? })
    }
}

/// Digits alone: `parse` takes a sign too.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { telling: Telling { build, epoch }, position } = self;
        write!(f, "{build}.{epoch}-{position}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_nothing_else_is() {
        let mark = Mark { telling: Telling { build: 3, epoch: 1 }, position: 4711 };
        assert_eq!(mark.to_string(), "3.1-4711");
        assert_eq!(Mark::read("3.1-4711"), Some(mark));
        for text in [
            "",
            "3.1",
            "3-4711",
            "3.1-",
            ".-",
            "+3.1-4711",
            "3.-1-4711",
            "3.1--4711",
            "3.1-4711 ",
            "3.1-9223372036854775808",
            "3000000000.1-4711",
            "3.1-4711-1",
            "three.one-many",
            "3.1-٤٧",
        ] {
            assert_eq!(Mark::read(text), None, "{text:?}");
        }
    }
}
