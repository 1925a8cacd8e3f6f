//! The login history that auditors read.
use async_trait::async_trait;
use domain::ids::{SessionId, UserId};
use domain::logins::{CodePurpose, FailureReason, LoginEvent, Origin, RefusalReason};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use vault::Vault;

use crate::personal::{Clear, Closed, open};
use crate::projection::{Projection, id, read};

/// Serves the list of logins, with addresses and user agents as far as they may still be read.
pub struct Logins {
    pub vault: Vault,
}

const LOGINS: &str = "login-";
const UNKNOWN: &str = "login-unknown-";

#[derive(Serialize)]
struct Login {
    position: Position,
    event_id: Uuid,
    at: Timestamp,
    user_id: Option<Uuid>,
    identifier: Option<String>,
    outcome: &'static str,
    reason: Option<&'static str>,
    ip: Option<Clear>,
    user_agent: Option<Clear>,
    session: Option<SessionId>,
    until: Option<Timestamp>,
    subject: String,
    #[serde(skip)]
    from: Option<Origin>,
}

#[async_trait]
impl Projection for Logins {
    fn name(&self) -> &'static str {
        "logins"
    }

    fn create(&self) -> &'static str {
        include_str!("logins/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("logins/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("logins/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut logins = fold(events)?;
        if logins.is_empty() {
            return Ok(());
        }
        self.open(&mut logins).await?;
        sqlx::query_file!("src/logins/add.sql", Json(&logins) as _).execute(db).await?;
        Ok(())
    }
}

impl Logins {
    async fn open(&self, logins: &mut [Login]) -> Result<(), FollowError> {
        let closed: Vec<Closed<'_>> =
            logins
                .iter()
                .flat_map(|Login { subject, position, from, .. }| {
                    let from = from.as_ref();
                    let address = from.and_then(|it| it.address.as_ref());
                    let user_agent = from.and_then(|it| it.user_agent.as_ref());
                    [("address", address), ("user_agent", user_agent)].map(|(field, sealed)| {
                        Closed { subject, field, sealed, position: *position }
                    })
                })
                .collect();
        let mut opened = open(&self.vault, &closed).await?.into_iter();
        for login in logins {
            login.ip = opened.next().flatten();
            login.user_agent = opened.next().flatten();
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Login>, FollowError> {
    let ours = events.iter().filter(|it| it.stream.starts_with(LOGINS));
    ours.filter_map(|it| Login::of(it).transpose()).collect()
}

impl Login {
    /// `None` for what is no attempt of its own.
    fn of(event: &Recorded) -> Result<Option<Self>, FollowError> {
        let (user_id, subject) = whose(event)?;
        let login = |outcome| Self {
            position: event.position,
            event_id: event.id,
            at: event.meta.at,
            user_id,
            identifier: None,
            outcome,
            reason: None,
            ip: None,
            user_agent: None,
            session: None,
            until: None,
            subject,
            from: None,
        };
        Ok(Some(match read(event)? {
            LoginEvent::Succeeded { session, from, .. } => {
                Self { session: Some(session), ..login("succeeded").from(from) }
            }
            LoginEvent::Failed { reason, from, .. } => {
                Self { reason: Some(failure(reason)), ..login("failed").from(from) }
            }
            LoginEvent::Locked { until, .. } => Self { until: Some(until), ..login("locked") },
            LoginEvent::Refused { reason, from } => {
                Self { reason: Some(refusal(reason)), ..login("refused").from(from) }
            }
            LoginEvent::Unlocked { .. } => login("unlocked"),
            LoginEvent::Reauthenticated { from } => login("reauthenticated").from(from),
            LoginEvent::CodeRequested { purpose, until, from, .. } => Self {
                reason: Some(code(purpose)),
                until: Some(until),
                ..login("code_requested").from(from)
            },
            LoginEvent::CodeRefused { purpose, from } => {
                Self { reason: Some(code(purpose)), ..login("code_refused").from(from) }
            }
            // The success that follows says so, and who wants to register wants no way in.
            LoginEvent::CodeAccepted { .. } | LoginEvent::RegistrationAttempted { .. } => {
                return Ok(None);
            }
        }))
    }

    fn from(self, from: Origin) -> Self {
        Self { identifier: Some(from.identifier.clone()), from: Some(from), ..self }
    }
}

/// The account, if there is one, and the subject whose key addresses and user agents are sealed under: a person's
/// key of the quarter, or for nobody we know the day's.
fn whose(event: &Recorded) -> Result<(Option<Uuid>, String), FollowError> {
    if let Some(date) = event.stream.strip_prefix(UNKNOWN) {
        return Ok((None, format!("unknown-{date}")));
    }
    let user: Uuid = id(event, LOGINS)?;
    Ok((Some(user), Origin::subject(UserId(user), event.meta.at)))
}

fn failure(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::WrongPassword => "wrong_password",
        FailureReason::UnknownIdentifier => "unknown_identifier",
        FailureReason::WrongCode => "wrong_code",
        FailureReason::MissingCode => "missing_code",
    }
}

fn refusal(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Locked => "locked",
        RefusalReason::Disabled => "disabled",
        RefusalReason::Unverified => "unverified",
    }
}

fn code(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::ResetPassword => "reset_password",
        CodePurpose::VerifyEmail => "verify_email",
    }
}
