use std::ops::Deref;
use std::sync::{Arc, PoisonError};

use access::Access;
use access::blocklist::Blocklist;
use access::hashing::{HashPool, Peppers};
use access::identifiers::Identifiers;
use access::invitations::Invitations;
use access::mail_tokens::MailTokens;
use access::maintenance::Maintenance;
use access::refresh::RefreshTokens;
use access::second_factor::SecondFactors;
use access::standard_webhooks::WebhookSecrets;
use access::tokens::{Issuer, KeyRing, Phase};
use async_trait::async_trait;
use axum::extract::FromRef;
use event_store::{Executor, LogId, Position, PositionToken};
use runtime::health::{Health, PostgresCheck};
use runtime::rate_limits::RateLimits;
use runtime::status::{Part, PoolPart, Status};
use runtime::{Clock, Platform, Settings, StartError, postgres};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use vault::Vault;

use crate::accounts::{Registrar, Rules};
use crate::bookings;
use crate::idempotency::Idempotency;
use crate::maintenance::Gate;
use crate::metrics::Metrics;
use crate::payments::{HostedCheckout, PaymentProvider};
use crate::sessions::Lanes;
use crate::users::Steward;

/// Everything a handler may reach. Cloned for each request, so it is one pointer.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub access: Access,
    pub clock: Clock,
    pub executor: Executor,
    pub gate: Gate,
    pub hashing: HashPool,
    pub idempotency: Idempotency,
    pub identifiers: Identifiers,
    pub invitations: Invitations,
    pub issuer: Issuer,
    pub lanes: Arc<Lanes>,
    pub log: LogId,
    pub mail_tokens: MailTokens,
    pub metrics: Metrics,
    pub payments: Box<dyn PaymentProvider>,
    /// Advice only, and from one place: see `bookings::candidates`.
    pub read: PgPool,
    pub rate_limits: RateLimits,
    pub refresh_tokens: RefreshTokens,
    pub registrar: Registrar,
    pub second_factors: SecondFactors,
    pub settings: Arc<Settings>,
    pub steward: Steward,
    pub vault: Vault,
    vault_db: PgPool,
    pub webhook_secrets: WebhookSecrets,
}

/// A command makes one or two short statements here; the vault's keys are mostly in memory.
const EDGE_CONNECTIONS: u32 = 10;
const VAULT_CONNECTIONS: u32 = 10;

impl App {
    pub async fn start(platform: &Platform, access: Access) -> Result<Self, StartError> {
        let (settings, keys) = (platform.settings.clone(), &platform.settings.keys);
        let edge = postgres::pool(&settings.edge_database_url, EDGE_CONNECTIONS)
            .map_err(|error| StartError::new("EDGE_DATABASE_URL is not a Postgres URL", error))?;
        // Losing the last of what was remembered loses comfort: no command waits for its flush.
        let unflushed = (*edge.connect_options()).clone().options([("synchronous_commit", "off")]);
        edge.set_connect_options(unflushed);
        let (vault, vault_db) = vault(&settings, VAULT_CONNECTIONS)?;
        let read = bookings::read_models(&settings)?;
        let hashing = HashPool::start(settings.auth.hash_threads, peppers(&settings)?);
        let hashes = hashing.hashes.clone();
        let identifiers = Identifiers::new(key(keys.index_key.as_ref(), "INDEX_KEY")?);
        let second_factors = SecondFactors::new(key(keys.index_key.as_ref(), "INDEX_KEY")?);
        let mail_key = key(keys.mail_key.as_ref(), "MAIL_KEY")?;
        let (invitations, mail_tokens) = (Invitations::new(mail_key), MailTokens::new(mail_key));
        let webhook_secrets = WebhookSecrets::new(mail_key);
        let refresh_tokens = RefreshTokens::new(key(keys.refresh_key.as_ref(), "REFRESH_KEY")?);
        let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
        let issuer = Issuer::start(
            &settings,
            executor.clone(),
            vault.clone(),
            clock.clone(),
            Some(access.clone()),
        )
        .await
        .map_err(|error| {
            StartError::new("the key that signs access tokens cannot be had", error)
        })?;
        let ring = KeyRing::new(&settings, executor.clone(), vault.clone(), clock.clone());
        tokio::spawn(ring.keep(platform.shutdown.clone()));
        let gate = gate(platform).await?;
        let registrar = Registrar::with(
            executor.clone(),
            hashing.clone(),
            identifiers.clone(),
            vault.clone(),
            Rules::of(&settings)?,
        );
        let steward = Steward {
            executor: executor.clone(),
            identifiers: identifiers.clone(),
            vault: vault.clone(),
        };
        Ok(Self(Arc::new(Parts {
            access,
            clock,
            executor,
            gate,
            hashing,
            idempotency: Idempotency::new(edge),
            identifiers,
            invitations,
            issuer,
            lanes: Arc::default(),
            log: platform.log,
            mail_tokens,
            metrics: Metrics::register(&platform.metrics, hashes),
            payments: Box::new(hosted_checkout(&settings)),
            read,
            rate_limits: platform.rate_limits.clone(),
            refresh_tokens,
            registrar,
            second_factors,
            settings,
            steward,
            vault,
            vault_db,
            webhook_secrets,
        })))
    }

