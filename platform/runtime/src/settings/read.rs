//! Each setting by its name, with its default and what it may be.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderValue, Uri};
use secrecy::ExposeSecret;

use super::keys::{key, peppers, reused};
use super::source::Source;
use super::urls::{amqp_url, event_store_url, http_url, postgres_url, smtp_url, webhook_url};
use super::{
    Auth, Faults, ForwardedHeader, Given, Judged, Keys, NotTrust, RateLimitSettings, Settings,
    TlsFiles, TokenAlgorithm, TrustProxy, WebhookSecret, log, metrics_guard, sms, traces,
};

/// The queues the broker is asked to keep; each hold duration has one.
const MAX_HOLD_QUEUES: usize = 8;
/// A hold's message is let go a second early, and must have waited one by then.
const MIN_HOLD_SECONDS: u32 = 2;
const MAX_HOLD_SECONDS: u32 = 24 * 60 * 60;

impl Settings {
    /// Reads the environment over the file (`COURTSIDE_CONFIG`, TOML with the same names in lower case).
    pub fn load() -> Result<Self, Faults> {
        Self::read(std::env::vars_os())
    }

    /// The process's own environment as production judges it, whatever is wrong with it.
    pub fn judged() -> Judged {
        let is_production = production(&mut Source::new(std::env::vars_os()));
        let forced = [("COURTSIDE_ENV".into(), "production".into())];
        let mut source = Source::new(std::env::vars_os().chain(forced));
        let settings = read(&mut source);
        let given = source.given();
        let faults = source.finish().err().map(|it| it.0).unwrap_or_default();
        Judged { settings, faults, given, is_production }
    }

    /// What was found under each name, and everything that is wrong.
    pub fn explain() -> (BTreeMap<String, Given>, Result<(), Faults>) {
        let mut source = Source::new(std::env::vars_os());
        read(&mut source);
        (source.given(), source.finish())
    }

    /// Reads `environment` as [`Self::load`] reads the process's own.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Faults> {
        let mut source = Source::new(environment);
        let settings = read(&mut source);
        source.finish()?;
        Ok(settings)
    }
}

fn read(from: &mut Source) -> Settings {
    let host = from.value("SERVER_HOST", IpAddr::V4(Ipv4Addr::LOCALHOST), "an IP address");
    let port = from.value("SERVER_PORT", 8080, "a port, 0 to 65535");
    let tls = tls_files(from);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let server_url = http_url(from, "SERVER_URL")
        .unwrap_or_else(|| format!("{scheme}://{}", SocketAddr::new(host, port)));
    let (pepper_version, pepper_also) = peppers(from);
    let production = production(from);
    let demo = from.flag("COURTSIDE_DEMO", false);
    if production && demo {
        from.fault(
            "COURTSIDE_DEMO is on in production: it has known passwords and shows everybody's mail",
        );
    }
    if production && server_url.starts_with("http://") {
        from.fault("SERVER_URL is not https in production: name the address that clients use");
    }
    let log_file = log::file(from);
    let settings = Settings {
        host,
        port,
        server_url,
        trust_proxy: trust_proxy(from),
        forwarded_header: from.value(
            "FORWARDED_HEADER",
            ForwardedHeader::XForwarded,
            "x-forwarded-for or forwarded",
        ),
        require_https: from.flag("REQUIRE_HTTPS", false),
        cors_origins: cors_origins(from, production),
        rate_limits: rate_limits(from, production),
        metrics_port: from.value("METRICS_PORT", 8081, "a port, 0 to 65535"),
        metrics_enabled: from.flag("METRICS_ENABLED", true),
        metrics_guard: metrics_guard::read(from, production),
        command_api_url: http_url(from, "COMMAND_API_URL"),
        event_store_url: event_store_url(from),
        read_database_url: postgres_url(from, "READ_DATABASE_URL"),
        edge_database_url: postgres_url(from, "EDGE_DATABASE_URL"),
        vault_database_url: postgres_url(from, "VAULT_DATABASE_URL"),
        amqp_url: amqp_url(from),
        amqp_queue_prefix: from.checked(
            "AMQP_QUEUE_PREFIX",
            String::new(),
            "up to 64 letters, digits, dots, dashes and underscores",
            |it| {
                it.len() <= 64
                    && it.chars().all(|it| it.is_ascii_alphanumeric() || ".-_".contains(it))
            },
        ),
        token_issuer: from.value("TOKEN_ISSUER", "urn:courtside".to_owned(), "text"),
        audit_origin: audit_origin(from),
        audit_pii_retention_days: from.checked(
            "AUDIT_PII_RETENTION_DAYS",
            400,
            "days, 1 to 36500",
            |it| (1..=36_500).contains(it),
        ),
        audit_checkpoint_dir: from.text("AUDIT_CHECKPOINT_DIR").map(PathBuf::from),
        audit_checkpoint_webhook_url: webhook_url(from, "AUDIT_CHECKPOINT_WEBHOOK_URL"),
        token_algorithm: from.value("TOKEN_ALGORITHM", TokenAlgorithm::Es256, "ES256 or RS256"),
        keys: Keys {
            index_key: key(from, "INDEX_KEY"),
            pepper: key(from, "PEPPER"),
            pepper_version,
            pepper_also,
            refresh_key: key(from, "REFRESH_KEY"),
            mail_key: key(from, "MAIL_KEY"),
            audit_key: key(from, "AUDIT_KEY"),
            audit_key_also: key(from, "AUDIT_KEY_ALSO"),
            kek: key(from, "KEK"),
            kek_also: key(from, "KEK_ALSO"),
        },
        auth: auth(from),
        timer_hold_seconds: hold_seconds(from),
        payment_checkout_url: http_url(from, "PAYMENT_CHECKOUT_URL"),
        payment_webhook_secrets: webhook_secrets(from, "PAYMENT_WEBHOOK_SECRET"),
        smtp_url: smtp_url(from),
        mail_from: from.value("SMTP_FROM", "Courtside <no-reply@localhost>".to_owned(), "text"),
        mail_templates: from.text("MAIL_TEMPLATES").map(PathBuf::from),
        twilio: sms::read(from, production),
        webhook_private_addresses: from
            .text("WEBHOOK_PRIVATE_ADDRESSES")
            .map(|_| from.flag("WEBHOOK_PRIVATE_ADDRESSES", false)),
        log_level: log::level(from),
        log_json: log::json(from, log_file.is_some()),
        log_file,
        traces: traces::read(from),
        run_migrations: from.flag("RUN_MIGRATIONS", true),
        production,
        tls,
        demo,
        state_dir: from.value("COURTSIDE_STATE", ".courtside".into(), "a path"),
    };
    if production {
        reused(from, &settings.keys);
    }
    settings
}

