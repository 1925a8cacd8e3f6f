//! One POST to somebody else's server, which an administrator chose, and who may be anybody.
use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};

use crate::https::{self, Addresses, GuardedHttps, NoAddress};

/// Sends what webhooks are told. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Sender {
    client: GuardedHttps,
    addresses: Addresses,
    patience: Duration,
}

/// From the first byte to the answer's head.
const PATIENCE: Duration = Duration::from_secs(15);
/// Nobody reads what a receiver says; only so much of it is taken off the connection, so that it can be used again.
const MAX_ANSWER_BYTES: usize = 4 * 1024;
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);
/// However long a receiver wants us to stay away, we look again after this.
const LONGEST_AWAY: SignedDuration = SignedDuration::from_hours(24);

/// A message with everything that says whose it is.
pub(super) struct Message<'a> {
    pub id: String,
    pub sent: Timestamp,
    pub signatures: String,
    pub body: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken(StatusCode),
    /// Nobody is there, and nobody will be.
    Gone,
    Not {
        status: Option<StatusCode>,
        why: String,
        not_before: Option<SignedDuration>,
    },
}

impl Sender {
    /// `private`: addresses of private networks may be called, and in clear. An error where the machine has no certificates
    /// to trust.
    pub fn new(private: bool) -> std::io::Result<Self> {
        let addresses = Addresses { private };
        Ok(Self { client: https::guarded(addresses)?, addresses, patience: PATIENCE })
    }

    /// For tests, which have less.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) async fn send(&self, url: &str, message: &Message<'_>) -> Answer {
        let Ok(url) = url.parse::<Uri>() else { return not("the URL cannot be used") };
        if let Err(why) = self.may_call(&url) {
            return not(why);
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.sent.as_second())
            .header("webhook-signature", &message.signatures)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "courtside")
            .body(message.body.to_owned());
        let Ok(request) = request else { return not("the URL cannot be used") };
        let answer = match tokio::time::timeout(self.patience, self.client.request(request)).await {
            Err(_) => return not("no answer in time"),
            Ok(Err(error)) => return not(why(&error)),
            Ok(Ok(answer)) => answer,
        };
        let (head, body) = answer.into_parts();
        // The status says what matters, whatever becomes of the rest of the answer.
        let rest = Limited::new(body, MAX_ANSWER_BYTES).collect();
        let _ = tokio::time::timeout(ANSWER_PATIENCE, rest).await;
        read(head.status, &head.headers, message.sent)
    }

    /// What has an address in the place of a name is never resolved, so it is judged here.
    fn may_call(&self, url: &Uri) -> Result<(), &'static str> {
        if !self.addresses.private && url.scheme_str() != Some("https") {
            return Err("only https is called");
        }
        let host = url.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(it) if !self.addresses.allows(it) => {
                Err("addresses of private networks are not called")
            }
            _ => Ok(()),
        }
    }
}

/// A redirect is not followed: it is an answer like any that is not 2xx.
fn read(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Answer {
    if status.is_success() {
        return Answer::Taken(status);
    }
    if status == StatusCode::GONE {
        return Answer::Gone;
    }
    let wants_rest =
        matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    Answer::Not {
        status: Some(status),
        why: format!("the receiver answered {}", status.as_u16()),
        not_before: https::retry_after(headers, now, LONGEST_AWAY).filter(|_| wants_rest),
    }
}

/// In our own words. What is behind it names addresses of ours.
fn why(error: &hyper_util::client::legacy::Error) -> &'static str {
    let mut source = error.source();
    while let Some(it) = source {
        match it.downcast_ref::<NoAddress>() {
            Some(NoAddress::Private) => return "addresses of private networks are not called",
            Some(NoAddress::Unknown(_)) => return "the name cannot be resolved",
            None => source = it.source(),
        }
    }
    if error.is_connect() { "no connection" } else { "no answer" }
}

fn not(why: &str) -> Answer {
    Answer::Not { status: None, why: why.to_owned(), not_before: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T09:00:00Z";

    fn answer(status: u16, after: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if !after.is_empty() {
            headers.insert(header::RETRY_AFTER, after.parse().unwrap());
        }
        read(StatusCode::from_u16(status).unwrap(), &headers, NOW.parse().unwrap())
    }

    #[test]
    fn only_2xx_is_taken_and_a_receiver_may_ask_for_rest() {
        assert_eq!(answer(200, ""), Answer::Taken(StatusCode::OK));
        assert_eq!(answer(204, ""), Answer::Taken(StatusCode::NO_CONTENT));
        assert_eq!(answer(410, ""), Answer::Gone);
        for (status, after, seconds) in [
            (429, "7", Some(7)),
            (429, "4294967295", Some(86_400)),
            (429, "-5", None),
            (503, "Sat, 21 Nov 2026 09:01:00 GMT", Some(60)),
            (503, "Sat, 21 Nov 2026 08:00:00 GMT", Some(0)),
            (503, "soon", None),
            (503, "", None),
            (500, "7", None),
            (301, "", None),
            (404, "", None),
        ] {
            let Answer::Not { not_before, why, .. } = answer(status, after) else {
                panic!("{status}")
            };
            let expected = seconds.map(SignedDuration::from_secs);
            assert_eq!(not_before, expected, "{status} {after}");
            assert_eq!(why, format!("the receiver answered {status}"));
        }
    }

    #[test]
    fn an_address_in_the_place_of_a_name_is_judged_too() {
        let judged = |url: &str, private| {
            Sender::new(private).unwrap().may_call(&url.parse().unwrap()).is_ok()
        };
        for url in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]:8443/",
            "https://169.254.169.254/latest",
            "http://club.example/",
        ] {
            assert!(!judged(url, false), "{url}");
            assert!(judged(url, true), "{url}");
        }
        assert!(judged("https://club.example/", false));
        assert!(judged("https://93.184.216.34/", false));
    }
}
