//! How the loop begins that says things to people, and the ways out it has.
use access::identifiers::Identifiers;
use access::mail_tokens::MailTokens;
use runtime::{Platform, StartError};
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::task::JoinSet;
use vault::Vault;

use super::loops::{Following, caught_up_with, follow_with, pool, spawn, spawn_when};
use super::{EDGE_CONNECTIONS, mail_key, verification};
use crate::mail::sink::Sink;
use crate::mail::{Mailer, Templates};
use crate::notices::follower::{self, OutboxFollower};
use crate::notices::letters::Letters;
use crate::notices::metrics::NoticeMetrics;
use crate::notices::texts::Texts;
use crate::notices::worker::Worker;
use crate::sms::{Texter, Twilio};

pub(super) async fn begin(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
    vault: Vault,
) -> Result<Following, StartError> {
    let verification = verification(&platform.settings);
    let worker = worker(platform, read, vault, mailer(platform, loops).await?)?;
    let following = follow_with(loops, platform, read, OutboxFollower { verification });
    let gate = caught_up_with(platform, read, follower::NAME, &following);
    spawn_when(loops, "outbox", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
    Ok(following)
}

fn worker(
    platform: &Platform,
    read: &PgPool,
    vault: Vault,
    mailer: Option<Mailer>,
) -> Result<Worker, StartError> {
    let settings = &platform.settings;
    let templates = Templates::load(settings.mail_templates.as_deref())
        .map_err(|error| StartError::new(format!("MAIL_TEMPLATES: {error}."), error))?;
    let letters = Letters {
        executor: platform.executor.clone(),
        vault,
        tokens: MailTokens::new(mail_key(settings)?),
        templates,
        verification: verification(settings),
        server_url: settings.server_url.trim_end_matches('/').to_owned(),
    };
    Ok(Worker {
        db: read.clone(),
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        letters,
        mailer,
        texts: texts(platform)?,
        limits: platform.rate_limits.clone(),
        metrics: NoticeMetrics::register(&platform.metrics),
    })
}

/// The way out: the server that the settings name, else the demo's own, else none.
async fn mailer(
    platform: &Platform,
    loops: &mut JoinSet<&'static str>,
) -> Result<Option<Mailer>, StartError> {
    let settings = &platform.settings;
    let url = match &settings.smtp_url {
        Some(url) => url.clone(),
        None if settings.demo => {
            let inbox = pool(&settings.edge_database_url, "EDGE_DATABASE_URL", EDGE_CONNECTIONS)?;
            let sink = Sink::bind(inbox, platform.clock.clone()).await;
            let sink = sink.map_err(|error| {
                StartError::new("The demo's mail server cannot listen on 127.0.0.1.", error)
            })?;
            let address = sink.address().map_err(|error| {
                StartError::new("The demo's mail server does not know its own port.", error)
            })?;
            spawn(loops, "mail sink", sink.run(platform.shutdown.clone()));
            SecretString::from(format!("smtp://{address}"))
        }
        None => return Ok(None),
    };
    let mailer = Mailer::new(&url, &settings.mail_from, &settings.server_url);
    mailer.map(Some).map_err(|error| StartError::new(error.to_string(), error))
}

/// The way out by SMS: the provider that the settings name, else the demo's table, else none.
fn texts(platform: &Platform) -> Result<Option<Texts>, StartError> {
    let settings = &platform.settings;
    let identifiers = settings.keys.index_key.as_ref().map(Identifiers::new);
    let texter = match &settings.twilio {
        Some(account) => {
            let twilio = Twilio::new(account, &settings.server_url, platform.clock.clone());
            Texter::Twilio(
                twilio.map_err(|error| StartError::new(error.to_string(), error))?.into(),
            )
        }
        None if settings.demo && identifiers.is_some() => {
            let db = pool(&settings.edge_database_url, "EDGE_DATABASE_URL", EDGE_CONNECTIONS)?;
            Texter::Inbox { db, clock: platform.clock.clone() }
        }
        None => return Ok(None),
    };
    let identifiers = identifiers.ok_or_else(|| StartError {
        what: "The scheduler finds numbers that want no SMS: set INDEX_KEY or INDEX_KEY_FILE."
            .to_owned(),
        source: None,
    })?;
    Ok(Some(Texts { texter, identifiers }))
}