/// `NODE_ENV` is the name people know from elsewhere: production in either is production.
fn production(from: &mut Source) -> bool {
    let own = from.checked(
        "COURTSIDE_ENV",
        "development".to_owned(),
        "development, test or production",
        |it| ["development", "test", "production"].contains(&it.as_str()),
    );
    let elsewhere = from.text("NODE_ENV");
    own == "production" || elsewhere.as_deref() == Some("production")
}

/// Part of a key's name, which is one word.
fn audit_origin(from: &mut Source) -> String {
    from.checked(
        "AUDIT_ORIGIN",
        "courtside.local/audit".to_owned(),
        "1 to 100 visible ASCII characters without +, like courts.example/audit",
        |it| {
            (1..=100).contains(&it.len())
                && it.chars().all(|it| it.is_ascii_graphic() && it != '+')
                && !it.ends_with('/')
        },
    )
}

/// Both or neither.
fn tls_files(from: &mut Source) -> Option<TlsFiles> {
    match (from.text("TLS_CERT_FILE"), from.text("TLS_KEY_FILE")) {
        (Some(certificate), Some(key)) => {
            Some(TlsFiles { certificate: certificate.into(), key: key.into() })
        }
        (None, None) => None,
        (certificate, _) => {
            let mut names = ["TLS_CERT_FILE", "TLS_KEY_FILE"];
            if certificate.is_none() {
                names.reverse();
            }
            let [given, missing] = names;
            from.fault(format!("{given} is given without {missing}: set both, or neither"));
            None
        }
    }
}

/// One secret, or two with a space between them while one takes over from the other.
fn webhook_secrets(from: &mut Source, name: &str) -> Vec<WebhookSecret> {
    let Some(text) = from.secret(name) else { return Vec::new() };
    let secrets: Result<Vec<WebhookSecret>, _> =
        text.expose_secret().split_whitespace().map(str::parse).collect();
    match secrets {
        Ok(secrets) if (1..=2).contains(&secrets.len()) => secrets,
        _ => {
            from.fault(format!(
                "{name} is not one or two of whsec_ and the base64 of 24 to 64 bytes; \
                 echo \"whsec_$(openssl rand -base64 32)\" makes one"
            ));
            Vec::new()
        }
    }
}

fn auth(from: &mut Source) -> Auth {
    Auth {
        email_verification_required: from.flag("AUTH_EMAIL_VERIFICATION_REQUIRED", true),
        second_factor_required: from
            .text("AUTH_SECOND_FACTOR_REQUIRED")
            .map(|_| from.flag("AUTH_SECOND_FACTOR_REQUIRED", true)),
        login_max_attempts: from
            .checked("AUTH_LOGIN_MAX_ATTEMPTS", 5, "1 to 100", |it| (1..=100).contains(it)),
        login_attempt_window: minutes(from, "AUTH_LOGIN_ATTEMPT_WINDOW_MINUTES", 15),
        login_lockout: minutes(from, "AUTH_LOGIN_LOCKOUT_MINUTES", 30),
        access_token: seconds(from, "ACCESS_TOKEN_SECONDS", 900, 1..=86_400),
        refresh_token: seconds(from, "REFRESH_TOKEN_SECONDS", 604_800, 1..=31_536_000),
        session: seconds(from, "SESSION_SECONDS", 2_592_000, 1..=31_536_000),
        refresh_grace: seconds(from, "REFRESH_GRACE_SECONDS", 10, 0..=60),
        verification: Duration::from_hours(from.checked(
            "AUTH_VERIFICATION_HOURS",
            24,
            "hours, 1 to 8760",
            |it| (1..=8_760).contains(it),
        )),
        password_min_length: from
            .checked("PASSWORD_MIN_LENGTH", 12, "8 to 128", |it| (8..=128).contains(it)),
        password_blocklist: from.text("PASSWORD_BLOCKLIST").map(Into::into),
        hash_threads: from
            .checked("HASH_THREADS", spare_cores(), "1 to 64", |it| (1..=64).contains(it)),
    }
}

