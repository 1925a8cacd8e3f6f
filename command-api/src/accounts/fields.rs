//! What an account may be made of: everything that is wrong with it, at once, each with its place.
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::passwords::{self, Rules};

/// What somebody wrote; checked, it is tidied and possible.
pub struct Fields {
    pub email: String,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub password: SecretString,
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub field: &'static str,
    /// Machine-readable.
    pub code: &'static str,
    pub detail: &'static str,
}

/// A machine-readable reason and a sentence.
pub(crate) type Reason = (&'static str, &'static str);

impl Fields {
    /// Trims, brings to NFKC and checks, the password by the rules of the role.
    pub async fn check(self, rules: &Rules) -> Result<Self, Vec<Fault>> {
        let (email, username) = (tidy(&self.email), tidy(&self.username));
        let (display_name, phone) = (tidy(&self.display_name), self.phone.as_deref().map(tidy));
        let password: String = self.password.expose_secret().nfkc().collect();

        let person = [&email, &username, &display_name];
        let mut faults = Vec::new();
        let mut note = |field, reasons: Vec<Reason>| {
            faults.extend(reasons.into_iter().map(|(code, detail)| Fault { field, code, detail }));
        };
        note("email", check_email(&email).into_iter().collect());
        note("username", check_username(&username).into_iter().collect());
        note("password", passwords::check(&password, person, rules).await);
        note("display_name", check_display_name(&display_name).into_iter().collect());
        note("phone", phone.as_deref().and_then(check_phone).into_iter().collect());

        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { email, username, display_name, phone, password: password.into() })
    }
}

/// As it is kept: without the blanks around it, and each letter written one way.
pub(crate) fn tidy(text: &str) -> String {
    text.trim().nfkc().collect()
}

/// RFC 5321 without its quoted and bracketed curiosities: what a mail can be sent to.
pub(crate) fn check_email(email: &str) -> Option<Reason> {
    const MAX: usize = 254;
    const MAX_LOCAL: usize = 64;
    const MALFORMED: Reason = ("malformed", "an e-mail address looks like name@example.org");
    if email.len() > MAX {
        return Some(("too-long", "an e-mail address has at most 254 characters"));
    }
    let Some((local, domain)) = email.split_once('@') else { return Some(MALFORMED) };
    let atom = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&it);
    let local_fits = local.len() <= MAX_LOCAL
        && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    let label = |it: &str| {
        (1..=63).contains(&it.len())
            && !it.starts_with('-')
            && !it.ends_with('-')
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let domain_fits = domain.contains('.')
        && domain.split('.').all(label)
        && !top.bytes().all(|it| it.is_ascii_digit());
    if local_fits && domain_fits { None } else { Some(MALFORMED) }
}

/// No `@`, so that it cannot be taken for an address; no letters beyond ASCII, so that it cannot be taken for another's.
pub(crate) fn check_username(username: &str) -> Option<Reason> {
    let possible = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-');
    match username.chars().count() {
        0..=2 => Some(("too-short", "a username has at least 3 characters")),
        31.. => Some(("too-long", "a username has at most 30 characters")),
        _ if username.bytes().all(possible) => None,
        _ => Some((
            "malformed",
            "a username has letters from a to z, digits, dots, underscores and hyphens",
        )),
    }
}

pub(crate) fn check_display_name(name: &str) -> Option<Reason> {
    match name.chars().count() {
        0 => Some(("too-short", "a name has at least one character")),
        101.. => Some(("too-long", "a name has at most 100 characters")),
        _ if name.chars().any(char::is_control) => {
            Some(("control-character", "no control characters in a name"))
        }
        _ => None,
    }
}

/// E.164: a plus, the country, the number; 15 digits at most.
pub(crate) fn check_phone(phone: &str) -> Option<Reason> {
    const MALFORMED: Reason = ("malformed", "a phone number looks like +493012345678 (E.164)");
    let fits = phone.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|it| it.is_ascii_digit())
    });
    if fits { None } else { Some(MALFORMED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(check: fn(&str) -> Option<Reason>, rows: &[(&str, Option<&str>)]) {
        for (text, code) in rows {
            assert_eq!(check(text).map(|it| it.0), *code, "{text:?}");
        }
    }

    #[test]
    fn an_address_is_one_that_mail_can_be_sent_to() {
        let long = format!("{}@example.org", "x".repeat(64));
        let too_long = format!("x@{}.org", "example.".repeat(32));
        codes(
            check_email,
            &[
                ("eva@example.org", None),
                ("Eva.Lind+courts@sub.example.co.uk", None),
                ("o'brien@example.org", None),
                (&long, None),
                ("eva@xn--bcher-kva.example", None),
                ("", Some("malformed")),
                ("eva", Some("malformed")),
                ("@example.org", Some("malformed")),
                ("eva@", Some("malformed")),
                ("eva@example", Some("malformed")),
                ("eva@@example.org", Some("malformed")),
                ("eva@one@example.org", Some("malformed")),
                (".eva@example.org", Some("malformed")),
                ("eva..lind@example.org", Some("malformed")),
                ("eva lind@example.org", Some("malformed")),
                ("eva@-example.org", Some("malformed")),
                ("eva@example..org", Some("malformed")),
                ("eva@127.0.0.1", Some("malformed")),
                ("eva@example.org\r\nBcc: all@example.org", Some("malformed")),
                ("\"eva\"@example.org", Some("malformed")),
                (&too_long, Some("too-long")),
            ],
        );
    }

    #[test]
    fn a_username_is_plain() {
        let (longest, longer) = ("x".repeat(30), "x".repeat(31));
        codes(
            check_username,
            &[
                ("eva", None),
                ("Eva.Lind_7-x", None),
                (&longest, None),
                ("", Some("too-short")),
                ("ev", Some("too-short")),
                (&longer, Some("too-long")),
                ("eva@example.org", Some("malformed")),
                ("e va", Some("malformed")),
                ("zoë", Some("malformed")),
                ("ev\u{430}", Some("malformed")),
            ],
        );
    }

    #[test]
    fn a_name_is_anything_one_can_read() {
        let (longest, longer) = ("ß".repeat(100), "ß".repeat(101));
        codes(
            check_display_name,
            &[
                ("E", None),
                ("Dóra Kovács 🎾", None),
                (&longest, None),
                ("", Some("too-short")),
                (&longer, Some("too-long")),
                ("Eva\u{0}", Some("control-character")),
                ("Eva\nLind", Some("control-character")),
            ],
        );
    }

    #[test]
    fn a_phone_number_is_e164() {
        codes(
            check_phone,
            &[
                ("+493012345678", None),
                ("+123456789012345", None),
                ("", Some("malformed")),
                ("493012345678", Some("malformed")),
                ("+0123456789", Some("malformed")),
                ("+49 30 12345678", Some("malformed")),
                ("+1234567890123456", Some("malformed")),
                ("+12345", Some("malformed")),
            ],
        );
    }
}
