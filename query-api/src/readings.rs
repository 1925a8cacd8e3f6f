//! What is recorded of an auditor's question: the list, and what it was narrowed to.
use std::fmt::{Display, Write};

/// A path with the filters that were given. No value of a person's own words or whereabouts is among them: an address
/// that was asked for is written as `*`.
pub struct Reading(String);

impl Reading {
    pub fn of(path: &str) -> Self {
        Self(path.to_owned())
    }

    #[must_use]
    pub fn by(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            let between = if self.0.contains('?') { '&' } else { '?' };
            // To a text nothing is written in vain.
            let _ = write!(self.0, "{between}{name}={value}");
        }
        self
    }

    /// By something that must not be in the log for ever.
    #[must_use]
    pub fn by_hidden<T>(self, name: &str, value: Option<T>) -> Self {
        self.by(name, value.map(|_| '*'))
    }

    pub fn said(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_asked_and_not_whose_address() {
        let reading = Reading::of("/v1/audit/logins")
            .by("from", None::<u8>)
            .by("outcome", Some("failed"))
            .by_hidden("ip", Some("192.0.2.1"));
        assert_eq!(reading.said(), "/v1/audit/logins?outcome=failed&ip=*");
        assert_eq!(
            Reading::of("/v1/audit/logins").by_hidden("ip", None::<u8>).said(),
            "/v1/audit/logins"
        );
    }
}
