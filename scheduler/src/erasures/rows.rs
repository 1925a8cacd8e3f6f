//! Rows of table `erasures`.
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use super::person::Person;

/// How long a worker has somebody for itself, and how long a failed attempt waits.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// What a batch of events comes to.
#[derive(Default)]
pub(super) struct Noted {
    requested: Vec<(Person, Uuid)>,
    erased: Vec<Uuid>,
}

impl Noted {
    pub fn requested(&mut self, person: Person, event: Uuid) {
        self.requested.push((person, event));
    }

    pub fn erased(&mut self, person: Person) {
        self.erased.push(person.id());
    }

    /// Requests before their ends: a replay brings both in one batch.
    pub async fn write(
        self,
        tx: &mut PgTransaction<'static>,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        if !self.requested.is_empty() {
            let now = now.to_sqlx() as SqlTimestamp;
            let kinds: Vec<String> =
                self.requested.iter().map(|it| it.0.kind().to_owned()).collect();
            let (ids, events): (Vec<Uuid>, Vec<Uuid>) =
                self.requested.iter().map(|(person, event)| (person.id(), *event)).unzip();
            sqlx::query_file!("src/erasures/note.sql", &kinds, &ids, &events, now as SqlTimestamp)
                .execute(&mut **tx)
                .await?;
        }
        if !self.erased.is_empty() {
            sqlx::query_file!("src/erasures/done.sql", &self.erased).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// Somebody to erase, claimed.
#[derive(Debug)]
pub(super) struct Asked {
    pub kind: String,
    pub user_id: Uuid,
    pub event_id: Uuid,
    pub attempts: i32,
}

impl Asked {
    pub fn person(&self) -> Person {
        Person::of_row(&self.kind, self.user_id)
    }
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Asked>, sqlx::Error> {
    sqlx::query_file_as!(
        Asked,
        "src/erasures/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + CLAIM).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn postpone(
    db: &PgPool,
    person: Person,
    until: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/erasures/postpone.sql", person.id(), until.to_sqlx() as SqlTimestamp)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn done(db: &PgPool, person: Person) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/erasures/done.sql", &[person.id()]).execute(db).await?;
    Ok(())
}

/// Who was erased, with the event that asked for it, after one of them.
pub(super) async fn finished(
    db: &PgPool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Person, Uuid)>, sqlx::Error> {
    let rows = sqlx::query_file!("src/erasures/finished.sql", after, limit).fetch_all(db).await?;
    Ok(rows.into_iter().map(|it| (Person::of_row(&it.kind, it.user_id), it.event_id)).collect())
}

pub(super) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("src/erasures/count.sql").fetch_one(db).await
}
