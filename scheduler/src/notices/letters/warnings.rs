//! Letters that tell of what happened to an account, so that its owner can do something about it.
use domain::ids::{SessionId, UserId};
use domain::logins::{FOR_GOOD, Logins, Origin};
use domain::sealed::Sealed;
use domain::sessions::SessionState;
use domain::users::{Language, PasswordCause, User};
use jiff::Timestamp;

use super::accounts::{addressee, time};
use super::{Addressee, Letters, NoLetter};
use crate::mail::{Letter, Mail};
use crate::words::Words;

/// Of what a program says it is; more would only be somebody's chance to write a letter of their own into ours.
const USER_AGENT_CHARS: usize = 120;

const NOT_KNOWN: Words<&str> = Words { en: "not known", de: "nicht bekannt" };

impl Letters {
    pub(super) async fn password_set(
        &self,
        id: UserId,
        cause: PasswordCause,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let how = match cause {
            PasswordCause::Reset => Words {
                en: "set with a code from a mail",
                de: "mit einem Code aus einer Mail gesetzt",
            },
            PasswordCause::Registered | PasswordCause::Changed => {
                Words { en: "changed", de: "geändert" }
            }
        };
        let user = self.warned(id).await?;
        let language = user.preferences.language;
        let values = [("how", how.of(language).to_owned()), ("at", time(at, language))];
        self.letter(addressee(id, &user)?, Mail::PasswordSet, &values).await
    }

    pub(super) async fn email_changed(
        &self,
        id: UserId,
        former: &Sealed,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        let who = Addressee { email: former, ..addressee(id, &user)? };
        let values = [("at", time(at, who.language))];
        self.letter(who, Mail::EmailChanged, &values).await
    }

    pub(super) async fn locked(&self, id: UserId, until: Timestamp) -> Result<Letter, NoLetter> {
        let logins = self.executor.load::<Logins>(&id.login_stream()).await?.state;
        if logins.locked_until != Some(until) {
            return Err(NoLetter::Pointless("the lock is lifted by now"));
        }
        let user = self.warned(id).await?;
        let values = [("how_long", how_long(until, user.preferences.language))];
        self.letter(addressee(id, &user)?, Mail::LoginLocked, &values).await
    }

    pub(super) async fn new_device(
        &self,
        id: UserId,
        (address, user_agent): (Option<&Sealed>, Option<&Sealed>),
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let user = self.warned(id).await?;
        let language = user.preferences.language;
        let subject = Origin::subject(id, at);
        let known = async |field, sealed: Option<&Sealed>| match sealed {
            Some(sealed) => self.open(&subject, field, sealed).await,
            None => Ok(NOT_KNOWN.of(language).to_owned()),
        };
        let user_agent = known("user_agent", user_agent).await?;
        let user_agent = user_agent.chars().take(USER_AGENT_CHARS).collect();
        let address = known("address", address).await?;
        let values = [("at", time(at, language)), ("user_agent", user_agent), ("address", address)];
        self.letter(addressee(id, &user)?, Mail::NewDevice, &values).await
    }

    pub(super) async fn reused(&self, id: SessionId, at: Timestamp) -> Result<Letter, NoLetter> {
        let session = self.executor.load::<SessionState>(&id.stream()).await?.state.0;
        let session = session.ok_or(NoLetter::Impossible("no such session"))?;
        let user = self.warned(session.user).await?;
        let values = [("at", time(at, user.preferences.language))];
        self.letter(addressee(session.user, &user)?, Mail::TokenReused, &values).await
    }

    pub(super) async fn factor_removed(
        &self,
        id: UserId,
        by_owner: bool,
        at: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let who = if by_owner {
            Words { en: "by somebody logged in as you", de: "in einer Ihrer Sitzungen" }
        } else {
            Words {
                en: "by an administrator",
                de: "von einer Administratorin oder einem Administrator",
            }
        };
        let user = self.warned(id).await?;
        let language = user.preferences.language;
        let values = [("who", who.of(language).to_owned()), ("at", time(at, language))];
        self.letter(addressee(id, &user)?, Mail::FactorRemoved, &values).await
    }

    /// Also to an address that was not proved yet: a reset proves it.
    pub(super) async fn address_taken(&self, id: UserId) -> Result<Letter, NoLetter> {
        let user = self.account(id).await?;
        if user.disabled {
            return Err(NoLetter::Pointless("the account is disabled"));
        }
        self.letter(addressee(id, &user)?, Mail::AddressTaken, &[]).await
    }

    /// At the address as it is by now. Nobody is warned of an account at an address that was never proved to be theirs.
    async fn warned(&self, id: UserId) -> Result<User, NoLetter> {
        let user = self.account(id).await?;
        if user.verified {
            Ok(user)
        } else {
            Err(NoLetter::Pointless("the address is not verified"))
        }
    }
}

fn how_long(until: Timestamp, language: Language) -> String {
    if until == FOR_GOOD {
        let words = Words {
            en: "takes no password any more until a new one is set",
            de: "nimmt kein Passwort mehr an, bis ein neues gesetzt ist",
        };
        return words.of(language).to_owned();
    }
    let until = time(until, language);
    match language {
        Language::En => format!("takes no password until {until}, not even the right one"),
        Language::De => format!("nimmt bis {until} kein Passwort an, auch nicht das richtige"),
    }
}
