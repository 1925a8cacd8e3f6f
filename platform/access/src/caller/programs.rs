//! Recognising programs: a key names its service account, whose stream says whether it still counts.
use std::sync::Arc;

use domain::service_accounts::ServiceAccount;
use runtime::Problem;

use super::{Access, Caller, Program, Who, revocation_unknown, unauthenticated};
use crate::service_accounts::ServiceKey;

impl Access {
    /// Says which service account a key is of, or why it does not count.
    pub(super) async fn admit_program(&self, text: &str) -> Result<Caller, Problem> {
        let key = ServiceKey::parse(text).ok_or_else(unauthenticated)?;
        let (account, fresh) = self.service_account(&key).await?;
        let now = self.shared.clock.now();
        let counts = key.among(&account).is_some_and(|it| it.counts(now));
        let may = account.description.clone().filter(|_| counts).ok_or_else(unauthenticated)?;
        Ok(Caller { who: Who::Program(Program { account: key.account, may }), fresh })
    }

    /// The key's account, and whether a revocation would have reached us. The feed is enough for a key that is known;
    /// another one may have been issued a moment ago, and is looked up.
    async fn service_account(
        &self,
        key: &ServiceKey,
    ) -> Result<(Arc<ServiceAccount>, bool), Problem> {
        let id = key.account;
        let (held, fresh) = {
            let known = self.known();
            (known.service_accounts.get(id.0), known.is_fresh(self.shared.patience))
        };
        if let Some(held) = held.filter(|it| key.among(it).is_some()) {
            return Ok((held, fresh));
        }
        if !fresh {
            return Err(revocation_unknown());
        }
        let stream = id.stream();
        let read = self.read::<ServiceAccount, ServiceAccount>(&stream, id.0, |known| {
            &mut known.service_accounts
        });
        read.await.map(|it| (it, true)).ok_or_else(revocation_unknown)
    }
}
