//! What an erasure does to rows.
use async_trait::async_trait;
use domain::guests::GuestEvent;
use domain::logins::quarter;
use domain::retention::{RetentionEvent, STREAM};
use domain::users::UserEvent;
use event_store::Recorded;
use runtime::follow::FollowError;
use sqlx::{AssertSqlSafe, PgConnection};
use vault::ERASED;

use super::{Manifest, PERSONAL};
use crate::guests::GUESTS;
use crate::projection::{Projection, read};
use crate::users::USERS;

/// A projection whose tables hold personal data in clear, and which forgets whoever was erased.
///
/// `user.erased` and `guest.erased` are recorded when nobody can open anything of theirs any more. So it is enough to blank what is there
/// by then: what is written later, in whatever build, reads `[erased]` already.
pub(crate) struct Personal<P>(pub P);

#[async_trait]
impl<P: Projection> Projection for Personal<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn key<'a>(&self, event: &'a Recorded) -> Option<&'a str> {
        self.0.key(event)
    }

    fn create(&self) -> &'static str {
        self.0.create()
    }

    fn indexes(&self) -> &'static str {
        self.0.indexes()
    }

    fn views(&self) -> &'static str {
        self.0.views()
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        self.0.apply(db, events).await
    }

    async fn forget(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let gone = Gone::of(events)?;
        if gone.is_nobody() {
            return Ok(());
        }
        for it in PERSONAL.iter().filter(|it| it.projection == self.name()) {
            gone.blank(db, it, it.table).await?;
            // Those that are filled beside it, and the one that was kept when it took over, follow no log of their own.
            let others = sqlx::query_file_scalar!("src/personal/others.sql", self.name(), it.table)
                .fetch_all(&mut *db)
                .await?;
            for table in others {
                gone.blank(db, it, &table).await?;
            }
        }
        Ok(())
    }
}

/// Whose data can be read no more.
#[derive(Default)]
struct Gone {
    people: Vec<String>,
    /// Days of attempts under unknown names, before this subject.
    days_before: Option<String>,
    /// Parts of people, before this one.
    parts_before: Option<String>,
}

impl Gone {
    /// Told apart by name without its version: a newer one has to be waited for.
    fn of(events: &[Recorded]) -> Result<Self, FollowError> {
        let mut gone = Self::default();
        for it in events {
            if it.kind.starts_with("user.erased.") && it.stream.starts_with(USERS) {
                let UserEvent::Erased {} = read(it)? else { continue };
                gone.people.push(it.stream.clone());
            } else if it.kind.starts_with("guest.erased.") && it.stream.starts_with(GUESTS) {
                let GuestEvent::Erased {} = read(it)? else { continue };
                gone.people.push(it.stream.clone());
            } else if it.stream == STREAM {
                match read(it)? {
                    RetentionEvent::UnknownLoginsEnded { before } => {
                        gone.days_before = Some(format!("unknown-{before}"));
                    }
                    RetentionEvent::LoginsEnded { before } => {
                        gone.parts_before = Some(quarter(before));
                    }
                }
            }
        }
        Ok(gone)
    }

    fn is_nobody(&self) -> bool {
        self.people.is_empty() && self.days_before.is_none() && self.parts_before.is_none()
    }

    /// What was never there stays `NULL`, so that it comes to the same as opening it afterwards does.
    async fn blank(
        &self,
        db: &mut PgConnection,
        Manifest { subject, part, columns, .. }: &Manifest,
        table: &str,
    ) -> Result<(), sqlx::Error> {
        let list = |what: &dyn Fn(&str) -> String, between: &str| {
            columns.iter().map(|it| what(it)).collect::<Vec<_>>().join(between)
        };
        let blanked =
            list(&|it| format!("{it} = CASE WHEN {it} IS NULL THEN NULL ELSE $1 END"), ", ");
        // What time ended before is not written again.
        let is_left = list(&|it| format!("{it} <> $1"), " OR ");
        // Made of this build's own names alone; `others.sql` quotes what it returns.
        let update = format!("UPDATE {table} SET {blanked} WHERE");
        if !self.people.is_empty() {
            let of_people = AssertSqlSafe(format!("{update} {subject} = ANY ($2)"));
            sqlx::query(of_people).bind(ERASED).bind(&self.people).execute(&mut *db).await?;
        }
        // In the order of bytes, whatever the database's language thinks of hyphens.
        if let Some(before) = &self.days_before {
            let of_days = AssertSqlSafe(format!(
                "{update} {subject} COLLATE \"C\" < $2 AND starts_with({subject}, 'unknown-') AND ({is_left})"
            ));
            sqlx::query(of_days).bind(ERASED).bind(before).execute(&mut *db).await?;
        }
        if let (Some(part), Some(before)) = (part, &self.parts_before) {
            let of_parts = AssertSqlSafe(format!(
                "{update} {part} COLLATE \"C\" < $2 AND {part} <> '' AND ({is_left})"
            ));
            sqlx::query(of_parts).bind(ERASED).bind(before).execute(&mut *db).await?;
        }
        Ok(())
    }
}
