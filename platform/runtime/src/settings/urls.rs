//! Where others are. Of a URL that may hold a password nothing is said.
use http::Uri;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::source::Source;

/// Without a slash at its end, so that paths can be appended.
pub(super) fn http_url(from: &mut Source, name: &str) -> Option<String> {
    let text = from.text(name)?;
    let url = text.trim_end_matches('/');
    let is_http = url.parse::<Uri>().is_ok_and(|it| {
        matches!(it.scheme_str(), Some("http" | "https"))
            && it.host().is_some()
            && it.query().is_none()
    });
    if !is_http || url.contains('#') {
        from.fault(format!(
            "{name} is {text:?}: expected a URL, http:// or https://, without a query"
        ));
        return None;
    }
    Some(url.to_owned())
}

/// A secret: whoever knows it may write there. It can have a query, and nothing of it is ever said.
pub(super) fn webhook_url(from: &mut Source, name: &str) -> Option<SecretString> {
    let url = from.secret(name)?;
    let is_http = url
        .expose_secret()
        .parse::<Uri>()
        .is_ok_and(|it| matches!(it.scheme_str(), Some("http" | "https")) && it.host().is_some());
    if !is_http {
        from.fault(format!("{name} cannot be read: expected http://… or https://…"));
        return None;
    }
    Some(url)
}

pub(super) fn event_store_url(from: &mut Source) -> SecretString {
    let url = from.required("EVENT_STORE_URL");
    if !super::is_eventstoredb(&url) {
        check_postgres(from, "EVENT_STORE_URL", &url, "postgres://… or esdb://…");
    }
    url
}

pub(super) fn postgres_url(from: &mut Source, name: &str) -> SecretString {
    let url = from.required(name);
    check_postgres(from, name, &url, "postgres://user:password@host:port/database");
    url
}

/// Says nothing of the value: it holds a password.
fn check_postgres(from: &mut Source, name: &str, url: &SecretString, expected: &str) {
    let url = url.expose_secret();
    if url.is_empty() {
        return;
    }
    let known = url.starts_with("postgres://") || url.starts_with("postgresql://");
    if !known || url.parse::<PgConnectOptions>().is_err() {
        from.fault(format!("{name} cannot be read: expected {expected}"));
    }
}

pub(super) fn amqp_url(from: &mut Source) -> SecretString {
    let url = from.required("AMQP_URL");
    if !url.expose_secret().is_empty() && !crate::rabbitmq::is_url(url.expose_secret()) {
        from.fault(
            "AMQP_URL cannot be read: expected amqp://user:password@host:port/%2f or amqps://…",
        );
    }
    url
}

pub(super) fn smtp_url(from: &mut Source) -> Option<SecretString> {
    let url = from.secret("SMTP_URL")?;
    let text = url.expose_secret();
    if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
        from.fault(
            "SMTP_URL cannot be read: expected smtp://host:port or smtps://user:password@host:port",
        );
    }
    Some(url)
}
