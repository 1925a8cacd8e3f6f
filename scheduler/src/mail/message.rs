//! Reads a mail as people do: its subject and its text, and what is shown to who prefers a page.
use mail_parser::{MessageParser, MessagePart};

/// What the inbox shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub subject: String,
    pub body: String,
    pub html: Option<String>,
}

pub(super) fn read(mail: &[u8]) -> Received {
    let Some(parsed) = MessageParser::default().parse(mail) else {
        return Received { subject: String::new(), body: String::new(), html: None };
    };
    let html = parsed.html_bodies().find(|it| it.is_text_html());
    Received {
        subject: printable(parsed.subject().unwrap_or_default()),
        body: printable(&parsed.body_text(0).unwrap_or_default()),
        html: html.and_then(MessagePart::text_contents).map(printable),
    }
}

/// Postgres keeps every character but one.
fn printable(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "\u{fffd}")
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
        let both = "Subject: Two\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n\
                    --x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText\r\n\
                    --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Page</p>\r\n--x--\r\n";
        for (mail, subject, body, html) in [
            (plain.as_str(), "Hello", format!("One\n{token}\n"), None),
            (quoted.as_str(), "Grüße von Jürgen here", format!("Jürgen\n{token}\n"), None),
            (base64, "folded over lines", "Jürgen".to_owned(), None),
            (both, "Two", "Text".to_owned(), Some("<p>Page</p>".to_owned())),
        ] {
            let expected = Received { subject: subject.to_owned(), body, html };
            assert_eq!(read(mail.as_bytes()), expected, "{mail}");
        }
        assert_eq!(read(b"").subject, "");
    }
}
