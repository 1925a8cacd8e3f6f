//! `Idempotency-Key`: the comfort of it.
//!
//! That a repeated command acts once is the log's doing: ids derive from the command's, and a decider knows its own work
//! again; what others can undo is looked for ([`obeyed`]). This remembers for 24 hours which commands were answered, so
//! that a repetition can be told from a mistake. Without its database commands go on.
mod obeyed;
mod rows;
mod together;

use std::time::Duration;

use axum::http::StatusCode;
use runtime::problem::{Kind, Place};
use runtime::{Problem, Shutdown};
use sqlx::PgPool;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Command;
use crate::refused::Refused;
use rows::{Done, Rows};

pub const KEY_REUSED: Kind = Kind {
    name: "idempotency-key-reused",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: "This Idempotency-Key was used for something else",
};
pub const STILL_RUNNING: Kind =
    Kind::conflict("still-running", "The first request with this Idempotency-Key is still running");

const SWEEP_EVERY: Duration = Duration::from_mins(10);

#[derive(Clone)]
pub struct Idempotency {
    rows: Rows,
}

/// What is known of a command by its key.
enum Known {
    Nothing,
    Answered {
        status: u16,
        position: Option<String>,
    },
    Running {
        seconds_left: u32,
    },
    /// Another request came under the same key.
    Otherwise,
}

/// What is to be done about a command.
enum Turn<'a> {
    /// It is this request's to obey, for all that is known.
    Obey(Held<'a>),
    /// It was answered before.
    Over,
    /// It was answered before, and with this.
    Told(Answer),
}

impl App {
    /// Runs `work` as `command`: at one time only once, and with a sign when it was done before.
    ///
    /// An answer with a body is made again from the stream, by running the command again: so this is for what stays true,
    /// or is obeyed by [`App::obey`]. One without is given from memory: a setting that was changed since must not be put
    /// back by a repetition.
    pub async fn once(
        &self,
        command: &Command,
        body: &[u8],
        work: impl Future<Output = Result<Answer, Refused>> + Send,
    ) -> Result<Answer, Refused> {
        match self.turn(command, body).await? {
            Turn::Obey(held) => {
                let result = work.await;
                let done = remembered(&result);
                held.end(done).await;
                result
            }
            Turn::Over => work.await.map(Answer::replayed),
            Turn::Told(answer) => Ok(answer),
        }
    }

    /// The same for what others can undo: a command that was answered before is not decided again, and `show` makes the
    /// answer. One that had nothing to do has left nothing in the log, and is known by this alone.
    pub async fn once_or_show(
        &self,
        command: &Command,
        body: &[u8],
        work: impl Future<Output = Result<Answer, Refused>> + Send,
        show: impl Future<Output = Result<Answer, Refused>> + Send,
    ) -> Result<Answer, Refused> {
        match self.turn(command, body).await? {
            Turn::Obey(held) => {
                let result = work.await;
                let done = remembered(&result);
                held.end(done).await;
                result
            }
            Turn::Over => show.await.map(Answer::replayed),
            Turn::Told(answer) => Ok(answer),
        }
    }

    async fn turn(&self, command: &Command, body: &[u8]) -> Result<Turn<'_>, Problem> {
        let obey = |command| Ok(Turn::Obey(Held { idempotency: &self.idempotency, command }));
        if !command.has_key {
            return obey(None);
        }
        match self.idempotency.begin(command.id, command.fingerprint(body)).await {
            None => obey(None),
            Some(Known::Nothing) => obey(Some(command.id)),
            Some(Known::Answered { status, position })
                if status == StatusCode::NO_CONTENT.as_u16() =>
            {
                let answer = Answer::no_content().replayed();
                Ok(Turn::Told(match position.and_then(|it| it.parse().ok()) {
                    Some(position) => answer.position(position),
                    None => answer,
                }))
            }
            Some(Known::Answered { .. }) => Ok(Turn::Over),
            Some(Known::Running { seconds_left }) => {
                let detail = "the first request with this key is not answered yet";
                Err(Problem::new(STILL_RUNNING, detail).retry_after(seconds_left))
            }
            Some(Known::Otherwise) => Err(reused()),
        }
    }
}

/// Only what worked is remembered.
fn remembered(result: &Result<Answer, Refused>) -> Option<Done> {
    let answer = result.as_ref().ok()?;
    Some(Done { status: answer.status(), position: answer.reached().map(str::to_owned) })
}

pub fn reused() -> Problem {
    let detail = "this key came with another request before; take a new one";
    let place = Place::Header("Idempotency-Key".to_owned());
    Problem::new(KEY_REUSED, detail).at(place, "reused", detail)
}

impl Idempotency {
    pub fn new(edge: PgPool) -> Self {
        Self { rows: Rows::new(edge) }
    }

    /// `None` if the database does not say.
    async fn begin(&self, command: Uuid, fingerprint: [u8; 32]) -> Option<Known> {
        /// Between the two statements the first request may have been refused, and the key is free again.
        const TIMES: u32 = 3;
        for _ in 0..TIMES {
            if self.rows.take(command, fingerprint).await? {
                return Some(Known::Nothing);
            }
            let Some(row) = self.rows.look(command).await? else { continue };
            let status = row.status.and_then(|it| u16::try_from(it).ok());
            return Some(match status {
                _ if row.fingerprint != fingerprint => Known::Otherwise,
                Some(status) => Known::Answered { status, position: row.position },
                None => {
                    Known::Running { seconds_left: u32::try_from(row.seconds_left).unwrap_or(1) }
                }
            });
        }
        Some(Known::Running { seconds_left: 1 })
    }

    /// Deletes what is over, a little at a time, until `shutdown`.
    pub async fn sweep(self, shutdown: Shutdown) {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            self.rows.sweep().await;
        }
    }
}

/// A command that this request is working on; `None` where nothing is remembered of it. Dropped before its end (the client
/// left), it is given back.
struct Held<'a> {
    idempotency: &'a Idempotency,
    command: Option<Uuid>,
}

impl Held<'_> {
    async fn end(mut self, done: Option<Done>) {
        if let Some(command) = self.command.take() {
            self.idempotency.rows.end(command, done).await;
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let (Some(command), Ok(runtime)) =
            (self.command.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let rows = self.idempotency.rows.clone();
        runtime.spawn(async move { rows.end(command, None).await });
    }
}