    /// What commands cannot do without. The edge database is not among it: they go on when it is away.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        health.with(PostgresCheck { name: "vault_database", pool: self.vault_db.clone() })
    }

    /// What commands work with, for operators.
    #[must_use]
    pub fn status(&self, status: Status) -> Status {
        let (executor, clock) = (self.executor.clone(), self.clock.clone());
        let ring = KeyRing::new(&self.settings, executor, self.vault.clone(), clock);
        status
            .with(SigningKeys(ring))
            .with(self.gate.clone())
            .with(PoolPart { name: "command_api_read", pool: self.read.clone() })
            .with(PoolPart { name: "command_api_vault", pool: self.vault_db.clone() })
    }

    /// A position as this log's clients know it.
    pub fn token(&self, position: Position) -> PositionToken {
        PositionToken { log: self.log, position }
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<App> for Access {
    fn from_ref(app: &App) -> Self {
        app.access.clone()
    }
}

async fn gate(platform: &Platform) -> Result<Gate, StartError> {
    let (executor, shutdown) = (platform.executor.clone(), platform.shutdown.clone());
    let maintenance = Maintenance::start(executor, shutdown).await?;
    let gate = Gate { maintenance, clock: platform.clock.clone() };
    let mut registry = platform.metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
    registry.register_collector(Box::new(gate.clone()));
    Ok(gate)
}

/// The page that the settings name, or the demo's own.
fn hosted_checkout(settings: &Settings) -> HostedCheckout {
    let demo = || settings.demo.then(|| format!("{}/dev/payments", settings.server_url));
    HostedCheckout {
        page: settings.payment_checkout_url.clone().or_else(demo),
        secrets: settings.payment_webhook_secrets.clone(),
    }
}

/// The vault, with what it keeps its keys in.
pub(crate) fn vault(settings: &Settings, connections: u32) -> Result<(Vault, PgPool), StartError> {
    let keys = &settings.keys;
    let db = postgres::pool(&settings.vault_database_url, connections)
        .map_err(|error| StartError::new("VAULT_DATABASE_URL is not a Postgres URL", error))?;
    let vault =
        Vault::with_also(db.clone(), key(keys.kek.as_ref(), "KEK")?, keys.kek_also.as_ref())
            .map_err(|error| StartError::new("the key-encryption key cannot be used", error))?;
    Ok((vault, db))
}

pub(crate) fn peppers(settings: &Settings) -> Result<Peppers, StartError> {
    Peppers::of(&settings.keys).ok_or_else(|| missing("PEPPER"))
}

/// The list of passwords that nobody may have, where there is one.
pub(crate) fn blocklist(settings: &Settings) -> Result<Option<Blocklist>, StartError> {
    let Some(path) = &settings.auth.password_blocklist else { return Ok(None) };
    let list = Blocklist::load(path);
    let what = || format!("PASSWORD_BLOCKLIST names {}", path.display());
    list.map(Some).map_err(|error| StartError::new(what(), error))
}

pub(crate) fn key<'a>(
    key: Option<&'a SecretString>,
    name: &str,
) -> Result<&'a SecretString, StartError> {
    key.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> StartError {
    let what = format!("command-api needs {name} or {name}_FILE; ops/services makes one");
    StartError { what, source: None }
}

/// What signs access tokens, by its public name.
struct SigningKeys(KeyRing);

#[async_trait]
impl Part for SigningKeys {
    fn name(&self) -> &'static str {
        "signing_keys"
    }

    async fn tell(&self) -> Result<Value, String> {
        let mut keys = self.0.list().await.map_err(|_| "the event store does not answer")?;
        keys.retain(|it| it.phase != Phase::Gone);
        Ok(json!(keys))
    }
}
