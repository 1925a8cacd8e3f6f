//! Letters about an account, to its owner.
use access::mail_tokens::Purpose;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{PasswordCause, User};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Addressee, Letters, NoLetter, Subject};
use crate::mail::Letter;

impl Letters {
    pub(super) async fn verification(
        &self,
        who: Addressee<'_>,
        about: &Subject<'_>,
    ) -> Result<Letter, NoLetter> {
        let lost = NoLetter::Impossible("the intent names no user");
        let user = about.user.map(UserId).ok_or(lost)?;
        let token = self.tokens.token(Purpose::VerifyEmail, user, about.source_event);
        let values = [
            ("code", token),
            ("server", self.server_url.clone()),
            ("valid_until", time(about.valid_until)),
        ];
        self.letter(who, include_str!("../../mail/verify-email.txt"), &values).await
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
        self.verification(addressee(id, &user)?, about).await
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
        let values = [
            ("code", self.tokens.token(Purpose::ResetPassword, id, code)),
            ("server", self.server_url.clone()),
            ("valid_until", time(about.valid_until)),
        ];
        let template = include_str!("../../mail/reset-password.txt");
        self.letter(addressee(id, &user)?, template, &values).await
    }

    pub(super) async fn password_set(
        &self,
        id: UserId,
        cause: PasswordCause,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let how = match cause {
            PasswordCause::Reset => "set with a code from a mail",
            PasswordCause::Registered | PasswordCause::Changed => "changed",
        };
        let template = include_str!("../../mail/password-set.txt");
        self.warning(id, template, &[("how", how.to_owned()), ("at", time(at))]).await
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
        let values = [
            ("code", self.tokens.token(Purpose::ChangeEmail, id, change)),
            ("server", self.server_url.clone()),
            ("valid_until", time(about.valid_until)),
        ];
        let who = Addressee { email, ..addressee(id, &user)? };
        self.letter(who, include_str!("../../mail/change-email.txt"), &values).await
    }

    pub(super) async fn email_changed(
        &self,
        id: UserId,
        former: &Sealed,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        let values = [("server", self.server_url.clone()), ("at", time(at))];
        let who = Addressee { email: former, ..addressee(id, &user)? };
        self.letter(who, include_str!("../../mail/email-changed.txt"), &values).await
    }

    /// To the address as it is by now. Nobody is warned of an account at an address that was never proved to be theirs.
    async fn warning(
        &self,
        id: UserId,
        template: &str,
        values: &[(&str, String)],
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        if !user.verified {
            return Err(NoLetter::Pointless("the address is not verified"));
        }
        let server = ("server", self.server_url.clone());
        let values: Vec<_> = values.iter().cloned().chain([server]).collect();
        self.letter(addressee(id, &user)?, template, &values).await
    }

    async fn account(&self, id: UserId) -> Result<User, NoLetter> {
        self.still_there(id).await
    }
}

fn addressee(id: UserId, user: &User) -> Result<Addressee<'_>, NoLetter> {
    match (&user.email, &user.display_name) {
        (Some(email), Some(name)) => Ok(Addressee::new(id, email, name)),
        _ => Err(NoLetter::Pointless("the account has no address")),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}
