//! How refusals and failures look from outside.
use std::error::Error;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use domain::stored::StoredDecider;
use event_store::execute::ReadFailure;
use event_store::{Done, ExecuteError, Loaded, Metadata, PositionToken};
use runtime::Problem;
use runtime::position::POSITION;
use runtime::problem::{CONTENTION, INTERNAL, Kind, OUTCOME_UNKNOWN, UNAVAILABLE};
use uuid::Uuid;
use vault::VaultError;

use crate::answer::{AUDIT_EVENT, Answer};
use crate::app::App;

/// A problem, and how far the log had come when it was decided: whoever has read that far sees why.
#[derive(Debug)]
pub struct Refused {
    pub problem: Problem,
    pub position: Option<PositionToken>,
    /// What the login audit will have a record of, where a refusal is an event of its own.
    event: Option<Uuid>,
}

impl Refused {
    pub fn new(problem: Problem, position: Option<PositionToken>) -> Self {
        Self { problem, position, event: None }
    }

    #[must_use]
    pub fn audited(self, event: Option<Uuid>) -> Self {
        Self { event, ..self }
    }
}

/// Says how a rejection looks from outside. Written as an exhaustive `match`, so that a new rejection does not compile
/// until somebody has chosen its status.
pub trait Explain: Error + Send + 'static {
    fn explain(&self) -> Problem;
}

/// Until a store that is away may be back, or the other writers are done.
const RETRY_SECONDS: u32 = 1;

/// How old what is known of a venue or a court may be.
const FACTS_AGE: Duration = Duration::from_secs(1);

impl App {
    /// Decides and records a command, and explains why not.
    pub async fn execute<D: StoredDecider<Rejection: Explain>>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
    ) -> Result<Done<D>, Refused> {
        match self.executor.execute::<D>(stream, command, meta).await {
            Ok(done) => Ok(done),
            Err(ExecuteError::Rejected { rejection, position }) => {
                Err(Refused::new(rejection.explain(), Some(self.token(position))))
            }
            Err(failure) => Err(failed(failure).into()),
        }
    }

    /// Decides and records a command, and answers 204: there is nothing to show.
    pub async fn carry_out<D: StoredDecider<Rejection: Explain>>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
    ) -> Result<Answer, Refused> {
        let done = self.execute::<D>(stream, command, meta).await?;
        Ok(Answer::no_content().position(self.token(done.position)))
    }

    /// Folds a stream, and decides nothing.
    pub async fn load<D: StoredDecider>(&self, stream: &str) -> Result<Loaded<D>, Problem> {
        self.executor.load::<D>(stream).await.map_err(unreadable)
    }

    /// What a decision rests on that its own stream does not know: as old as the design allows, so that who holds a court
    /// does not read its venue anew. What was decided on older facts is found by the revisions it carries.
    pub async fn fact<D: StoredDecider>(&self, stream: &str) -> Result<Loaded<D>, Problem> {
        self.executor.load_recent::<D>(stream, FACTS_AGE).await.map_err(unreadable)
    }
}

/// The problem of a command that had no known effect. Rejections are no failures: whoever gets here has explained them.
pub fn failed<R: std::fmt::Debug + 'static>(error: ExecuteError<R>) -> Problem {
    match &error {
        ExecuteError::Rejected { .. } => {
            tracing::error!(?error, "a rejection that nobody explained");
            broken()
        }
        ExecuteError::Contended { .. } => {
            Problem::new(CONTENTION, "others were faster each time; nothing happened, try again")
                .retry_after(RETRY_SECONDS)
        }
        ExecuteError::Unreadable(source) => {
            tracing::warn!(error = source as &dyn Error, "the event store cannot be read");
            away()
        }
        ExecuteError::Hindered { hindrance, source } => {
            tracing::error!(
                error = &**source as &dyn Error,
                next_step = hindrance.next_step(),
                "{hindrance}"
            );
            away()
        }
        ExecuteError::OutcomeUnknown(source) => {
            tracing::warn!(
                error = &**source as &dyn Error,
                "the outcome of an append is not known"
            );
            let detail =
                "whether it happened is not known; send it again with the same Idempotency-Key";
            Problem::new(OUTCOME_UNKNOWN, detail).retry_after(RETRY_SECONDS)
        }
        ExecuteError::Codec(source) => {
            tracing::error!(
                error = &**source as &dyn Error,
                "an event does not have its stored shape"
            );
            broken()
        }
    }
}

pub fn unreadable(failure: ReadFailure) -> Problem {
    match failure {
        ReadFailure::Store(error) => {
            tracing::warn!(error = &error as &dyn Error, "the event store cannot be read");
            away()
        }
        ReadFailure::Codec(source) => {
            tracing::error!(
                error = &*source as &dyn Error,
                "an event does not have its stored shape"
            );
            broken()
        }
    }
}

/// Personal data that can be neither sealed nor opened: the command waits for the vault.
pub fn sealed_off(error: VaultError) -> Problem {
    tracing::error!(error = &error as &dyn Error, "the vault");
    away()
}

/// Says nothing about the cause; that is in the log.
pub fn broken() -> Problem {
    Problem::new(INTERNAL, "something is wrong on our side")
}

fn away() -> Problem {
    Problem::new(UNAVAILABLE, "something this needs is away; nothing happened")
        .retry_after(RETRY_SECONDS)
}

impl Refused {
    pub fn kind(&self) -> Kind {
        self.problem.kind()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::new(problem, None)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        let position = self.position.and_then(|it| HeaderValue::from_str(&it.to_string()).ok());
        if let Some(position) = position {
            response.headers_mut().insert(POSITION.clone(), position);
        }
        let event = self.event.and_then(|it| HeaderValue::from_str(&it.to_string()).ok());
        if let Some(event) = event {
            response.headers_mut().insert(AUDIT_EVENT.clone(), event);
        }
        response
    }
}
