use access::{Caller, Permission};
use axum::extract::State;
use domain::users::{Channel, ClockStyle, Language, User, UserCommand, Wanted};
use runtime::Problem;
use serde::Deserialize;

use super::profile::Subject;
use crate::accounts::{check_phone, tidy};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::if_match::IfMatch;
use crate::merge_patch::{MergePatch, named};
use crate::refused::Refused;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesBody {
    /// How reminders come: `mail`, `sms` or `none`. By SMS only where there is a number for it; mail goes in its place where
    /// the number cannot be reached, has answered STOP, or has had its SMS of the hour.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "sms")]
    reminders: Option<Channel>,
    /// What messages are written in: `en` or `de`.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "de")]
    language: Option<Language>,
    /// How messages write a time of day: `24h` or `12h`.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "24h")]
    clock: Option<ClockStyle>,
    /// Where SMS go, in E.164; `null` takes it out. Nobody proves that it is theirs: whoever answers STOP gets none.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "+491701234567")]
    #[expect(
        clippy::option_option,
        reason = "a merge patch tells what is left out from what is taken out"
    )]
    sms_number: Option<Option<String>>,
}

/// Changes how one is told things: the way of reminders, the language, the clock, the number for SMS.
///
/// The tag is that of the account, as `GET /v1/me` and `GET /v1/me/preferences` have it.
#[utoipa::path(patch, path = "/v1/me/preferences", operation_id = "set_preferences", tag = "users",
    security(("bearer" = [])),
    params(("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = PreferencesBody, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid`: `#/sms_number` `malformed`; `#/reminders` `no-number`, without a number for SMS"),
        (status = 428, description = "`if-match-required`")))]
pub async fn set_preferences(
    State(app): State<App>,
    caller: Caller,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<PreferencesBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let PreferencesBody { reminders, language, clock, sms_number } = value;
    let sms_number = sms_number.map(|it| it.as_deref().map(tidy));
    if let Some((code, detail)) = sms_number.iter().flatten().find_map(|it| check_phone(it)) {
        return Err(Problem::invalid("sms_number", code, detail).into());
    }
    let command = asked.by(&caller);
    let work = async {
        let condition = if_match.required()?;
        let stream = caller.person()?.user.stream();
        let subject = Subject { app: &app, stream: &stream, command: command.id };
        let sms_number = match sms_number {
            Some(Some(number)) => {
                let known = app.load::<User>(&stream).await?.state.preferences.sms_number;
                subject.unlike("sms_number", known.as_ref(), &number).await?.map(Some)
            }
            Some(None) => Some(None),
            None => None,
        };
        let prefer = UserCommand::Prefer(Wanted { reminders, language, clock, sms_number });
        app.change::<User>(condition, &stream, prefer, &command.meta).await
    };
    app.once(&command, &raw, work).await
}

/// A way without a number.
pub(crate) fn no_sms_number() -> Problem {
    let detail = "set sms_number, or have reminders come by mail or not at all";
    Problem::invalid("reminders", "no-number", detail)
}
