use access::identifiers::IdentifierKind;
use anyhow::{Context, bail};
use command_api::Steward;
use domain::ids::UserId;
use domain::users::User;
use uuid::Uuid;

/// Whom a command is about: one of these.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Who {
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    username: Option<String>,
    #[arg(long)]
    id: Option<Uuid>,
}

impl Who {
    /// The account, by what the log says: no projection has to have seen it.
    pub async fn find(&self, steward: &Steward) -> anyhow::Result<(UserId, User)> {
        let found = match (&self.email, &self.username, self.id) {
            (Some(email), _, _) => steward.find(IdentifierKind::Email, email).await?,
            (_, Some(username), _) => steward.find(IdentifierKind::Username, username).await?,
            (_, _, Some(id)) => Some(UserId(id)),
            (None, None, None) => bail!("say whom: --email, --username or --id"),
        };
        let nobody =
            "nobody has this address, name or id; `courtside user list` shows who there is";
        let id = found.context(nobody)?;
        let user = steward.user(id).await?;
        if !user.registered {
            bail!(nobody);
        }
        Ok((id, user))
    }
}
