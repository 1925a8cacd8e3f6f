//! The provider of SMS, if there is one: without, mail goes in their place, and nothing is wrong.
use runtime::{Clock, Settings};
use scheduler::sms::Twilio;

use super::finding::Finding;

const WHAT: &str = "sms";

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let Some(account) = &settings.twilio else { return Vec::new() };
    let twilio = match Twilio::new(account, &settings.server_url, Clock::new()) {
        Ok(twilio) => twilio,
        Err(error) => {
            let next = "Correct the settings that begin with TWILIO_.";
            return vec![Finding::fail(WHAT, "reachable", error.to_string(), next)];
        }
    };
    let next = "Correct TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN or TWILIO_BASE_URL; until then mail goes in the place of SMS.";
    vec![match twilio.greet().await {
        Ok(()) => Finding::ok(WHAT, "reachable", "the account is known"),
        Err(error) => Finding::fail(WHAT, "reachable", error.to_string(), next),
    }]
}
