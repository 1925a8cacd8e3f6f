//! Another address, another name: the account leaves one claim for another, in one event.
//!
//! **Invariant:** it never commits to a claim that was fenced off, and whatever it leaves is abandoned by the same event.
//! So anybody may give back what an account does not name, once it is abandoned.
use jiff::Timestamp;
use uuid::Uuid;

use super::{Claimed, EmailChange, User, UserEvent, UserRejection};
use crate::sealed::Sealed;

type Decision = Result<Vec<UserEvent>, UserRejection>;

const EMAIL: &str = "claim-email-";
const USERNAME: &str = "claim-username-";

impl User {
    /// The claim of the address that mail goes to.
    pub fn email_claim(&self) -> Option<&str> {
        self.claim_of(EMAIL)
    }

    pub fn username_claim(&self) -> Option<&str> {
        self.claim_of(USERNAME)
    }

    /// What claims are called, stored for ever, says what they are on.
    fn claim_of(&self, kind: &str) -> Option<&str> {
        self.claims.iter().map(String::as_str).find(|it| it.starts_with(kind))
    }

    /// Whether the account can never commit to this claim on an identifier.
    pub fn has_abandoned(&self, claim: &str, claim_revision: u64) -> bool {
        self.abandoned.get(claim).is_some_and(|it| claim_revision <= *it)
    }

    pub(super) fn abandon(&mut self, Claimed { claim, claim_revision }: Claimed) {
        let newest = self.abandoned.entry(claim).or_default();
        *newest = claim_revision.max(*newest);
    }

    pub(super) fn exchange(&mut self, former: Claimed, claim: String) {
        self.claims.remove(&former.claim);
        self.abandon(former);
        self.claims.insert(claim);
    }
}

pub(super) fn request(user: &User, asked: EmailChange) -> Decision {
    if user.claims.contains(&asked.email_claim) {
        return Ok(vec![]);
    }
    if user.disabled {
        return Err(UserRejection::Disabled);
    }
    let EmailChange { change, email, email_claim, until } = asked;
    Ok(vec![UserEvent::EmailChangeRequested { change, email, email_claim, until }])
}

pub(super) fn email(
    user: &User,
    change: Uuid,
    claimed: Claimed,
    former: Claimed,
    at: Timestamp,
) -> Decision {
    if user.email_changed == Some(change) {
        return Ok(vec![]);
    }
    let asked = user.email_change.as_ref().filter(|it| it.change == change && at < it.until);
    let asked = asked.filter(|it| it.email_claim == claimed.claim);
    let EmailChange { email, email_claim, .. } =
        asked.cloned().ok_or(UserRejection::UnknownChange)?;
    may_exchange(user, user.email_claim(), &former, &claimed)?;
    let former_email = user.email.clone();
    Ok(vec![UserEvent::EmailChanged { change, email, email_claim, former_email, former }])
}

pub(super) fn username(
    user: &User,
    username: Sealed,
    claimed: Claimed,
    former: Claimed,
) -> Decision {
    if user.claims.contains(&claimed.claim) {
        return Ok(vec![]);
    }
    may_exchange(user, user.username_claim(), &former, &claimed)?;
    let username_claim = claimed.claim;
    Ok(vec![UserEvent::UsernameChanged { username, username_claim, former }])
}

/// Two sealed texts are never the same: the command names what is new. Whether there is a number can be told.
#[expect(clippy::option_option, reason = "what is left out is not what is taken out")]
pub(super) fn describe(
    user: &User,
    display_name: Option<Sealed>,
    phone: Option<Option<Sealed>>,
) -> Decision {
    if user.disabled {
        return Err(UserRejection::Disabled);
    }
    let phone = phone.filter(|it| it.is_some() || user.phone.is_some());
    let renamed = display_name.map(|display_name| UserEvent::Renamed { display_name });
    let phone = phone.map(|phone| UserEvent::PhoneSet { phone });
    Ok(renamed.into_iter().chain(phone).collect())
}

fn may_exchange(
    user: &User,
    present: Option<&str>,
    former: &Claimed,
    claimed: &Claimed,
) -> Result<(), UserRejection> {
    if user.disabled {
        return Err(UserRejection::Disabled);
    }
    if user.has_abandoned(&claimed.claim, claimed.claim_revision) {
        return Err(UserRejection::ClaimAbandoned);
    }
    if present == Some(&*former.claim) { Ok(()) } else { Err(UserRejection::ChangedSince) }
}
