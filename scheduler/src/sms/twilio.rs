//! Twilio's Messages API: one POST of a form, answered with the message's SID. Tests speak it as well as Twilio does.
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::{Clock, settings};
use secrecy::ExposeSecret;
use serde::Deserialize;
use uuid::Uuid;

use super::NotTexted;
use crate::https::{self, Https};

/// An account at Twilio. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Twilio {
    client: Https,
    account: Uri,
    messages: Uri,
    authorization: HeaderValue,
    /// The parameter, and the number or messaging service in it.
    sender: (&'static str, String),
    /// What the intent's id is appended to.
    callbacks: String,
    clock: Clock,
    patience: Duration,
}

/// The settings name no way to send SMS.
#[derive(Debug, thiserror::Error)]
pub enum NoTwilio {
    #[error("TWILIO_BASE_URL cannot be used: correct it")]
    Url(#[source] http::uri::InvalidUri),
    #[error("TWILIO_AUTH_TOKEN cannot be used: correct it")]
    Token,
    #[error("there are no certificates to trust, and SMS go over TLS")]
    Certificates(#[source] std::io::Error),
}

/// From the first byte to the answer's head.
const PATIENCE: Duration = Duration::from_secs(15);
/// For the rest of the answer, which says no more than the names of things.
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);
/// For one SMS as a whole. Much shorter than a worker's lease.
pub(crate) const SMS: Duration = PATIENCE.saturating_add(ANSWER_PATIENCE);
/// The answer repeats what was sent, and some addresses.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// However long the provider wants us to stay away, we look again after this.
const LONGEST_AWAY: SignedDuration = SignedDuration::from_mins(10);

/// All but what RFC 3986 calls unreserved.
const MEANS_SOMETHING: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Deserialize)]
struct Answer {
    sid: Option<String>,
    code: Option<u32>,
}

impl Twilio {
    /// `server_url` is where callbacks reach us.
    pub fn new(
        settings: &settings::Twilio,
        server_url: &str,
        clock: Clock,
    ) -> Result<Self, NoTwilio> {
        let settings::Twilio { base_url, account_sid, auth_tokens, from } = settings;
        let account = format!("{base_url}/2010-04-01/Accounts/{account_sid}");
        let uri = |end: &str| format!("{account}{end}").parse().map_err(NoTwilio::Url);
        let token = auth_tokens.first().ok_or(NoTwilio::Token)?.expose_secret();
        let basic = format!("Basic {}", STANDARD.encode(format!("{account_sid}:{token}")));
        let mut authorization = HeaderValue::try_from(basic).map_err(|_| NoTwilio::Token)?;
        authorization.set_sensitive(true);
        let parameter = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        Ok(Self {
            client: https::client().map_err(NoTwilio::Certificates)?,
            account: uri(".json")?,
            messages: uri("/Messages.json")?,
            authorization,
            sender: (parameter, from.clone()),
            callbacks: format!("{}/v1/sms-events", server_url.trim_end_matches('/')),
            clock,
            patience: PATIENCE,
        })
    }

    /// For tests, which have less.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks for the account, and sends nothing.
    pub async fn greet(&self) -> Result<(), NotTexted> {
        let request = self.request(Method::GET, &self.account, String::new())?;
        match self.ask(request).await? {
            (status, ..) if status.is_success() => Ok(()),
            (status, ..) => {
                Err(unavailable(&format!("the SMS provider answered {}", status.as_u16())))
            }
        }
    }

    pub async fn send(&self, intent: Uuid, to: &str, body: &str) -> Result<String, NotTexted> {
        let callback = format!("{}/{intent}", self.callbacks);
        let (parameter, sender) = &self.sender;
        let form = form(&[
            ("To", to),
            (*parameter, sender.as_str()),
            ("Body", body),
            ("StatusCallback", callback.as_str()),
        ]);
        let request = self.request(Method::POST, &self.messages, form)?;
        let (status, headers, answer) = self.ask(request).await?;
        read(status, &headers, &answer, intent, self.clock.now())
    }