/// One core is left for everything that is not a password.
fn spare_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |it| it.get().saturating_sub(1).clamp(1, 64))
}

fn minutes(from: &mut Source, name: &str, default: u64) -> Duration {
    let minutes =
        from.checked(name, default, "minutes, 1 to 10080", |it| (1..=10_080).contains(it));
    Duration::from_secs(60 * minutes)
}

fn seconds(
    from: &mut Source,
    name: &str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Duration {
    let expected = format!("seconds, {} to {}", range.start(), range.end());
    Duration::from_secs(from.checked(name, default, expected, |it| range.contains(it)))
}

fn trust_proxy(from: &mut Source) -> TrustProxy {
    let Some(text) = from.text("TRUST_PROXY") else { return TrustProxy::loopback() };
    text.parse().unwrap_or_else(|error: NotTrust| {
        from.fault(format!("TRUST_PROXY is {text:?}: {error}"));
        TrustProxy::Nobody
    })
}

/// As a browser writes it in `Origin`: scheme, host and port, nothing behind.
fn cors_origins(from: &mut Source, production: bool) -> Vec<HeaderValue> {
    let Some(text) = from.text("CORS_ORIGINS") else { return Vec::new() };
    let mut origins = Vec::new();
    for item in text.split(',').map(str::trim) {
        let is_origin = item.parse::<Uri>().is_ok_and(|it| {
            matches!(it.scheme_str(), Some("http" | "https"))
                && it.path_and_query().is_none_or(|it| it == "/")
        }) && !item.ends_with('/');
        if item == "*" && production {
            from.fault("CORS_ORIGINS is * in production: name the pages that may call");
        } else if item != "*" && !is_origin {
            from.fault(format!("CORS_ORIGINS has {item:?}: expected https://host, with its port if it is not the usual one and nothing behind"));
        } else if let Ok(origin) = HeaderValue::try_from(item.to_ascii_lowercase()) {
            origins.push(origin);
        }
    }
    origins
}

fn rate_limits(from: &mut Source, production: bool) -> RateLimitSettings {
    let requests = if production { 300 } else { 100 };
    let redis_url = from.secret("RATE_LIMIT_REDIS_URL");
    if redis_url.as_ref().is_some_and(|it| !crate::rate_limits::redis::is_url(it)) {
        from.fault("RATE_LIMIT_REDIS_URL cannot be read: expected redis://:password@host:port/0");
    }
    RateLimitSettings {
        requests: quota(from, "RATE_LIMIT_REQUESTS", requests),
        sign_ins: quota(from, "RATE_LIMIT_SIGN_INS", 10),
        identifiers: quota(from, "RATE_LIMIT_IDENTIFIER", 30),
        sms: quota(from, "SMS_PER_HOUR", 10),
        sms_in_all: quota(from, "SMS_PER_HOUR_IN_ALL", 50),
        window: minutes(from, "RATE_LIMIT_WINDOW_MINUTES", 15),
        factor: from.text("RATE_LIMIT_FACTOR").map(|_| quota(from, "RATE_LIMIT_FACTOR", 1)),
        expected_instances: from
            .checked("EXPECTED_INSTANCES", 1, "1 to 1000", |it| (1..=1_000).contains(it)),
        redis_url,
    }
}

fn quota(from: &mut Source, name: &str, default: u32) -> u32 {
    from.checked(name, default, "1 to 1000000", |it| (1..=1_000_000).contains(it))
}

fn hold_seconds(from: &mut Source) -> Vec<u32> {
    let Some(text) = from.text("TIMER_HOLD_SECONDS") else { return vec![900] };
    let mut holds: Vec<u32> = text.split(',').map_while(|it| it.trim().parse().ok()).collect();
    let read_all = holds.len() == text.split(',').count();
    holds.sort_unstable();
    holds.dedup();
    let possible = holds.iter().all(|it| (MIN_HOLD_SECONDS..=MAX_HOLD_SECONDS).contains(it));
    if !read_all || !possible || MAX_HOLD_QUEUES < holds.len() {
        from.fault(format!(
            "TIMER_HOLD_SECONDS is {text:?}: expected at most {MAX_HOLD_QUEUES} numbers with commas, \
             each {MIN_HOLD_SECONDS} to {MAX_HOLD_SECONDS}"
        ));
    }
    holds
}
