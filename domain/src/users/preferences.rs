//! How somebody wants to be told things: by which way, in which words, by which clock.
use serde::{Deserialize, Serialize};

use super::{UserEvent, UserRejection};
use crate::sealed::Sealed;

/// What holds of an account; the default is what holds of whoever never said anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub reminders: Channel,
    pub language: Language,
    pub clock: ClockStyle,
    pub sms_number: Option<Sealed>,
}

/// By which way reminders come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[default]
    Mail,
    Sms,
    None,
}

/// What messages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    De,
}

/// How a time of day is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClockStyle {
    #[default]
    #[serde(rename = "24h")]
    H24,
    #[serde(rename = "12h")]
    H12,
}

/// What is wanted otherwise. What is `None` stays; the number can be taken out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub reminders: Option<Channel>,
    pub language: Option<Language>,
    pub clock: Option<ClockStyle>,
    pub sms_number: Option<Option<Sealed>>,
}

impl Preferences {
    /// What holds once `it` does.
    fn with(&self, it: Wanted) -> Self {
        Self {
            reminders: it.reminders.unwrap_or(self.reminders),
            language: it.language.unwrap_or(self.language),
            clock: it.clock.unwrap_or(self.clock),
            sms_number: it.sms_number.unwrap_or_else(|| self.sms_number.clone()),
        }
    }
}

/// Two sealed numbers are never the same: the command names one only if it is new.
pub(super) fn decide(
    present: &Preferences,
    wanted: Wanted,
) -> Result<Vec<UserEvent>, UserRejection> {
    let wanted = present.with(wanted);
    if wanted.reminders == Channel::Sms && wanted.sms_number.is_none() {
        return Err(UserRejection::NoSmsNumber);
    }
    if wanted == *present {
        return Ok(vec![]);
    }
    let Preferences { reminders, language, clock, sms_number } = wanted;
    Ok(vec![UserEvent::PreferencesSet { reminders, language, clock, sms_number }])
}
