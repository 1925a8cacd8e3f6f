use serde::Serialize;

/// What was found out about one thing.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// `log`, `vault`, `read`, `edge`, `broker`, `mail`, `keys`, `accounts`, `tls`, `clock`, `disk`; and with `--production`
    /// whatever its list is about.
    pub what: &'static str,
    pub check: &'static str,
    pub state: State,
    pub says: String,
    /// One sentence: what to do. None where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// The system works, today.
    Warn,
    Fail,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Finding {
    pub fn ok(what: &'static str, check: &'static str, says: impl Into<String>) -> Self {
        Self { what, check, state: State::Ok, says: says.into(), next: None }
    }

    pub fn warn(
        what: &'static str,
        check: &'static str,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { what, check, state: State::Warn, says: says.into(), next: Some(next.into()) }
    }

    pub fn fail(
        what: &'static str,
        check: &'static str,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { what, check, state: State::Fail, says: says.into(), next: Some(next.into()) }
    }
}
