//! Somebody without an account, whom the desk books for.
use domain::bookings::BookedFor;
use domain::ids::GuestId;
use domain::sealed::Sealed;
use runtime::problem::{INVALID, Place};
use runtime::{Problem, ids};
use serde::Deserialize;
use vault::VaultError;

use super::reasons::check_text;
use crate::accounts::{Reason, check_display_name, check_email, check_phone, tidy};
use crate::app::App;
use crate::asked::Command;

/// What the desk writes down of a guest.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGuest)]
pub struct GuestBody {
    /// 1 to 100 characters.
    name: String,
    email: Option<String>,
    /// E.164.
    #[schema(example = "+493012345678")]
    phone: Option<String>,
    /// At most 500 characters.
    notes: Option<String>,
}

impl GuestBody {
    /// Tidies and checks it, and says everything that is wrong at once.
    pub fn checked(self) -> Result<Self, Problem> {
        let guest = Self {
            name: tidy(&self.name),
            email: self.email.as_deref().map(tidy),
            phone: self.phone.as_deref().map(tidy),
            notes: self.notes.map(|it| it.trim().to_owned()),
        };
        let optional = |text: &Option<String>, check: fn(&str) -> Option<Reason>| {
            text.as_deref().and_then(check)
        };
        let faults = [
            ("name", check_display_name(&guest.name)),
            ("email", optional(&guest.email, check_email)),
            ("phone", optional(&guest.phone, check_phone)),
            ("notes", optional(&guest.notes, check_text)),
        ];
        let faults = faults.into_iter().filter_map(|(field, fault)| fault.map(|it| (field, it)));
        let problem = faults.fold(None, |problem: Option<Problem>, (field, (code, detail))| {
            let problem = problem.unwrap_or_else(|| Problem::new(INVALID, "see `errors`"));
            Some(problem.at(Place::Pointer(format!("#/for/guest/{field}")), code, detail))
        });
        problem.map_or(Ok(guest), Err)
    }

    /// Under a key of the guest's own. The guest's id comes of the command's, so a repetition means the same person.
    pub async fn seal(&self, app: &App, command: &Command) -> Result<BookedFor, VaultError> {
        let guest = GuestId(ids::derive(command.id, &["guest"]));
        let subject = guest.stream();
        let seal = async |field, text: Option<&str>| -> Result<Option<Sealed>, VaultError> {
            match text {
                Some(text) => app.vault.seal(&subject, field, command.id, text).await.map(Some),
                None => Ok(None),
            }
        };
        Ok(BookedFor::Guest {
            guest,
            name: app.vault.seal(&subject, "name", command.id, &self.name).await?,
            email: seal("email", self.email.as_deref()).await?,
            phone: seal("phone", self.phone.as_deref()).await?,
            notes: seal("notes", self.notes.as_deref()).await?,
        })
    }
}
