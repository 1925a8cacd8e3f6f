//! Letters with codes, to whoever can prove an address with them.
use access::mail_tokens::Purpose;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::time::later;
use domain::users::{Language, User};
use event_store::execute::ReadFailure;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Addressee, Letters, NoLetter, Subject};
use crate::mail::{Letter, Mail};

/// Events read at once: the registration is among the first.
const PAGE: usize = 20;

impl Letters {
    pub(super) async fn verification(
        &self,
        who: Addressee<'_>,
        about: &Subject<'_>,
    ) -> Result<Letter, NoLetter> {
        let lost = NoLetter::Impossible("the intent names no user");
        let user = about.user.map(UserId).ok_or(lost)?;
        let token = self.tokens.token(Purpose::VerifyEmail, user, about.source_event);
        let values = [("code", token), ("valid_until", time(about.valid_until, who.language))];
        self.letter(who, Mail::VerifyEmail, &values).await
    }

    pub(super) async fn verification_again(
        &self,
        id: UserId,
        about: &Subject<'_>,
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        if user.verified {
            return Err(NoLetter::Pointless("the address is verified by now"));
        }
        // Asked for late, it is of no use for longer than the first one.
        let valid_until = about.valid_until.min(self.given_up_at(id).await?);
        self.verification(addressee(id, &user)?, &Subject { valid_until, ..*about }).await
    }

    /// When an account is erased whose address nobody has proved.
    async fn given_up_at(&self, id: UserId) -> Result<Timestamp, NoLetter> {
        let mut from = 0;
        loop {
            let page = self.executor.store().read_stream(&id.stream(), from, PAGE).await;
            let page = page.map_err(ReadFailure::from)?;
            if let Some(it) = page.iter().find(|it| it.kind.starts_with("user.registered.")) {
                return Ok(later(it.meta.at, self.verification));
            }
            // Others may have fenced it off before it registered.
            match page.last() {
                Some(last) if page.len() == PAGE => from = last.revision + 1,
                _ => return Err(NoLetter::Impossible("the account was never registered")),
            }
        }
    }

    pub(super) async fn reset(
        &self,
        id: UserId,
        code: Uuid,
        epoch: u64,
        email_claim: &str,
        about: &Subject<'_>,
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        // The code would be refused, or the address is another's by now.
        if user.disabled || user.epoch != epoch || user.email_claim() != Some(email_claim) {
            return Err(NoLetter::Pointless("the account has changed since"));
        }
        let who = addressee(id, &user)?;
        let values = [
            ("code", self.tokens.token(Purpose::ResetPassword, id, code)),
            ("valid_until", time(about.valid_until, who.language)),
        ];
        self.letter(who, Mail::ResetPassword, &values).await
    }

    pub(super) async fn change_email(
        &self,
        id: UserId,
        change: Uuid,
        email: &Sealed,
        about: &Subject<'_>,
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        if user.email_change.as_ref().is_none_or(|it| it.change != change) {
            return Err(NoLetter::Pointless("another address is wanted by now"));
        }
        let who = Addressee { email, ..addressee(id, &user)? };
        let values = [
            ("code", self.tokens.token(Purpose::ChangeEmail, id, change)),
            ("valid_until", time(about.valid_until, who.language)),
        ];
        self.letter(who, Mail::ChangeEmail, &values).await
    }

    pub(super) async fn account(&self, id: UserId) -> Result<User, NoLetter> {
        self.still_there(id).await
    }
}

pub(super) fn addressee(id: UserId, user: &User) -> Result<Addressee<'_>, NoLetter> {
    match (&user.email, &user.display_name) {
        (Some(email), Some(name)) => Ok(Addressee {
            subject: id.stream(),
            email,
            name: ("display_name", name),
            language: user.preferences.language,
        }),
        _ => Err(NoLetter::Pointless("the account has no address")),
    }
}

pub(super) fn time(at: Timestamp, language: Language) -> String {
    let style = match language {
        Language::En => "%-d %B %Y, %H:%M UTC",
        Language::De => "%-d.%-m.%Y, %H:%M UTC",
    };
    at.strftime(style).to_string()
}
