//! Reads a mail as people do: its subject and its text. Knows what our own letters are made of, and shows anything
//! else as it came.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quoted_printable::ParseMode;

/// What the inbox shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub subject: String,
    pub body: String,
}

pub(super) fn read(mail: &[u8]) -> Received {
    // Lines end in CRLF: the sink writes them so.
    let text = String::from_utf8_lossy(mail);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let headers = unfold(head);
    let header = |name: &str| {
        headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let body = match header("Content-Transfer-Encoding").to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted_printable::decode(body, ParseMode::Robust).ok(),
        "base64" => decode_base64(body),
        _ => None,
    }
    .map_or_else(|| body.to_owned(), |it| String::from_utf8_lossy(&it).into_owned());
    Received {
        subject: printable(&decode_words(header("Subject"))),
        body: printable(&body.replace("\r\n", "\n")),
    }
}

/// Name and value of each header field; a line that begins with a blank goes on with the one before.
fn unfold(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match fields.last_mut() {
            Some((_, value)) if line.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(line.trim_start());
            }
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                fields.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
    fields
}

/// Reads the encoded words of RFC 2047 (`=?utf-8?b?…?=`); blanks between two of them belong to neither.
fn decode_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut after_word = false;
    for (n, part) in text.split(' ').enumerate() {
        let word = decode_word(part);
        if n > 0 && !(after_word && word.is_some()) {
            decoded.push(' ');
        }
        after_word = word.is_some();
        decoded.push_str(word.as_deref().unwrap_or(part));
    }
    decoded
}

fn decode_word(part: &str) -> Option<String> {
    let mut fields = part.strip_prefix("=?")?.strip_suffix("?=")?.split('?');
    let (charset, encoding, text) = (fields.next()?, fields.next()?, fields.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") || fields.next().is_some() {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => decode_base64(text)?,
        "q" | "Q" => quoted_printable::decode(text.replace('_', " "), ParseMode::Robust).ok()?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// Postgres keeps every character but one.
fn printable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_shown_as_people_read_it() {
        let token = "A".repeat(86);
        let plain = format!("Subject: Hello\r\n\r\nOne\r\n{token}\r\n");
        let quoted = format!(
            "Subject: =?utf-8?b?R3LDvMOfZQ==?= =?utf-8?Q?_von_J=C3=BCrgen?= here\r\nContent-Transfer-Encoding: \
             quoted-printable\r\n\r\nJ=C3=BCrgen\r\n{}=\r\n{}\r\n",
            &token[..70],
            &token[70..]
        );
        let base64 = "subject: folded\r\n over lines\r\nContent-Transfer-Encoding: BASE64\r\n\r\nSsO8\r\ncmdlbg==\r\n";
        let nonsense = "no header at all";
        for (mail, subject, body) in [
            (plain.as_str(), "Hello", format!("One\n{token}\n")),
            (quoted.as_str(), "Grüße von Jürgen here", format!("Jürgen\n{token}\n")),
            (base64, "folded over lines", "Jürgen".to_owned()),
            (nonsense, "", String::new()),
        ] {
            let expected = Received { subject: subject.to_owned(), body };
            assert_eq!(read(mail.as_bytes()), expected, "{mail}");
        }
    }
}
