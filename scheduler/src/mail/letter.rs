//! A mail before it becomes one: to one person, as text, and the same as a page.

/// Personal data in clear, for as long as it takes to send it: never logged, never stored.
#[derive(Clone)]
pub struct Letter {
    pub address: String,
    pub name: String,
    pub subject: String,
    pub body: String,
    pub html: String,
}

impl Letter {
    /// Fills a template, whose first line is `Subject: …` and whose second is empty: `{name}` and each of `values` by
    /// its name.
    pub(super) fn fill(
        template: &str,
        address: String,
        name: String,
        values: &[(&str, String)],
    ) -> Self {
        let name = one_line(&name);
        let fill = |text| {
            fill(text, |place| match place {
                "name" => Some(name.clone()),
                other => {
                    values.iter().find(|(it, _)| *it == other).map(|(_, value)| one_line(value))
                }
            })
        };
        // Sending ends the last line.
        let (subject, body) = template.trim_end().split_once("\n\n").unwrap_or((template, ""));
        let (subject, body) = (fill(subject.trim_start_matches("Subject: ")), fill(body));
        Self { address, name, subject, body, html: String::new() }
    }
}

/// What people typed has no line breaks here: none of it can pass for a line of ours.
fn one_line(text: &str) -> String {
    let breaks = |it: char| it.is_control() || matches!(it, '\u{2028}' | '\u{2029}');
    text.chars().map(|it| if breaks(it) { ' ' } else { it }).collect()
}

/// The places that a template names, and whoever wrote it wants to see filled. Other braces are only text.
pub(super) fn places(template: &str) -> impl Iterator<Item = &str> {
    let is_place =
        |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    template.split('{').skip(1).filter_map(|it| Some(it.split_once('}')?.0)).filter(is_place)
}

/// Each place is filled once: a value that looks like a place stays as it was typed. Other braces are only text.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(2 * template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let place = rest.find('}').and_then(|end| Some((value(&rest[1..end])?, end + 1)));
        let (filled, length) = place.unwrap_or_else(|| ("{".to_owned(), 1));
        text.push_str(&filled);
        rest = &rest[length..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(template: &str, name: &str, values: &[(&str, &str)]) -> Letter {
        let values: Vec<_> =
            values.iter().map(|(place, value)| (*place, (*value).to_owned())).collect();
        Letter::fill(template, "a@example.org".into(), name.into(), &values)
    }

    #[test]
    fn every_place_is_filled_once() {
        let letter = letter(
            "Subject: {a}!\n\n{name}: {a}, {b}{\"x\": 1} {unknown} {",
            "{a}",
            &[("a", "{b}"), ("b", "2")],
        );
        assert_eq!(letter.subject, "{b}!");
        assert_eq!(letter.body, "{a}: {b}, 2{\"x\": 1} {unknown} {");
    }

    #[test]
    fn nothing_that_people_typed_makes_a_line_of_its_own() {
        let letter =
            letter("Subject: x\n\nHello {name},", "Eve\r\nBcc: all@example.org\u{2028}x", &[]);
        assert_eq!(letter.body, "Hello Eve  Bcc: all@example.org x,");
        assert_eq!(letter.name, "Eve  Bcc: all@example.org x");
    }
}
