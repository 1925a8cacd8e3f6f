//! Accounts as their owners and admins see them.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::VenueId;
use domain::sealed::Sealed;
use domain::users::{Role, UserEvent};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use vault::Vault;

use crate::personal::{Clear, Closed, open};
use crate::projection::{Projection, all_met, id, read, then};

/// Serves one's own account, and everybody's to admins.
pub struct Users {
    pub vault: Vault,
}

/// Streams of accounts begin like this; their whole name is the subject of the person's key.
pub(crate) const USERS: &str = "user-";
/// From this event on an account is nobody's: told apart by its name without the version.
pub(crate) const ERASURE_REQUESTED: &str = "user.erasure-requested.";

/// What a batch did to one account; `None` where it changed nothing.
#[derive(Default, Serialize)]
struct Change {
    id: Uuid,
    email: Option<Clear>,
    username: Option<Clear>,
    display_name: Option<Clear>,
    phone: Option<Clear>,
    phone_removed: Option<bool>,
    role: Option<Role>,
    venues: Option<Vec<VenueId>>,
    verified: Option<bool>,
    disabled: Option<bool>,
    second_factor: Option<bool>,
    erased: Option<bool>,
    registered_at: Option<Timestamp>,
    /// Where the person was registered in this batch: the name of their key, which is that of the stream.
    subject: Option<String>,
    /// Of the newest event: the tag of the account.
    revision: u64,
    #[serde(skip)]
    only_fenced: bool,
    /// New names and addresses, still sealed.
    #[serde(skip)]
    sealed: BTreeMap<&'static str, (Sealed, Position)>,
}

#[async_trait]
impl Projection for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn create(&self) -> &'static str {
        include_str!("users/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("users/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("users/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut changes = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        self.open(&mut changes).await?;
        let (fences, changes): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|it| it.only_fenced);
        let merged =
            sqlx::query_file!("src/users/merge.sql", Json(&changes) as _).execute(&mut *db).await?;
        all_met("users", events, changes.len(), merged.rows_affected())?;
        // Somebody who never registered can be fenced off, and has no row.
        if !fences.is_empty() {
            sqlx::query_file!("src/users/merge.sql", Json(&fences) as _).execute(db).await?;
        }
        Ok(())
    }
}

impl Users {
    async fn open(&self, changes: &mut [Change]) -> Result<(), FollowError> {
        let subjects: Vec<String> = changes.iter().map(|it| format!("{USERS}{}", it.id)).collect();
        let closed: Vec<Closed<'_>> = changes
            .iter()
            .zip(&subjects)
            .flat_map(|(change, subject)| {
                change.sealed.iter().map(|(field, (sealed, position))| Closed {
                    subject,
                    field,
                    sealed: Some(sealed),
                    position: *position,
                })
            })
            .collect();
        let mut opened = open(&self.vault, &closed).await?.into_iter();
        for change in changes {
            for field in change.sealed.keys() {
                let text = opened.next().flatten();
                match *field {
                    "email" => change.email = text,
                    "username" => change.username = text,
                    "display_name" => change.display_name = text,
                    _ => change.phone = text,
                }
            }
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Change>, FollowError> {
    let mut changes: BTreeMap<Uuid, Change> = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(USERS)) {
        let change = Change::of(event)?;
        then(&mut changes, change.id, change, Change::then);
    }
    Ok(changes.into_values().collect())
}

impl Change {
    fn of(event: &Recorded) -> Result<Self, FollowError> {
        let it = Self { id: id(event, USERS)?, revision: event.revision, ..Self::default() };
        let sealed = |field, sealed| (field, (sealed, event.position));
        Ok(match read(event)? {
            UserEvent::Registered {
                email,
                username,
                display_name,
                phone,
                role,
                verification_required,
                ..
            } => Self {
                role: Some(role),
                venues: Some(vec![]),
                verified: Some(!verification_required),
                disabled: Some(false),
                second_factor: Some(false),
                erased: Some(false),
                registered_at: Some(event.meta.at),
                subject: Some(event.stream.clone()),
                sealed: [
                    Some(sealed("email", email)),
                    Some(sealed("username", username)),
                    Some(sealed("display_name", display_name)),
                    phone.map(|it| sealed("phone", it)),
                ]
                .into_iter()
                .flatten()
                .collect(),
                ..it
            },
            UserEvent::EmailChanged { email, .. } => {
                Self { verified: Some(true), sealed: [sealed("email", email)].into(), ..it }
            }
            UserEvent::UsernameChanged { username, .. } => {
                Self { sealed: [sealed("username", username)].into(), ..it }
            }
            UserEvent::Renamed { display_name } => {
                Self { sealed: [sealed("display_name", display_name)].into(), ..it }
            }
            UserEvent::PhoneSet { phone: Some(phone) } => {
                Self { phone_removed: Some(false), sealed: [sealed("phone", phone)].into(), ..it }
            }
            UserEvent::PhoneSet { phone: None } => Self { phone_removed: Some(true), ..it },
            UserEvent::EmailVerified {} => Self { verified: Some(true), ..it },
            UserEvent::RoleChanged { role, venues, .. } => {
                Self { role: Some(role), venues: Some(venues), ..it }
            }
            UserEvent::Disabled { .. } => Self { disabled: Some(true), ..it },
            UserEvent::Enabled { .. } => Self { disabled: Some(false), ..it },
            UserEvent::FactorConfirmed { .. } => Self { second_factor: Some(true), ..it },
            UserEvent::FactorRemoved { .. } => Self { second_factor: Some(false), ..it },
            UserEvent::ErasureRequested { .. } => Self { erased: Some(true), ..it },
            UserEvent::PasswordSet { .. }
            | UserEvent::PreferencesSet { .. }
            | UserEvent::PasswordRehashed { .. }
            | UserEvent::EmailChangeRequested { .. }
            | UserEvent::SessionsRevoked { .. }
            | UserEvent::FactorOffered { .. }
            | UserEvent::RecoveryCodesRenewed { .. } => it,
            // The first can come before the account, the second after it: there may be no row.
            UserEvent::ClaimAbandoned { .. } | UserEvent::Erased {} => {
                Self { only_fenced: true, ..it }
            }
        })
    }

    /// What both did, in this order.
    fn then(mut self, later: Self) -> Self {
        self.sealed.extend(later.sealed);
        if later.phone_removed == Some(true) {
            self.sealed.remove("phone");
        }
        Self {
            phone_removed: later.phone_removed.or(self.phone_removed),
            registered_at: later.registered_at.or(self.registered_at),
            subject: later.subject.or(self.subject),
            only_fenced: self.only_fenced && later.only_fenced,
            role: later.role.or(self.role),
            venues: later.venues.or(self.venues),
            verified: later.verified.or(self.verified),
            disabled: later.disabled.or(self.disabled),
            second_factor: later.second_factor.or(self.second_factor),
            erased: later.erased.or(self.erased),
            revision: later.revision,
            ..self
        }
    }
}
