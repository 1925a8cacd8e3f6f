//! What the SMS provider tells us: what became of a message, and what people answer. Nothing is believed that it has not
//! signed. Sending is the scheduler's.
mod signature;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use bytes::Bytes;
use domain::notices::{self, Delivery, Notice, NoticeCommand};
use domain::numbers::{Number, NumberCommand, NumberRejection};
use event_store::Metadata;
use runtime::Problem;
use runtime::http::{Parsed, form};
use runtime::ids::{self, NAMESPACE};
use runtime::problem::{Kind, MALFORMED_REQUEST, Place};
use uuid::Uuid;

use crate::accounts::check_phone;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::{Explain, Refused};

use signature::Distrust;

const UNSIGNED_MESSAGE: Kind = Kind {
    name: "unsigned-message",
    status: StatusCode::FORBIDDEN,
    title: "The message is not signed by the SMS provider",
};

pub const KINDS: &[Kind] = &[UNSIGNED_MESSAGE];

const ACTOR: &str = "provider:sms";
/// Of a message's own name at the provider.
const MESSAGE_ID_CHARS: std::ops::RangeInclusive<usize> = 1..=64;

/// What networks and Twilio take for an end, and for a new beginning; compared without case, alone in a message.
const STOP: &[&str] = &[
    "stop",
    "stopp",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
];
const START: &[&str] = &["start", "unstop", "yes"];

/// Takes what Twilio says became of an SMS (`StatusCallback`), signed as it signs.
///
/// It is recorded with the message, and only ever leads from accepted to failed or undelivered to delivered. The same
/// report sent again changes nothing; statuses that say nothing new are ignored.
#[utoipa::path(post, path = "/v1/sms-events/{id}", operation_id = "receive_sms_event", tag = "sms", security(()),
    params(("id" = Uuid, Path), ("x-twilio-signature" = String, Header, description = "HMAC-SHA-1, base64")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 400, description = "`malformed-request`"),
        (status = 403, description = "`unsigned-message`")))]
pub async fn receive_event(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Parsed(notice): Parsed<Uuid>,
    asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Refused> {
    let message = Message::read(&app, &uri, &headers, &body)?;
    let Some(status) = message.field("MessageStatus").and_then(delivery) else {
        return Ok(Answer::no_content());
    };
    let message_id = message.id()?;
    let code = message.field("ErrorCode").and_then(|it| it.parse().ok());
    let id = ids::derive(NAMESPACE, &["sms-event", &message_id, status.name()]);
    let meta = Metadata::new(id, asked.at).correlation(notice).actor(ACTOR);
    let report = NoticeCommand::Report { message_id, status, code };
    let done = app.execute::<Notice>(&notices::stream(notice), report, &meta).await?;
    if !done.appended.is_empty() {
        app.metrics.sms_reports.count(status);
        if matches!(status, Delivery::Failed | Delivery::Undelivered) {
            tracing::warn!(%notice, status = status.name(), code, "an SMS did not arrive");
        }
    }
    Ok(Answer::no_content().position(app.token(done.position)))
}

/// Takes what people answer to our SMS, signed as Twilio signs: STOP ends SMS to a number, START lets them go there again.
///
/// Anything else is ignored, and nobody reads it. The number is kept as a keyed hash, whoever's it is.
#[utoipa::path(post, path = "/v1/sms-replies", operation_id = "receive_sms_reply", tag = "sms", security(()),
    params(("x-twilio-signature" = String, Header, description = "HMAC-SHA-1, base64")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 400, description = "`malformed-request`"),
        (status = 403, description = "`unsigned-message`")))]
pub async fn receive_reply(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Refused> {
    let message = Message::read(&app, &uri, &headers, &body)?;
    let Some(number) = message.field("From").filter(|it| check_phone(it).is_none()) else {
        return Ok(Answer::no_content());
    };
    // With its own handling of opt-outs Twilio says what it took the answer for.
    let said = message.field("OptOutType").or_else(|| message.field("Body")).unwrap_or_default();
    let message_id = message.id()?;
    let id = ids::derive(NAMESPACE, &["sms-reply", &message_id]);
    let command = match word(said) {
        Some(Word::Stop) => NumberCommand::Stop { message_id },
        Some(Word::Start) => NumberCommand::Start { message_id },
        None => return Ok(Answer::no_content()),
    };
    let stream = app.identifiers.number_stream(number);
    let meta = Metadata::new(id, asked.at).correlation(id).actor(ACTOR);
    app.carry_out::<Number>(&stream, command, &meta).await
}

/// A form that the provider signed.
struct Message(Vec<(String, String)>);

impl Message {
    fn read(app: &App, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let pairs = form(body).ok_or_else(|| {
            Problem::new(MALFORMED_REQUEST, "the body is not a form in UTF-8, percent-encoded")
        })?;
        let asked = uri.path_and_query().map_or(uri.path(), |it| it.as_str());
        let url = format!("{}{asked}", app.settings.server_url);
        let tokens = app.settings.twilio.as_ref().map(|it| it.auth_tokens.as_slice());
        match signature::verify(tokens.unwrap_or_default(), headers, &url, &pairs) {
            Ok(()) => Ok(Self(pairs)),
            Err(Distrust::Header) => {
                let detail = "it is missing, or there twice";
                let problem = Problem::new(MALFORMED_REQUEST, detail);
                Err(problem.at(signature_header(), "malformed", detail))
            }
            Err(Distrust::Forged) => {
                tracing::warn!(
                    "a message about SMS is not signed by the provider, or it asks another address than SERVER_URL"
                );
                let detail = "no signature of this message is the provider's";
                Err(Problem::new(UNSIGNED_MESSAGE, detail))
            }
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    fn id(&self) -> Result<String, Problem> {
        let id = self.field("MessageSid").filter(|it| MESSAGE_ID_CHARS.contains(&it.len()));
        let id = id.filter(|it| it.bytes().all(|it| it.is_ascii_alphanumeric()));
        id.map(ToOwned::to_owned).ok_or_else(|| {
            Problem::new(MALFORMED_REQUEST, "MessageSid is not a name of letters and digits")
        })
    }
}

fn signature_header() -> Place {
    Place::Header(signature::SIGNATURE.to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Stop,
    Start,
}

fn word(said: &str) -> Option<Word> {
    let said = said.trim_matches(|it: char| !it.is_alphanumeric()).to_lowercase();
    let is_in = |words: &[&str]| words.contains(&said.as_str());
    if is_in(STOP) {
        Some(Word::Stop)
    } else if is_in(START) {
        Some(Word::Start)
    } else {
        None
    }
}

/// `None` for what is not about a message of ours.
fn delivery(status: &str) -> Option<Delivery> {
    match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some(Delivery::Accepted),
        "delivered" | "read" => Some(Delivery::Delivered),
        "undelivered" => Some(Delivery::Undelivered),
        "failed" | "canceled" => Some(Delivery::Failed),
        _ => None,
    }
}

impl Explain for NumberRejection {
    fn explain(&self) -> Problem {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_of_its_own_ends_anything() {
        for (said, meant) in [
            ("STOP", Some(Word::Stop)),
            (" stop.\n", Some(Word::Stop)),
            ("Stopp!", Some(Word::Stop)),
            ("\"Unsubscribe\"", Some(Word::Stop)),
            ("START", Some(Word::Start)),
            ("unstop", Some(Word::Start)),
            ("please stop by the court", None),
            ("don't stop", None),
            ("HELP", None),
            ("", None),
            ("🎾", None),
        ] {
            assert_eq!(word(said), meant, "{said:?}");
        }
    }
}
