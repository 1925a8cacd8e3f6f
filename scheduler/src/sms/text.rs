//! What fits into an SMS. One that needs several segments is paid for and arrives in parts, so it has at most a few of them.
//!
//! A text whose characters are all in the alphabet of GSM 03.38 has 160 to a segment; one character beyond it makes the
//! whole text UCS-2, with 70. In parts each has a header, and room for 153 or 67.
use crate::mail::fill;

/// More nobody reads on a telephone.
pub const MOST_SEGMENTS: usize = 3;

/// What stands at a place of a template.
#[derive(Clone, Debug)]
pub struct Filled {
    pub place: &'static str,
    pub text: String,
    /// Whether its end may be left out: what people named is long sometimes, when something takes place never too long.
    pub may_shorten: bool,
}

/// GSM 03.38's basic alphabet but for its control characters, which are none of ours.
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension: an escape goes before each.
const EXTENDED: &str = "^{}\\[~]|€";
/// How much of a name is left, at first and when there is no room.
const NAME_CHARS: [usize; 5] = [60, 40, 24, 12, 6];

/// Fills the template's places, and shortens names until it fits into [`MOST_SEGMENTS`].
pub fn write(template: &str, values: &[Filled]) -> String {
    let clean: Vec<Filled> =
        values.iter().map(|it| Filled { text: clean(&it.text), ..it.clone() }).collect();
    let filled = |chars: usize| {
        fill(template.trim_end(), |place| {
            let it = clean.iter().find(|it| it.place == place)?;
            Some(if it.may_shorten { shortened(&it.text, chars) } else { it.text.clone() })
        })
    };
    let fits = |it: &String| segments(it) <= MOST_SEGMENTS;
    let [.., shortest] = NAME_CHARS;
    NAME_CHARS.into_iter().map(filled).find(fits).unwrap_or_else(|| cut(&filled(shortest)))
}

/// How many segments a text is sent in.
pub fn segments(text: &str) -> usize {
    let units = if text.chars().all(|it| septets(it).is_some()) {
        Units { alone: 160, in_parts: 153, of: |it| septets(it).unwrap_or(2) }
    } else {
        Units { alone: 70, in_parts: 67, of: char::len_utf16 }
    };
    units.segments(text)
}

/// How a text is counted.
struct Units {
    alone: usize,
    in_parts: usize,
    of: fn(char) -> usize,
}

impl Units {
    /// What needs two units does not lie across two segments.
    fn segments(&self, text: &str) -> usize {
        let all: usize = text.chars().map(self.of).sum();
        if all <= self.alone {
            return 1;
        }
        let (mut segments, mut used) = (1, 0);
        for units in text.chars().map(self.of) {
            if self.in_parts < used + units {
                segments += 1;
                used = 0;
            }
            used += units;
        }
        segments
    }
}

/// `None` for what the alphabet does not have.
fn septets(it: char) -> Option<usize> {
    if BASIC.contains(it) {
        Some(1)
    } else if EXTENDED.contains(it) {
        Some(2)
    } else {
        None
    }
}

/// On one line, without what is not seen: control characters, and those that turn a line around or hide in it.
fn clean(text: &str) -> String {
    let is_hidden = |it: char| {
        matches!(it, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let is_break = |it: char| it.is_control() || it.is_whitespace();
    let seen: String = text.chars().filter(|it| !is_hidden(*it)).collect();
    seen.split(is_break).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// At most so many characters, the last of them dots where something is missing.
fn shortened(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(2)).collect();
    format!("{}..", kept.trim_end())
}

/// The longest beginning that fits.
fn cut(text: &str) -> String {
    let ends = text.char_indices().map(|it| it.0).chain([text.len()]);
    let beginnings = ends.filter_map(|end| text.get(..end));
    beginnings.take_while(|it| segments(it) <= MOST_SEGMENTS).last().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_networks_count_them() {
        for (case, text, expected) in [
            ("nothing", String::new(), 1),
            ("one full", "x".repeat(160), 1),
            ("one more", "x".repeat(161), 2),
            ("two full", "x".repeat(306), 2),
            ("one more than two", "x".repeat(307), 3),
            ("umlauts are in the alphabet", "ä".repeat(160), 1),
            ("the euro costs two", "€".repeat(80), 1),
            ("one more euro", "€".repeat(81), 2),
            (
                "an escape is not torn from its character",
                format!("{}€{}", "x".repeat(152), "x".repeat(152)),
                3,
            ),
            ("one letter beyond", format!("{}ł", "x".repeat(69)), 1),
            ("one letter beyond, and too long", format!("{}ł", "x".repeat(70)), 2),
            ("two of 67", "ł".repeat(134), 2),
            ("three", "ł".repeat(135), 3),
            ("an emoji is two", "🎾".repeat(35), 1),
            ("one more emoji", "🎾".repeat(36), 2),
            ("33 emojis to a part", "🎾".repeat(67), 3),
        ] {
            assert_eq!(segments(&text), expected, "{case}");
        }
    }

    #[test]
    fn hostile_names_break_no_text() {
        let huge = "🎾".repeat(5_000);
        let zalgo = format!("C{}", "\u{0301}".repeat(500));
        for (name, shown) in [
            ("Centre Court", Some("Centre Court")),
            ("Evil\r\nSTOP", Some("Evil STOP")),
            ("a\u{0}b\u{7}c\u{1b}[31m", Some("a b c [31m")),
            ("\u{202e}desrever\u{2066}", Some("desrever")),
            ("zero\u{200b}width\u{feff}", Some("zerowidth")),
            ("line\u{2028}and\u{85}more", Some("line and more")),
            ("  much \t space  ", Some("much space")),
            ("{when} {reference} {", Some("{when} {reference} {")),
            ("%s%n${x}<b>&amp;", Some("%s%n${x}<b>&amp;")),
            ("To=+1&Body=x", Some("To=+1&Body=x")),
            ("", Some(", .")),
            (huge.as_str(), None),
            (zalgo.as_str(), None),
        ] {
            let at = |place, text: &str, may_shorten| Filled {
                place,
                text: text.to_owned(),
                may_shorten,
            };
            let text = write(
                "{when}. {venue}, {court}. {reference}.\n",
                &[
                    at(
                        "when",
                        "Friday, 27 November 2026, 18:00 to 19:30 (America/Argentina/Buenos_Aires)",
                        false,
                    ),
                    at("venue", name, true),
                    at("court", name, true),
                    at("reference", "2026-11-21-7FK2-9X3M2KQD", false),
                ],
            );
            assert!(segments(&text) <= MOST_SEGMENTS, "{name:?}: {text:?}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(
                text.starts_with("Friday, 27 ") && text.ends_with("2026-11-21-7FK2-9X3M2KQD."),
                "{text:?}"
            );
            if let Some(shown) = shown {
                assert!(text.contains(shown), "{name:?}: {text:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_shortened_is_cut() {
        let text =
            write("{all}", &[Filled { place: "all", text: "🎾".repeat(200), may_shorten: false }]);
        assert_eq!((segments(&text), text.chars().count()), (3, 99));
    }
}
