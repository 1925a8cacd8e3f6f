//! The names of series in an expression of PromQL. Not a parser: `promtool` is that, and has had a look before.
use std::collections::BTreeSet;

const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const WORDS: [&str; 7] = ["and", "or", "unless", "bool", "offset", "Inf", "NaN"];

pub fn series(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '"' => behind(&rest[1..], '"'),
            '{' => behind_matchers(&rest[1..]),
            '[' => behind(rest, ']'),
            _ if is_part(first) => {
                let (word, after) = split_word(rest);
                let calls = after.trim_start().starts_with('(');
                if GROUPINGS.contains(&word) {
                    if calls { behind(after, ')') } else { after }
                } else {
                    let is_number = first.is_ascii_digit();
                    let calls =
                        calls || ["by", "without"].contains(&split_word(after.trim_start()).0);
                    if !calls && !is_number && !WORDS.contains(&word) {
                        found.insert(word.to_owned());
                    }
                    after
                }
            }
            _ => &rest[first.len_utf8()..],
        };
    }
    found
}

fn is_part(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == ':'
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|it| !is_part(it)).unwrap_or(text.len()))
}

fn behind(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |it| it.1)
}

/// A brace in quotes ends nothing.
fn behind_matchers(text: &str) -> &str {
    let mut is_quoted = false;
    let end = text.find(|it| {
        is_quoted ^= it == '"';
        it == '}' && !is_quoted
    });
    end.map_or("", |it| &text[it + 1..])
}

#[test]
fn only_series_are_names() {
    for (expression, expected) in [
        ("up == 0", vec!["up"]),
        ("sum by (le, route) (rate(a_bucket{route!~\"x{2}|y\"}[5m])) > 1e9", vec!["a_bucket"]),
        ("a / on (instance) group_left b:c and d offset 5m", vec!["a", "b:c", "d"]),
    ] {
        let found = series(expression);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{expression}");
    }
}
