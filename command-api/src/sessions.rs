//! `/v1/sessions`: log in, stay logged in, log out.
mod codes;
mod door;
mod end;
mod lanes;
mod log_in;
mod origin;
mod refresh;

use axum::http::StatusCode;
use domain::sessions::{Session, SessionRejection};
use jiff::{SignedDuration, Timestamp};
use runtime::Problem;
use runtime::problem::{Kind, NOT_FOUND, OVERLOADED, Place, UNAVAILABLE};
use serde::Serialize;

use crate::app::App;
use crate::refused::Explain;

pub(crate) use door::{Account, find, let_in_again, not_from_before};
pub(crate) use end::{__path_end, __path_end_current, end, end_current};
pub use lanes::Lanes;
pub(crate) use log_in::{__path_log_in, begin, log_in};
pub(crate) use origin::{sealed, unknown_stream};
pub(crate) use refresh::{__path_refresh, refresh};

const INVALID_CREDENTIALS: Kind = Kind {
    name: "invalid-credentials",
    status: StatusCode::UNAUTHORIZED,
    title: "These do not let you in",
};
const INVALID_TOKEN: Kind = Kind {
    name: "invalid-token",
    status: StatusCode::UNAUTHORIZED,
    title: "The refresh token does not count",
};
const WRONG_PASSWORD: Kind = Kind {
    name: "wrong-password",
    status: StatusCode::FORBIDDEN,
    title: "The present password has to be given, and this was not it",
};

const CODE_REQUIRED: Kind = Kind {
    name: "code-required",
    status: StatusCode::UNAUTHORIZED,
    title: "A code is needed as well",
};

pub const KINDS: &[Kind] = &[
    INVALID_CREDENTIALS,
    INVALID_TOKEN,
    WRONG_PASSWORD,
    CODE_REQUIRED,
    access::SECOND_FACTOR_REQUIRED,
];

/// What a client needs to stay logged in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Tokens {
    session_id: uuid::Uuid,
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Good for one use; the answer to it has the next.
    refresh_token: String,
    /// Seconds.
    refresh_expires_in: i64,
    /// Whether a second factor was given, so that this session may do all that the role may.
    second_factor: bool,
}

impl Tokens {
    /// The newest tokens of a session.
    async fn of(
        app: &App,
        id: domain::ids::SessionId,
        session: &Session,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let access_token =
            app.issuer.issue(session.user, id, session.epoch, session.factor).await.map_err(
                |error| {
                    tracing::error!(error = &error as &dyn std::error::Error, "no access token");
                    Problem::new(UNAVAILABLE, "no token can be signed just now").retry_after(1)
                },
            )?;
        Ok(Self {
            session_id: id.0,
            access_token,
            token_type: "Bearer",
            expires_in: app.settings.auth.access_token.as_secs(),
            refresh_token: app.refresh_tokens.token(id, session.seq, &session.nonce),
            refresh_expires_in: session.refresh_until.duration_since(now).as_secs(),
            second_factor: session.factor,
        })
    }
}

/// All passwords that can be checked at one time are being checked.
pub fn overloaded() -> Problem {
    Problem::new(OVERLOADED, "too many passwords are being checked").retry_after(2)
}

/// The same for a wrong password, an unknown name, a locked, a disabled and an unverified account.
fn invalid_credentials() -> Problem {
    Problem::new(INVALID_CREDENTIALS, "no account can be entered with these")
}

/// The same while the account takes no password. Not a 401: the client's token is good, and a new one would not help.
fn wrong_password() -> Problem {
    let detail = "the password is wrong, or none is taken for a while after several wrong ones";
    Problem::new(WRONG_PASSWORD, detail).at(Place::field("current_password"), "wrong", detail)
}

/// Said to whoever has the password, and to nobody else.
fn code_required() -> Problem {
    Problem::new(CODE_REQUIRED, "send the code of your second factor with the password")
}

/// The same whatever is wrong with it.
fn invalid_token() -> Problem {
    Problem::new(INVALID_TOKEN, "log in again")
}

/// A setting as the rules take it.
pub(crate) fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

impl Explain for SessionRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::UnknownSession => Problem::new(NOT_FOUND, self.to_string()),
            Self::Over | Self::NeverIssued => invalid_token(),
        }
    }
}
