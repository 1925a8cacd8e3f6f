use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use event_store::PositionToken;
use runtime::position::POSITION;
use serde::Serialize;
use uuid::Uuid;

/// What a command is answered with.
pub struct Answer(Response);

/// Says that the answer was given before: the command was known by its key and not obeyed again.
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Names the event that an answer is about, whose record in the login audit can be asked for.
pub static AUDIT_EVENT: HeaderName = HeaderName::from_static("audit-event");

impl Answer {
    /// Answers are somebody's own, so nothing on the way may keep them.
    pub fn new(status: StatusCode, body: impl Serialize) -> Self {
        Self((status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
    }

    pub fn no_content() -> Self {
        Self(StatusCode::NO_CONTENT.into_response())
    }

    /// A path of this service.
    #[must_use]
    pub fn location(self, path: &str) -> Self {
        self.header(header::LOCATION, path)
    }

    /// The revision of the resource in the answer.
    #[must_use]
    pub fn revision(self, revision: u64) -> Self {
        self.header(header::ETAG, &format!("\"{revision}\""))
    }

    /// A reader who has come this far sees what the command did.
    #[must_use]
    pub fn position(self, position: PositionToken) -> Self {
        self.header(POSITION.clone(), &position.to_string())
    }

    /// The event that the login audit will have a record of, if this request made one.
    #[must_use]
    pub fn audited(self, event: Option<Uuid>) -> Self {
        match event {
            Some(event) => self.header(AUDIT_EVENT.clone(), &event.to_string()),
            None => self,
        }
    }

    #[must_use]
    pub fn replayed(self) -> Self {
        self.header(REPLAYED.clone(), "true")
    }

    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The position that was set.
    pub fn reached(&self) -> Option<&str> {
        self.0.headers().get(&POSITION).and_then(|it| it.to_str().ok())
    }

    /// Sets a header. Every value here is made of ids and numbers, so none can be refused.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        self.0
    }
}
