//! Letters that tell of what happened to an account, so that its owner can do something about it.
use domain::ids::{SessionId, UserId};
use domain::logins::{FOR_GOOD, Logins, Origin};
use domain::sealed::Sealed;
use domain::sessions::SessionState;
use domain::users::PasswordCause;
use jiff::Timestamp;

use super::accounts::{addressee, time};
use super::{Addressee, Letters, NoLetter};
use crate::mail::Letter;

/// Of what a program says it is; more would only be somebody's chance to write a letter of their own into ours.
const USER_AGENT_CHARS: usize = 120;

impl Letters {
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

    pub(super) async fn locked(&self, id: UserId, until: Timestamp) -> Result<Letter, NoLetter> {
        let logins = self.executor.load::<Logins>(&id.login_stream()).await?.state;
        if logins.locked_until != Some(until) {
            return Err(NoLetter::Pointless("the lock is lifted by now"));
        }
        let how_long = if until == FOR_GOOD {
            "takes no password any more until a new one is set".to_owned()
        } else {
            format!("takes no password until {}, not even the right one", time(until))
        };
        let template = include_str!("../../mail/login-locked.txt");
        self.warning(id, template, &[("how_long", how_long)]).await
    }

    pub(super) async fn new_device(
        &self,
        id: UserId,
        (address, user_agent): (Option<&Sealed>, Option<&Sealed>),
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let subject = Origin::subject(id, at);
        let known = async |field, sealed: Option<&Sealed>| match sealed {
            Some(sealed) => self.open(&subject, field, sealed).await,
            None => Ok("not known".to_owned()),
        };
        let user_agent = known("user_agent", user_agent).await?;
        let user_agent = user_agent.chars().take(USER_AGENT_CHARS).collect();
        let address = known("address", address).await?;
        let values = [("at", time(at)), ("user_agent", user_agent), ("address", address)];
        self.warning(id, include_str!("../../mail/new-device.txt"), &values).await
    }

    pub(super) async fn reused(&self, id: SessionId, at: Timestamp) -> Result<Letter, NoLetter> {
        let session = self.executor.load::<SessionState>(&id.stream()).await?.state.0;
        let session = session.ok_or(NoLetter::Impossible("no such session"))?;
        let template = include_str!("../../mail/token-reused.txt");
        self.warning(session.user, template, &[("at", time(at))]).await
    }

    pub(super) async fn factor_removed(
        &self,
        id: UserId,
        by_owner: bool,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let who = if by_owner { "by somebody logged in as you" } else { "by an administrator" };
        let template = include_str!("../../mail/factor-removed.txt");
        self.warning(id, template, &[("who", who.to_owned()), ("at", time(at))]).await
    }

    /// Also to an address that was not proved yet: a reset proves it.
    pub(super) async fn address_taken(&self, id: UserId) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        if user.disabled {
            return Err(NoLetter::Pointless("the account is disabled"));
        }
        let values = [("server", self.server_url.clone())];
        let template = include_str!("../../mail/address-taken.txt");
        self.letter(addressee(id, &user)?, template, &values).await
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
}