    fn request(
        &self,
        method: Method,
        uri: &Uri,
        form: String,
    ) -> Result<Request<String>, NotTexted> {
        Request::builder()
            .method(method)
            .uri(uri.clone())
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "courtside")
            .body(form)
            .map_err(|_| unavailable("the request cannot be made"))
    }

    async fn ask(
        &self,
        request: Request<String>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), NotTexted> {
        let answer = match tokio::time::timeout(self.patience, self.client.request(request)).await {
            Err(_) => return Err(unanswered("the SMS provider is too slow")),
            Ok(Err(error)) if error.is_connect() => {
                return Err(unavailable("the SMS provider cannot be reached"));
            }
            Ok(Err(_)) => return Err(unanswered("the SMS provider does not answer")),
            Ok(Ok(answer)) => answer,
        };
        let (head, body) = answer.into_parts();
        // The status says what matters: what was taken is taken, whatever becomes of the rest of the answer.
        let rest = Limited::new(body, MAX_ANSWER_BYTES).collect();
        let rest = tokio::time::timeout(ANSWER_PATIENCE, rest).await.ok().and_then(Result::ok);
        let body = rest.map(|it| it.to_bytes().to_vec()).unwrap_or_default();
        Ok((head.status, head.headers, body))
    }
}

fn read(
    status: StatusCode,
    headers: &HeaderMap,
    answer: &[u8],
    intent: Uuid,
    now: Timestamp,
) -> Result<String, NotTexted> {
    let answer = serde_json::from_slice::<Answer>(answer).ok();
    let code = answer.as_ref().and_then(|it| it.code).unwrap_or_default();
    if status.is_success() {
        let sid = answer.and_then(|it| it.sid).filter(|it| (1..=64).contains(&it.len()));
        return Ok(sid.unwrap_or_else(|| format!("unnamed-{intent}")));
    }
    // About us and not about the message: a token that is wrong today can be right tomorrow.
    let is_about_us = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_client_error() && !is_about_us {
        return Err(NotTexted::Refused { code });
    }
    let why = format!("the SMS provider answered {} ({code})", status.as_u16());
    Err(NotTexted::Unavailable { why, not_before: https::retry_after(headers, now, LONGEST_AWAY) })
}

fn unavailable(why: &str) -> NotTexted {
    NotTexted::Unavailable { why: why.to_owned(), not_before: None }
}

fn unanswered(why: &str) -> NotTexted {
    NotTexted::Unanswered { why: why.to_owned() }
}

/// Every byte that could mean something is escaped: a text is never taken for another parameter.
fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let value = utf8_percent_encode(value, MEANS_SOMETHING);
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-10-21T07:27:00Z";

    #[test]
    fn an_answer_says_whether_it_is_taken_never_will_be_or_may_be_later() {
        let intent = Uuid::from_u128(7);
        let read = |status: u16, after: &str, answer: &str| {
            let mut headers = HeaderMap::new();
            if !after.is_empty() {
                headers.insert(header::RETRY_AFTER, after.parse().unwrap());
            }
            let (status, now) = (StatusCode::from_u16(status).unwrap(), NOW.parse().unwrap());
            read(status, &headers, answer.as_bytes(), intent, now)
        };
        assert_eq!(read(201, "", r#"{"sid":"SM1","status":"queued"}"#), Ok("SM1".to_owned()));
        assert_eq!(read(201, "", "<html>"), Ok(format!("unnamed-{intent}")), "taken all the same");
        for (code, answer) in [
            (21_211, r#"{"code":21211,"message":"'To' +49 is not a valid phone number"}"#),
            (21_610, r#"{"code":21610}"#),
            (0, "no JSON"),
        ] {
            assert_eq!(read(400, "", answer), Err(NotTexted::Refused { code }));
        }
        for (status, after, seconds) in [
            (429, "7", Some(7)),
            (429, "", None),
            (429, "86400", Some(600)),
            (503, "Wed, 21 Oct 2026 07:28:00 GMT", Some(60)),
            (500, "", None),
            (401, "", None),
            (404, "", None),
            (302, "", None),
        ] {
            let Err(NotTexted::Unavailable { not_before, .. }) = read(status, after, "{}") else {
                panic!("{status}")
            };
            assert_eq!(not_before, seconds.map(SignedDuration::from_secs), "{status} {after}");
        }
    }

    #[test]
    fn nothing_in_a_text_is_taken_for_a_parameter() {
        let form = form(&[("To", "+4930"), ("Body", "a&To=+1%\n ä=~")]);
        assert_eq!(form, "To=%2B4930&Body=a%26To%3D%2B1%25%0A%20%C3%A4%3D~");
    }
}
