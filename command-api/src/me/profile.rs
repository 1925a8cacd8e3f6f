use access::{Caller, Permission};
use axum::extract::State;
use domain::sealed::Sealed;
use domain::users::{User, UserCommand};
use runtime::Problem;
use runtime::problem::{INVALID, Place};
use serde::Deserialize;
use uuid::Uuid;

use crate::accounts::{Reason, check_display_name, check_phone, tidy};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::if_match::IfMatch;
use crate::merge_patch::{MergePatch, named};
use crate::refused::{Refused, sealed_off};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileBody {
    #[serde(default, deserialize_with = "named")]
    #[schema(min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// E.164; `null` takes it out.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "+493012345678")]
    #[expect(
        clippy::option_option,
        reason = "a merge patch tells what is left out from what is taken out"
    )]
    phone: Option<Option<String>>,
}

/// Changes the name that others see, and the phone number.
#[utoipa::path(patch, path = "/v1/me", operation_id = "describe_me", tag = "users",
    security(("bearer" = [])),
    params(("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = ProfileBody, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid` with `too-short`, `too-long`, `control-character`, `malformed`"),
        (status = 428, description = "`if-match-required`")))]
pub async fn describe_me(
    State(app): State<App>,
    caller: Caller,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<ProfileBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let display_name = value.display_name.as_deref().map(tidy);
    let phone = value.phone.map(|it| it.as_deref().map(tidy));
    check(display_name.as_deref(), phone.as_ref().and_then(Option::as_deref))?;
    let command = asked.by(&caller);
    let work = async {
        let condition = if_match.required()?;
        let stream = caller.person()?.user.stream();
        let user = app.load::<User>(&stream).await?.state;
        let subject = Subject { app: &app, stream: &stream, command: command.id };
        let display_name = match display_name {
            Some(name) => subject.unlike("display_name", user.display_name.as_ref(), &name).await?,
            None => None,
        };
        let phone = match phone {
            Some(Some(phone)) => {
                subject.unlike("phone", user.phone.as_ref(), &phone).await?.map(Some)
            }
            Some(None) => Some(None),
            None => None,
        };
        let describe = UserCommand::Describe { display_name, phone };
        app.change::<User>(condition, &stream, describe, &command.meta).await
    };
    app.once(&command, &raw, work).await
}

/// Whose fields are opened and sealed.
pub(super) struct Subject<'a> {
    pub app: &'a App,
    pub stream: &'a str,
    pub command: Uuid,
}

impl Subject<'_> {
    /// The new text sealed, unless it is what stands there already.
    pub async fn unlike(
        &self,
        field: &str,
        known: Option<&Sealed>,
        text: &str,
    ) -> Result<Option<Sealed>, Problem> {
        let vault = &self.app.vault;
        if let Some(known) = known {
            let known = vault.open(self.stream, field, known).await.map_err(sealed_off)?;
            if known.as_deref() == Some(text) {
                return Ok(None);
            }
        }
        let sealed = vault.seal(self.stream, field, self.command, text).await;
        sealed.map(Some).map_err(sealed_off)
    }
}

fn check(display_name: Option<&str>, phone: Option<&str>) -> Result<(), Problem> {
    let faults: Vec<(&'static str, Reason)> = [
        display_name.and_then(check_display_name).map(|it| ("display_name", it)),
        phone.and_then(check_phone).map(|it| ("phone", it)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(INVALID, "some fields cannot be as they are");
    Err(faults.into_iter().fold(problem, |problem, (field, (code, detail))| {
        problem.at(Place::field(field), code, detail)
    }))
}
