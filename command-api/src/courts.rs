//! `/v1/courts`: add one, describe it anew, price it, retire it. See `domain/src/courts.rs`.
mod body;
mod change;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::courts::{Court, CourtCommand, CourtRejection, CourtState};
use domain::ids::CourtCode;
use domain::policies::Prices;
use event_store::{Done, ExecuteError, Position};
use runtime::Problem;
use runtime::http::Body;
use runtime::ids::{self, NAMESPACE};
use runtime::problem::{Kind, NOT_FOUND};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Explain, Refused, broken, failed};
use crate::venues;

pub use body::{AddBody, CourtBody, PatchBody, PricesBody, RetireBody, ReturnBody};
pub(crate) use change::{__path_bring_back, __path_describe, __path_retire, __path_set_prices};
pub use change::{bring_back, describe, retire, set_prices};

const COURT_EXISTS: Kind = Kind::conflict("court-exists", "The court's code is taken");

pub const KINDS: &[Kind] = &[COURT_EXISTS];

/// How many made-up codes are tried: of a million, with a thousand courts, all but one in a thousand are free.
const CODES: u32 = 5;

/// Adds a court to a venue. Without a `code` it gets one of four characters.
#[utoipa::path(post, path = "/v1/courts", operation_id = "add_court", tag = "catalogue",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = AddBody,
    responses((status = 201, body = CourtBody, headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`court-exists`"),
        (status = 422, description = "`invalid` with `unknown-venue`, `bad-name`, `bad-value`")))]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<AddBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    app.once(&command, &raw, add_to_venue(&app, &caller, &command, value)).await
}

async fn add_to_venue(
    app: &App,
    caller: &Caller,
    command: &Command,
    body: AddBody,
) -> Result<Answer, Refused> {
    let prices = body.prices.map(|it| (it.from.map(|it| it.0), Prices::from(it)));
    // Before anything is written: a court must not come into the world because its prices were wrong.
    if let Some(Err(fault)) = prices.as_ref().map(|it| it.1.validate()) {
        return Err(venues::explain_fault(&fault, "/prices").into());
    }
    if let Err(problem) = venues::find(app, caller, &body.venue).await {
        if problem.kind() != NOT_FOUND {
            return Err(problem.into());
        }
        let detail = format!("you run no venue {}", body.venue);
        return Err(Problem::invalid("venue", "unknown-venue", detail).into());
    }
    let court = CourtCommand::Add {
        venue: body.venue,
        name: body.name,
        kind: body.kind,
        surface: body.surface,
        indoor: body.indoor,
    };
    let (code, added) = match body.code {
        Some(code) => {
            let added = app.execute::<CourtState>(&code.stream(), court, &command.meta).await?;
            (code, added)
        }
        None => add_under_a_free_code(app, command, court).await?,
    };
    let Done { mut state, mut revision, mut position, .. } = added;
    // Revision 0 is a court that nobody has priced yet. A repeated command must not undo a later price list.
    if let Some((from, prices)) = prices.filter(|_| revision == Some(0)) {
        let price = CourtCommand::Price { from, prices };
        let priced = app.execute::<CourtState>(&code.stream(), price, &command.meta).await?;
        (state, revision, position) = (priced.state, priced.revision, priced.position);
    }
    show(app, &code, state.0, revision, position)
}

/// Tries one code after another; the same ones each time the command is sent, so it finds its own court again.
async fn add_under_a_free_code(
    app: &App,
    command: &Command,
    court: CourtCommand,
) -> Result<(CourtCode, Done<CourtState>), Refused> {
    let mut refused = broken().into();
    for attempt in 0..CODES {
        let code = made_up_code(command.id, attempt)?;
        match app.executor.execute::<CourtState>(&code.stream(), court.clone(), &command.meta).await
        {
            Ok(done) => return Ok((code, done)),
            Err(ExecuteError::Rejected { rejection, position }) => {
                let position = Some(app.token(position));
                refused = Refused::new(rejection.explain(), position);
                if rejection != CourtRejection::CourtExists {
                    return Err(refused);
                }
            }
            Err(failure) => return Err(failed(failure).into()),
        }
    }
    Err(refused)
}

fn made_up_code(command: Uuid, attempt: u32) -> Result<CourtCode, Problem> {
    const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let seed = ids::derive(NAMESPACE, &["court code", &command.to_string(), &attempt.to_string()]);
    let text: String = seed
        .as_bytes()
        .iter()
        .take(4)
        .map(|it| char::from(CROCKFORD[usize::from(it & 31)]))
        .collect();
    text.parse().map_err(|_| broken())
}

fn show(
    app: &App,
    code: &CourtCode,
    court: Option<Court>,
    revision: Option<u64>,
    position: Position,
) -> Result<Answer, Refused> {
    let (Some(court), Some(revision)) = (court, revision) else { return Err(broken().into()) };
    let answer = Answer::new(StatusCode::CREATED, CourtBody::new(code, court)).revision(revision);
    Ok(answer.location(&format!("/v1/courts/{code}")).position(app.token(position)))
}

impl Explain for CourtRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::UnknownCourt => Problem::new(NOT_FOUND, detail),
            Self::CourtExists => Problem::new(COURT_EXISTS, detail),
            Self::BadName { field } => Problem::invalid(field, "bad-name", detail),
            Self::TooManyDates => Problem::new(venues::TOO_MANY_DATES, detail),
            Self::Prices(fault) => venues::explain_fault(fault, ""),
        }
    }
}
