//! The mail server, if there is one.
use runtime::Settings;
use scheduler::mail::{Mailer, Templates};

use super::finding::Finding;

const WHAT: &str = "mail";

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = server(settings).await;
    findings.extend(templates(settings));
    findings
}

/// Ours need no word; a folder of others is read as the scheduler would read it.
fn templates(settings: &Settings) -> Option<Finding> {
    let folder = settings.mail_templates.as_deref()?;
    Some(match Templates::load(Some(folder)) {
        Ok(_) => Finding::ok(WHAT, "templates", "each can be sent"),
        Err(error) => {
            let next = "Correct the file in MAIL_TEMPLATES: docs/mail.md says what each may hold.";
            Finding::fail(WHAT, "templates", error.to_string(), next)
        }
    })
}

async fn server(settings: &Settings) -> Vec<Finding> {
    let Some(url) = &settings.smtp_url else {
        let says = "SMTP_URL is not set: mail waits in the outbox";
        if settings.demo {
            return vec![Finding::ok(WHAT, "reachable", "caught by the demo")];
        }
        return vec![Finding::warn(WHAT, "reachable", says, "Set SMTP_URL for mail to be sent.")];
    };
    let mailer = match Mailer::new(url, &settings.mail_from, &settings.server_url) {
        Ok(mailer) => mailer,
        Err(error) => {
            let next = "Correct SMTP_URL or SMTP_FROM.";
            return vec![Finding::fail(WHAT, "reachable", error.to_string(), next)];
        }
    };
    let next = "Start the server that SMTP_URL names, or correct SMTP_URL.";
    vec![match mailer.greet().await {
        Ok(()) => Finding::ok(WHAT, "reachable", "SMTP_URL lets us in"),
        Err(error) => Finding::fail(WHAT, "reachable", error.to_string(), next),
    }]
}
