//! How people want to be told things, as they see it themselves.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::sealed::Sealed;
use domain::users::{Channel, ClockStyle, Language, UserEvent};
use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use vault::Vault;

use crate::personal::{Clear, Closed, open};
use crate::projection::{Projection, all_met, id, read, then};
use crate::users::USERS;

/// Serves one's own preferences. A projection of its own: that of the accounts was there before there were any.
pub struct Preferences {
    pub vault: Vault,
}

/// What a batch did to one account's; `None` where it changed nothing.
#[derive(Default, Serialize)]
struct Change {
    id: Uuid,
    /// Where the person was registered in this batch: the name of their key.
    subject: Option<String>,
    reminders: Option<Channel>,
    language: Option<Language>,
    clock: Option<ClockStyle>,
    sms_number: Option<Clear>,
    /// Of the newest event of the account, whatever it was: the tag is the account's.
    revision: u64,
    #[serde(skip)]
    only_fenced: bool,
    #[serde(skip)]
    sealed: Option<Sealed>,
    #[serde(skip)]
    position: Position,
}

#[async_trait]
impl Projection for Preferences {
    fn name(&self) -> &'static str {
        "preferences"
    }

    fn create(&self) -> &'static str {
        include_str!("preferences/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("preferences/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut changes = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        self.open(&mut changes).await?;
        let (fences, changes): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|it| it.only_fenced);
        let merge = sqlx::query_file!("src/preferences/merge.sql", Json(&changes) as _);
        let merged = merge.execute(&mut *db).await?;
        all_met("preferences", events, changes.len(), merged.rows_affected())?;
        // Somebody who never registered can be fenced off, and has no row.
        if !fences.is_empty() {
            let merge = sqlx::query_file!("src/preferences/merge.sql", Json(&fences) as _);
            merge.execute(db).await?;
        }
        Ok(())
    }
}

impl Preferences {
    async fn open(&self, changes: &mut [Change]) -> Result<(), FollowError> {
        let subjects: Vec<String> = changes.iter().map(|it| format!("{USERS}{}", it.id)).collect();
        let closed: Vec<Closed<'_>> = changes
            .iter()
            .zip(&subjects)
            .map(|(change, subject)| Closed {
                subject,
                field: "sms_number",
                sealed: change.sealed.as_ref(),
                position: change.position,
            })
            .collect();
        let opened = open(&self.vault, &closed).await?;
        for (change, number) in changes.iter_mut().zip(opened) {
            change.sms_number = number;
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
        let Recorded { revision, position, .. } = *event;
        let it = Self { id: id(event, USERS)?, revision, position, ..Self::default() };
        Ok(match read(event)? {
            UserEvent::Registered { .. } => Self { subject: Some(event.stream.clone()), ..it }
                .set(domain::users::Preferences::default()),
            UserEvent::PreferencesSet { reminders, language, clock, sms_number } => {
                it.set(domain::users::Preferences { reminders, language, clock, sms_number })
            }
            // The first can come before the account, the second after it: there may be no row.
            UserEvent::ClaimAbandoned { .. } | UserEvent::Erased {} => {
                Self { only_fenced: true, ..it }
            }
            _ => it,
        })
    }

    fn set(self, it: domain::users::Preferences) -> Self {
        Self {
            reminders: Some(it.reminders),
            language: Some(it.language),
            clock: Some(it.clock),
            sealed: it.sms_number,
            ..self
        }
    }

    /// What both did, in this order. The preferences are set as a whole, or not at all.
    fn then(self, later: Self) -> Self {
        let subject = self.subject.clone().or(later.subject.clone());
        let only_fenced = self.only_fenced && later.only_fenced;
        let revision = later.revision;
        let set = if later.reminders.is_some() { later } else { self };
        Self { subject, revision, only_fenced, ..set }
    }
}
