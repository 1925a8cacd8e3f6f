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
use crate::projection::{Projection, all_met, id, read};

/// Serves one's own account, and everybody's to admins.
pub struct Users {
    pub vault: Vault,
}

/// Streams of accounts begin like this; their whole name is the subject of the person's key.
pub(crate) const USERS: &str = "user-";

/// What a batch did to one account; `None` where it changed nothing.
#[derive(Default, Serialize)]
struct Change {
    id: Uuid,
    email: Option<Clear>,
    username: Option<Clear>,
    display_name: Option<Clear>,
    phone: Option<Clear>,
    role: Option<Role>,
    venues: Option<Vec<VenueId>>,
    verified: Option<bool>,
    disabled: Option<bool>,
    registered_at: Option<Timestamp>,
    #[serde(flatten)]
    registered: Option<Registered>,
}

/// What a registration says of a person, still sealed.
#[derive(Serialize)]
struct Registered {
    /// Their key's name, which is that of the stream.
    subject: String,
    #[serde(skip)]
    email: Sealed,
    #[serde(skip)]
    username: Sealed,
    #[serde(skip)]
    display_name: Sealed,
    #[serde(skip)]
    phone: Option<Sealed>,
    #[serde(skip)]
    position: Position,
}

#[async_trait]
impl Projection for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn create(&self) -> &'static str {
        include_str!("users/create.sql")
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
        let merged =
            sqlx::query_file!("src/users/merge.sql", Json(&changes) as _).execute(db).await?;
        all_met("users", events, changes.len(), merged.rows_affected())
    }
}

impl Users {
    async fn open(&self, changes: &mut [Change]) -> Result<(), FollowError> {
        let closed: Vec<Closed<'_>> = changes
            .iter()
            .filter_map(|it| it.registered.as_ref())
            .flat_map(|Registered { subject, email, username, display_name, phone, position }| {
                [
                    ("email", Some(email)),
                    ("username", Some(username)),
                    ("display_name", Some(display_name)),
                    ("phone", phone.as_ref()),
                ]
                .map(|(field, sealed)| Closed {
                    subject,
                    field,
                    sealed,
                    position: *position,
                })
            })
            .collect();
        let mut opened = open(&self.vault, &closed).await?.into_iter();
        for change in changes.iter_mut().filter(|it| it.registered.is_some()) {
            change.email = opened.next().flatten();
            change.username = opened.next().flatten();
            change.display_name = opened.next().flatten();
            change.phone = opened.next().flatten();
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Change>, FollowError> {
    let mut changes: BTreeMap<Uuid, Change> = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(USERS)) {
        let Some(change) = Change::of(event)? else {
            continue;
        };
        let change = match changes.remove(&change.id) {
            Some(earlier) => earlier.then(change),
            None => change,
        };
        changes.insert(change.id, change);
    }
    Ok(changes.into_values().collect())
}

impl Change {
    fn of(event: &Recorded) -> Result<Option<Self>, FollowError> {
        let none = Self { id: id(event, USERS)?, ..Self::default() };
        Ok(Some(match read(event)? {
            UserEvent::Registered {
                email,
                username,
                display_name,
                phone,
                role,
                verification_required,
                ..
            } => {
                let subject = event.stream.clone();
                let position = event.position;
                Self {
                    role: Some(role),
                    venues: Some(vec![]),
                    verified: Some(!verification_required),
                    disabled: Some(false),
                    registered_at: Some(event.meta.at),
                    registered: Some(Registered {
                        subject,
                        email,
                        username,
                        display_name,
                        phone,
                        position,
                    }),
                    ..none
                }
            }
            UserEvent::EmailVerified {} => Self { verified: Some(true), ..none },
            UserEvent::RoleChanged { role, venues, .. } => {
                Self { role: Some(role), venues: Some(venues), ..none }
            }
            UserEvent::Disabled { .. } => Self { disabled: Some(true), ..none },
            UserEvent::Enabled { .. } => Self { disabled: Some(false), ..none },
            // The first of these can come before the account: it makes no row.
            UserEvent::ClaimAbandoned { .. }
            | UserEvent::PasswordSet { .. }
            | UserEvent::SessionsRevoked { .. }
            | UserEvent::FactorOffered { .. }
            | UserEvent::FactorConfirmed { .. }
            | UserEvent::RecoveryCodesRenewed { .. }
            | UserEvent::FactorRemoved { .. }
            | UserEvent::ErasureRequested { .. }
            | UserEvent::Erased {} => return Ok(None),
        }))
    }

    /// What both did, in this order.
    fn then(self, later: Self) -> Self {
        Self {
            role: later.role.or(self.role),
            venues: later.venues.or(self.venues),
            verified: later.verified.or(self.verified),
            disabled: later.disabled.or(self.disabled),
            ..self
        }
    }
}
