//! A letter's text as a page: what the text shows by its lines, HTML shows by its elements. Nothing else is in it, so the two
//! always say the same, and there is no picture, no script and nothing that is fetched.
use domain::users::Language;
use runtime::html::escape;

use super::letter::{Letter, fill};
use crate::words::Words;

/// What the page around it can have filled in.
pub(super) const PLACES: [&str; 3] = ["body", "language", "subject"];

/// Shorter, it is a word like any other.
const CODE_CHARS: usize = 40;
/// Longer, it is a sentence with an address in it.
const BUTTON_CHARS: usize = 40;

pub(super) fn write(page: &str, language: Language, letter: &Letter, server: &str) -> String {
    fill(page, |place| match place {
        "body" => Some(letter.body.split("\n\n").map(|it| block(it, server)).collect()),
        "language" => Some(Words { en: "en", de: "de" }.of(language).to_owned()),
        "subject" => Some(escape(&letter.subject)),
        _ => None,
    })
}

/// A paragraph; lines that are indented are a table if each has a label, and otherwise something to type.
fn block(text: &str, server: &str) -> String {
    let text = text.trim_matches('\n');
    if text.is_empty() {
        return String::new();
    }
    if text.lines().all(|it| it.starts_with("  ")) {
        return table(text).unwrap_or_else(|| typed(text));
    }
    if is_code(text) {
        return format!("<p class=\"code\">{}</p>\n", escape(text));
    }
    match button(text, server) {
        Some(button) => button,
        None => format!("<p>{}</p>\n", linked(text, server)),
    }
}

/// `  When       Friday, …`: two blanks at least end a label.
fn table(text: &str) -> Option<String> {
    let row = |line: &str| {
        let (label, value) = line.trim_start().split_once("  ")?;
        let (label, value) = (escape(label), escape(value.trim_start()));
        Some(format!("<tr><th>{label}</th><td>{value}</td></tr>\n"))
    };
    let rows = text.lines().map(row).collect::<Option<String>>()?;
    Some(format!("<table>\n{rows}</table>\n"))
}

/// As it stands, but for the blanks that say so.
fn typed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|it| it.strip_prefix("  ").unwrap_or(it)).collect();
    format!("<pre>{}</pre>\n", escape(&lines.join("\n")))
}

fn is_code(text: &str) -> bool {
    CODE_CHARS <= text.len()
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
}

/// A paragraph that is only what to do and where: `Confirm your address: https://…`.
fn button(text: &str, server: &str) -> Option<String> {
    let (what, url) = text.rsplit_once(": ")?;
    let is_short = what.chars().count() <= BUTTON_CHARS && !what.contains('\n');
    (is_short && is_ours(url, server) && !url.contains(char::is_whitespace)).then(|| {
        let (what, url) = (escape(what), escape(url));
        format!("<p><a class=\"button\" href=\"{url}\">{what}</a></p>\n")
    })
}

/// Our own addresses can be followed. No other: what somebody typed is no link in a mail of ours.
fn linked(text: &str, server: &str) -> String {
    let word = |word: &str| {
        let url = word.trim_end().trim_end_matches(['.', ',', ';', ':', ')']);
        let rest = escape(&word[url.len()..]);
        let url_escaped = escape(url);
        if is_ours(url, server) {
            format!("<a href=\"{url_escaped}\">{url_escaped}</a>{rest}")
        } else {
            format!("{url_escaped}{rest}")
        }
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

/// Not one that only begins as ours do: `https://courts.example.evil.example`.
fn is_ours(url: &str, server: &str) -> bool {
    url.strip_prefix(server).is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://courts.example";

    #[test]
    fn what_lines_show_elements_show() {
        let code = "A".repeat(CODE_CHARS);
        for (text, html) in [
            ("Hello Ada,", "<p>Hello Ada,</p>\n"),
            ("one\ntwo", "<p>one\ntwo</p>\n"),
            (
                "  When   now\n  Where  there",
                "<table>\n<tr><th>When</th><td>now</td></tr>\n<tr><th>Where</th><td>there</td></tr>\n</table>\n",
            ),
            ("  POST /x\n  {\"a\": 1}", "<pre>POST /x\n{&quot;a&quot;: 1}</pre>\n"),
            (&code, &format!("<p class=\"code\">{code}</p>\n")),
            (
                "Do it: https://courts.example/#/a?b=c",
                "<p><a class=\"button\" href=\"https://courts.example/#/a?b=c\">Do it</a></p>\n",
            ),
            (
                "What you would like to do about it is there: https://courts.example/#/a.",
                "<p>What you would like to do about it is there: <a href=\"https://courts.example/#/a\">https://courts.example/#/a</a>.</p>\n",
            ),
            (
                "At https://courts.example you can.",
                "<p>At <a href=\"https://courts.example\">https://courts.example</a> you can.</p>\n",
            ),
        ] {
            assert_eq!(block(text, SERVER), html, "{text}");
        }
    }

    #[test]
    fn what_somebody_typed_is_neither_an_element_nor_a_link() {
        for (text, html) in [
            (
                "Hello <b onclick=\"x\">&amp;,",
                "<p>Hello &lt;b onclick=&quot;x&quot;&gt;&amp;amp;,</p>\n",
            ),
            ("Hello https://evil.example,", "<p>Hello https://evil.example,</p>\n"),
            ("Win: https://evil.example/", "<p>Win: https://evil.example/</p>\n"),
            (
                "Win: https://courts.example.evil.example/",
                "<p>Win: https://courts.example.evil.example/</p>\n",
            ),
            (
                "Win: https://courts.example@evil.example/",
                "<p>Win: https://courts.example@evil.example/</p>\n",
            ),
            (
                "  Program  <script>",
                "<table>\n<tr><th>Program</th><td>&lt;script&gt;</td></tr>\n</table>\n",
            ),
        ] {
            assert_eq!(block(text, SERVER), html, "{text}");
        }
    }

    #[test]
    fn the_page_has_the_letter_once_and_says_its_language() {
        let letter = Letter {
            address: String::new(),
            name: String::new(),
            subject: "A & {body}".to_owned(),
            body: "{subject}\n\nb".to_owned(),
            html: String::new(),
        };
        let page = "<html lang=\"{language}\"><title>{subject}</title><style>a { b }</style>{body}";
        assert_eq!(
            write(page, Language::De, &letter, SERVER),
            "<html lang=\"de\"><title>A &amp; {body}</title><style>a { b }</style><p>{subject}</p>\n<p>b</p>\n"
        );
    }
}
