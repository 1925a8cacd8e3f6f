//! What operators want of a projection as a whole. Rare, so each is a statement of its own.
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

pub(super) struct Wish<'a> {
    pub projection: &'a str,
    pub at: Timestamp,
    pub what: What<'a>,
}

pub(super) enum What<'a> {
    Pause { by: Option<&'a str>, reason: String },
    Resume,
    DropOld,
}

impl Wish<'_> {
    pub async fn write(&self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        let Self { projection, at, what } = self;
        let at = at.to_sqlx();
        match what {
            What::Pause { by, reason } => {
                sqlx::query_file!("src/rebuilds/pause.sql", projection, at as _, *by, reason)
                    .execute(db)
                    .await?
            }
            What::Resume => {
                sqlx::query_file!("src/rebuilds/resume.sql", projection).execute(db).await?
            }
            What::DropOld => {
                sqlx::query_file!("src/rebuilds/drop_old.sql", projection, at as _)
                    .execute(db)
                    .await?
            }
        };
        Ok(())
    }
}
