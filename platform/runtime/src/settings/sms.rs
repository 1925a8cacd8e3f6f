//! Who sends SMS: Twilio, or whoever speaks as it does.
use secrecy::{ExposeSecret, SecretString};

use super::source::Source;
use super::urls::http_url;

/// An account at the provider.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// `TWILIO_BASE_URL` (`https://api.twilio.com`).
    pub base_url: String,
    /// `TWILIO_ACCOUNT_SID`.
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`: what requests are made with, and callbacks signed; two, newest first, while it is exchanged.
    pub auth_tokens: Vec<SecretString>,
    /// `TWILIO_FROM`: a number in E.164, or a messaging service (`MG…`).
    pub from: String,
}

const NAMES: [&str; 3] = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"];
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 16..=128;

/// All three or none.
pub(super) fn read(from: &mut Source, production: bool) -> Option<Twilio> {
    let base_url = http_url(from, "TWILIO_BASE_URL");
    let base_url = base_url.unwrap_or_else(|| "https://api.twilio.com".to_owned());
    if production && !base_url.starts_with("https://") {
        from.fault("TWILIO_BASE_URL is not https in production: the auth token goes there");
    }
    let account_sid = from.text(NAMES[0]);
    let token = from.secret(NAMES[1]);
    let sender = from.text(NAMES[2]);
    let given = [account_sid.is_some(), token.is_some(), sender.is_some()];
    let named = |is_given: bool| {
        let names = NAMES.iter().zip(given).filter(move |it| it.1 == is_given);
        names.map(|it| *it.0).collect::<Vec<_>>().join(" and ")
    };
    let (Some(account_sid), Some(token), Some(sender)) = (account_sid, token, sender) else {
        if given.contains(&true) {
            let (there, missing) = (named(true), named(false));
            from.fault(format!("{there}: given without {missing}; set all three, or none"));
        }
        return None;
    };
    if !is_sid("AC", &account_sid) {
        from.fault("TWILIO_ACCOUNT_SID is not AC and 32 hexadecimal digits");
    }
    if !is_sid("MG", &sender) && !is_number(&sender) {
        from.fault(
            "TWILIO_FROM is neither a number like +493012345678 (E.164) nor a messaging service, MG and 32 \
             hexadecimal digits",
        );
    }
    let tokens = token.expose_secret().split_whitespace();
    let auth_tokens: Vec<SecretString> = tokens.map(|it| it.to_owned().into()).collect();
    let is_token = |it: &SecretString| {
        let text = it.expose_secret();
        TOKEN_CHARS.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic())
    };
    if !(1..=2).contains(&auth_tokens.len()) || !auth_tokens.iter().all(is_token) {
        from.fault("TWILIO_AUTH_TOKEN is not one token, or two with a space between them");
    }
    Some(Twilio { base_url, account_sid, auth_tokens, from: sender })
}

fn is_sid(kind: &str, text: &str) -> bool {
    text.strip_prefix(kind)
        .is_some_and(|it| it.len() == 32 && it.bytes().all(|it| it.is_ascii_hexdigit()))
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|it| {
        (7..=15).contains(&it.len())
            && !it.starts_with('0')
            && it.bytes().all(|it| it.is_ascii_digit())
    })
}
