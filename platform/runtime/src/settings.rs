//! One struct, read and checked once. Nothing else reads the environment.
mod keys;
mod log;
mod metrics_guard;
mod proxies;
mod read;
mod sms;
mod source;
mod traces;
mod urls;
mod webhook;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::traces::Traces;
use axum::http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

pub use metrics_guard::MetricsGuard;
pub use proxies::{ForwardedHeader, MAX_HOPS, NotTrust, TrustProxy};
pub use sms::Twilio;
pub use webhook::WebhookSecret;

/// What a process is told. Every secret can also be given as `NAME_FILE`.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, given by a name of its own"
)]
pub struct Settings {
    /// `SERVER_HOST` (127.0.0.1), `SERVER_PORT` (8080).
    pub host: IpAddr,
    pub port: u16,
    /// `SERVER_URL`: how clients reach us; begins problem types and links. Default `http://<host>:<port>`.
    pub server_url: String,
    /// `TRUST_PROXY` (loopback), `FORWARDED_HEADER` (x-forwarded-for): whose word is taken about a client's address.
    pub trust_proxy: TrustProxy,
    pub forwarded_header: ForwardedHeader,
    /// `REQUIRE_HTTPS` (false): what comes in clear, by our proxy's word, is refused.
    pub require_https: bool,
    /// `CORS_ORIGINS` (none).
    pub cors_origins: Vec<HeaderValue>,
    pub rate_limits: RateLimitSettings,
    /// `METRICS_PORT` (8081): `/metrics` on a listener of its own, unless `METRICS_ENABLED` (true) says otherwise; for whom,
    /// `METRICS_GUARD` says.
    pub metrics_port: u16,
    pub metrics_enabled: bool,
    pub metrics_guard: MetricsGuard,
    /// `COMMAND_API_URL`: query-api forwards unsafe methods there.
    pub command_api_url: Option<String>,
    /// `EVENT_STORE_URL`, `READ_DATABASE_URL`, `EDGE_DATABASE_URL`, `VAULT_DATABASE_URL`, `AMQP_URL`.
    pub event_store_url: SecretString,
    pub read_database_url: SecretString,
    pub edge_database_url: SecretString,
    pub vault_database_url: SecretString,
    pub amqp_url: SecretString,
    /// `AMQP_QUEUE_PREFIX` (none): begins the name of every queue and exchange, so that systems can share a broker.
    pub amqp_queue_prefix: String,
    /// `TOKEN_ISSUER` (urn:courtside): `iss` and `aud` of access tokens, the same for all processes of a system.
    pub token_issuer: String,
    /// `AUDIT_ORIGIN` (courtside.local/audit): what the login audit is called; the year follows. Part of its key's name.
    pub audit_origin: String,
    /// `AUDIT_PII_RETENTION_DAYS` (400): so long after the end of a quarter its addresses and user agents can be read.
    pub audit_pii_retention_days: u32,
    /// `AUDIT_CHECKPOINT_DIR`, `AUDIT_CHECKPOINT_WEBHOOK_URL` (none): where each new checkpoint is copied to.
    pub audit_checkpoint_dir: Option<PathBuf>,
    pub audit_checkpoint_webhook_url: Option<SecretString>,
    /// `TOKEN_ALGORITHM` (ES256 | RS256): what the next signing key is for; those that are there stay as they are.
    pub token_algorithm: TokenAlgorithm,
    pub keys: Keys,
    pub auth: Auth,
    /// `TIMER_HOLD_SECONDS` (900): hold durations with a queue of their own, at most 8; every other waits in the table.
    pub timer_hold_seconds: Vec<u32>,
    /// `PAYMENT_CHECKOUT_URL`: the provider's page; in demo mode one of our own.
    pub payment_checkout_url: Option<String>,
    /// `PAYMENT_WEBHOOK_SECRET`: what the payment provider signs with; two, newest first, while it is exchanged. Empty:
    /// nothing can be paid here.
    pub payment_webhook_secrets: Vec<WebhookSecret>,
    /// `SMTP_URL`: `smtp://host:port`; in demo mode the scheduler's own sink.
    pub smtp_url: Option<SecretString>,
    /// `SMTP_FROM` (`Courtside <no-reply@localhost>`).
    pub mail_from: String,
    /// `MAIL_TEMPLATES` (none): a folder whose files stand in the place of our own words.
    pub mail_templates: Option<PathBuf>,
    /// `TWILIO_ACCOUNT_SID` and its companions (none): without them what is wanted by SMS goes by mail; in demo mode SMS are
    /// caught like mail.
    pub twilio: Option<Twilio>,
    /// `WEBHOOK_PRIVATE_ADDRESSES` (false; in demo mode true): webhooks may lead to addresses of private networks, and in clear.
    pub webhook_private_addresses: Option<bool>,
    /// `LOG_LEVEL` or `LOG_LEVEL_FILE` (info), `LOG_FORMAT` (json | text), `LOG_FILE` (standard error).
    pub log_level: String,
    pub log_json: bool,
    pub log_file: Option<PathBuf>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` (none) and its companions: where traces go.
    pub traces: Option<Traces>,
    /// `RUN_MIGRATIONS` (true): what is missing in the databases is applied before anything begins.
    pub run_migrations: bool,
    /// `COURTSIDE_ENV` or `NODE_ENV` is `production`.
    pub production: bool,
    /// `TLS_CERT_FILE`, `TLS_KEY_FILE` (neither): clients are spoken TLS with; both are read again when they change.
    pub tls: Option<TlsFiles>,
    /// `COURTSIDE_DEMO`: demo data, caught mail at `/dev/inbox`. Refused in production.
    pub demo: bool,
    /// `COURTSIDE_STATE` (.courtside): where `demo.json` is written.
    pub state_dir: PathBuf,
}

/// 32 random bytes each, as hex; `INDEX_KEY`, `PEPPER`, `REFRESH_KEY`, `MAIL_KEY`, `AUDIT_KEY`, `KEK` or their `_FILE`.
///
/// `None` where the role does not need it and it was not given.
#[derive(Clone, Debug)]
pub struct Keys {
    pub index_key: Option<SecretString>,
    /// `PEPPER_VERSION` (1) is its number, which each hash is stored with; `PEPPER_ALSO` (`1:<hex>`, by spaces) are those
    /// before it.
    pub pepper: Option<SecretString>,
    pub pepper_version: u32,
    pub pepper_also: Vec<(u32, SecretString)>,
    pub refresh_key: Option<SecretString>,
    pub mail_key: Option<SecretString>,
    /// Signs the login audit's checkpoints (Ed25519).
    pub audit_key: Option<SecretString>,
    /// `AUDIT_KEY_ALSO`: signs as well, while one takes over from the other.
    pub audit_key_also: Option<SecretString>,
    pub kek: Option<SecretString>,
    /// `KEK_ALSO`: while one key-encryption key gives way to another, the one that opens and does not wrap.
    pub kek_also: Option<SecretString>,
}

/// PEM files: the server's certificate and those that issued it, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What access tokens are signed with. Neither is symmetric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAlgorithm {
    Es256,
    Rs256,
}

impl std::str::FromStr for TokenAlgorithm {
    type Err = NoAlgorithm;

    fn from_str(text: &str) -> Result<Self, NoAlgorithm> {
        match text {
            "ES256" => Ok(Self::Es256),
            "RS256" => Ok(Self::Rs256),
            _ => Err(NoAlgorithm),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("ES256 or RS256")]
pub struct NoAlgorithm;

#[derive(Clone, Debug)]
pub struct Auth {
    /// `AUTH_EMAIL_VERIFICATION_REQUIRED` (true).
    pub email_verification_required: bool,
    /// `AUTH_SECOND_FACTOR_REQUIRED` (true; in demo mode false): every role but player needs one.
    pub second_factor_required: Option<bool>,
    /// `AUTH_LOGIN_MAX_ATTEMPTS` (5), `AUTH_LOGIN_ATTEMPT_WINDOW_MINUTES` (15), `AUTH_LOGIN_LOCKOUT_MINUTES` (30).
    pub login_max_attempts: u32,
    pub login_attempt_window: Duration,
    pub login_lockout: Duration,
    /// `ACCESS_TOKEN_SECONDS` (900), `REFRESH_TOKEN_SECONDS` (604800), `SESSION_SECONDS` (2592000), `REFRESH_GRACE_SECONDS` (10).
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub session: Duration,
    pub refresh_grace: Duration,
    /// `AUTH_VERIFICATION_HOURS` (24): an account whose e-mail address nobody has proved by then is erased.
    pub verification: Duration,
    /// `PASSWORD_MIN_LENGTH` (12).
    pub password_min_length: usize,
    /// `PASSWORD_BLOCKLIST` (none): what `courtside passwords compile` wrote.
    pub password_blocklist: Option<PathBuf>,
    /// `HASH_THREADS`: cores − 1, at least 1.
    pub hash_threads: usize,
}

/// Quotas, before the factor.
#[derive(Clone, Debug)]
pub struct RateLimitSettings {
    /// `RATE_LIMIT_REQUESTS`: of one address in a window; 300 in production, 100 elsewhere.
    pub requests: u32,
    /// `RATE_LIMIT_SIGN_INS` (10): registrations, logins and mailed codes, of one address in a window.
    pub sign_ins: u32,
    /// `RATE_LIMIT_IDENTIFIER` (30): logins under one identifier in an hour, wherever they come from.
    pub identifiers: u32,
    /// `SMS_PER_HOUR` (10): to one person. `SMS_PER_HOUR_IN_ALL` (50): each of them costs money.
    pub sms: u32,
    pub sms_in_all: u32,
    /// `RATE_LIMIT_WINDOW_MINUTES` (15).
    pub window: Duration,
    /// `RATE_LIMIT_FACTOR` (1; in demo mode 1000): multiplies every quota.
    pub factor: Option<u32>,
    /// `EXPECTED_INSTANCES` (1): by which quotas are divided while the shared buckets are away.
    pub expected_instances: u32,
    /// `RATE_LIMIT_REDIS_URL`: where buckets are shared instead of the edge database.
    pub redis_url: Option<SecretString>,
}

impl Settings {
    /// Each database by its name and its setting, in the order they are brought up to date.
    pub fn databases(&self) -> [(&'static str, &'static str, &SecretString); 4] {
        [
            ("log", "EVENT_STORE_URL", &self.event_store_url),
            ("vault", "VAULT_DATABASE_URL", &self.vault_database_url),
            ("read", "READ_DATABASE_URL", &self.read_database_url),
            ("edge", "EDGE_DATABASE_URL", &self.edge_database_url),
        ]
    }

    /// Where each secret that is given as a file lies, by its setting.
    pub fn secret_files() -> Vec<(String, PathBuf)> {
        let given = Self::explain().0.into_iter();
        let path = |it: Given| Some(it.value?.strip_prefix("in ")?.into());
        given.filter_map(|(name, it)| Some((name, path(it)?))).collect()
    }

    /// Whether staff, auditors, operators and administrators need a second factor.
    pub fn second_factor_required(&self) -> bool {
        self.auth.second_factor_required.unwrap_or(!self.demo)
    }

    /// Whether webhooks may lead to addresses of private networks: who tries the demo has a receiver on the same machine.
    pub fn webhook_private_addresses(&self) -> bool {
        self.webhook_private_addresses.unwrap_or(self.demo)
    }

    /// What every quota is multiplied by.
    pub fn rate_limit_factor(&self) -> u32 {
        self.rate_limits.factor.unwrap_or(if self.demo { 1_000 } else { 1 })
    }
}

/// One setting as it was found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Given {
    /// As it was written, but for a secret; `None` where its default holds.
    pub value: Option<String>,
    pub from: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    Environment,
    /// Of `COURTSIDE_CONFIG`.
    File,
    Default,
}

/// Everything that is wrong with the settings, all at once.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

/// Settings with all that is wrong with them, for whoever looks at everything else all the same. No role starts with these.
pub struct Judged {
    pub settings: Settings,
    pub faults: Vec<String>,
    pub given: BTreeMap<String, Given>,
    /// Whether they are production's already.
    pub is_production: bool,
}

/// Whether this names an EventStoreDB, one node or a cluster.
pub fn is_eventstoredb(url: &SecretString) -> bool {
    let url = url.expose_secret();
    url.starts_with("esdb://") || url.starts_with("esdb+discover://")
}
