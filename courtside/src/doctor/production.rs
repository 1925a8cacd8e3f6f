//! `courtside doctor --production`: what has to be so before strangers come, each line answered.
//!
//! The settings are judged as production judges them, whether or not this is production already.
use std::collections::BTreeMap;
use std::path::PathBuf;

use runtime::settings::{From, Given, Judged, MetricsGuard, TrustProxy};
use runtime::{Settings, postgres};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::finding::Finding;

/// Everything about the settings alone.
pub fn settings(judged: &Judged, backups: Option<&PathBuf>) -> Vec<Finding> {
    let Judged { settings, faults, given, is_production } = judged;
    let mut findings = Vec::new();
    for fault in faults {
        let next = "Correct it; docs/settings.md says what it may be.";
        findings.push(Finding::fail("settings", "valid", fault, next));
    }
    if faults.is_empty() {
        findings.push(Finding::ok("settings", "valid", "each is one that production takes"));
    }
    findings.push(if *is_production {
        Finding::ok("settings", "production", "COURTSIDE_ENV or NODE_ENV says so")
    } else {
        let says = "COURTSIDE_ENV is not production: what is refused there is taken here";
        Finding::fail("settings", "production", says, "Set COURTSIDE_ENV=production.")
    });
    findings.push(secrets(given));
    findings.extend(https(settings, given));
    findings.push(metrics(settings));
    findings.push(limits(settings));
    findings.extend(accounts(settings));
    findings.extend(mail(settings));
    findings.extend(audit(settings, given));
    findings.extend(databases(settings));
    findings.push(broker(settings));
    findings.push(logs(settings));
    findings.push(if backups.is_some() {
        Finding::ok("backup", "taken", "BACKUP_DIR is given; `courtside backup list` shows what is there")
    } else {
        let says = "BACKUP_DIR is not given here";
        let next = "Take backups by the hour and try one by the month (docs/backup.md), then set BACKUP_DIR here.";
        Finding::warn("backup", "taken", says, next)
    });
    findings
}

/// What only the databases know.
pub async fn databases_say(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let owner = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user";
    if let Some(is_super) = ask(&settings.event_store_url, owner).await {
        let next = "Let each role use the rights it needs and no more: docs/rights.md.";
        findings.push(if is_super {
            Finding::warn("databases", "roles", "EVENT_STORE_URL's role may do everything", next)
        } else {
            Finding::ok("databases", "roles", "EVENT_STORE_URL's role is no superuser")
        });
    }
    let read = postgres::pool(&settings.read_database_url, 1).ok();
    let wanted = query_api::users::Wanted {
        role: Some(domain::users::Role::Admin.name().to_owned()),
        limit: 1,
        ..Default::default()
    };
    if let Some(db) = read
        && postgres::greet(&db).await.is_ok()
        && let Ok(mut db) = db.acquire().await
        && let Ok(admins) = query_api::users::read(&mut db, &wanted, None).await
    {
        findings.push(if admins.is_empty() {
            let next = "Make the first with courtside user create-admin.";
            Finding::fail("accounts", "administrator", "there is none", next)
        } else {
            Finding::ok("accounts", "administrator", "there is one")
        });
    }
    findings
}

async fn ask(url: &SecretString, question: &'static str) -> Option<bool> {
    let db = postgres::pool(url, 1).ok()?;
    postgres::greet(&db).await.ok()?;
    sqlx::query_scalar(question).fetch_one(&db).await.ok()
}

/// A variable is inherited, and shown by the system to whoever may look at the process.
fn secrets(given: &BTreeMap<String, Given>) -> Finding {
    let is_open = |it: &Given| it.from != From::Default && it.value.as_deref() == Some("***");
    let open: Vec<_> = given.iter().filter(|it| is_open(it.1)).map(|it| it.0.as_str()).collect();
    if open.is_empty() {
        return Finding::ok("secrets", "in files", "each in a file of its own");
    }
    let next = "Give each as NAME_FILE, a file that only this user may read.";
    Finding::warn("secrets", "in files", format!("not {}", open.join(", ")), next)
}

fn https(settings: &Settings, given: &BTreeMap<String, Given>) -> Vec<Finding> {
    let own = settings.tls.is_some();
    let is_given = given.get("TRUST_PROXY").is_some_and(|it| it.from != From::Default);
    vec![
        if settings.server_url.starts_with("https://") {
            Finding::ok("https", "address", &settings.server_url)
        } else {
            let next = "Let SERVER_URL begin with https, and a proxy or TLS_CERT_FILE speak it.";
            Finding::fail("https", "address", &settings.server_url, next)
        },
        if own || settings.require_https {
            Finding::ok("https", "required", "what comes in clear is refused")
        } else {
            let next = "Set REQUIRE_HTTPS=true.";
            Finding::warn("https", "required", "what comes in clear is answered", next)
        },
        match &settings.trust_proxy {
            _ if own || is_given => {
                Finding::ok("https", "proxies", format!("TRUST_PROXY={}", settings.trust_proxy))
            }
            TrustProxy::Nobody => Finding::ok("https", "proxies", "none is believed"),
            _ => Finding::warn(
                "https",
                "proxies",
                "TRUST_PROXY is not given: only a proxy on this machine is believed",
                "Set TRUST_PROXY, and see by courtside doctor proxy whether clients' addresses arrive.",
            ),
        },
        {
            let origins = settings.cors_origins.len();
            Finding::ok("https", "origins", format!("{origins} in CORS_ORIGINS, each by name"))
        },
    ]
}

fn metrics(settings: &Settings) -> Finding {
    let next = "Set METRICS_GUARD to secret or cidr, unless nobody but the monitoring reaches METRICS_PORT.";
    match &settings.metrics_guard {
        _ if !settings.metrics_enabled => Finding::warn(
            "metrics",
            "guard",
            "there are none: no alert can fire",
            "Set METRICS_ENABLED=true, and scrape METRICS_PORT (ops/observability).",
        ),
        MetricsGuard::Nobody => {
            Finding::warn("metrics", "guard", "whoever reaches METRICS_PORT reads them", next)
        }
        MetricsGuard::Secret(_) => Finding::ok("metrics", "guard", "by a secret"),
        MetricsGuard::Networks(_) => Finding::ok("metrics", "guard", "by address"),
    }
}

fn limits(settings: &Settings) -> Finding {
    let it = &settings.rate_limits;
    match it.factor {
        Some(factor) if 1 < factor => Finding::warn(
            "limits",
            "quotas",
            format!("every quota is multiplied by {factor}"),
            "Take RATE_LIMIT_FACTOR out.",
        ),
        _ => Finding::ok(
            "limits",
            "quotas",
            format!("{} requests and {} sign-ins of an address", it.requests, it.sign_ins),
        ),
    }
}

fn accounts(settings: &Settings) -> Vec<Finding> {
    let auth = &settings.auth;
    vec![
        if auth.email_verification_required {
            Finding::ok("accounts", "addresses", "proved before the first login")
        } else {
            let next = "Take AUTH_EMAIL_VERIFICATION_REQUIRED out, or set it to true.";
            Finding::warn("accounts", "addresses", "nobody has to prove theirs", next)
        },
        if auth.password_blocklist.is_some() {
            Finding::ok("accounts", "passwords", "known ones are refused")
        } else {
            let next = "Compile a list with courtside passwords compile, and name it in PASSWORD_BLOCKLIST.";
            Finding::warn("accounts", "passwords", "those that everybody knows are taken", next)
        },
    ]
}

fn mail(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.smtp_url.is_none() {
        let says = "SMTP_URL is not given: nobody can prove an address or get a new password";
        findings.push(Finding::fail("mail", "sent", says, "Set SMTP_URL."));
    }
    findings.push(if settings.mail_from.contains("@localhost") {
        let next = "Set SMTP_FROM to an address of yours.";
        Finding::fail("mail", "sender", &settings.mail_from, next)
    } else {
        Finding::ok("mail", "sender", &settings.mail_from)
    });
    findings
}

fn audit(settings: &Settings, given: &BTreeMap<String, Given>) -> Vec<Finding> {
    let is_given = |name: &str| given.get(name).is_some_and(|it| it.from != From::Default);
    vec![
        if is_given("AUDIT_ORIGIN") {
            Finding::ok("audit", "name", &settings.audit_origin)
        } else {
            let next = "Set AUDIT_ORIGIN before there are records: it is part of the key's name.";
            Finding::fail("audit", "name", &settings.audit_origin, next)
        },
        if is_given("AUDIT_CHECKPOINT_DIR") || is_given("AUDIT_CHECKPOINT_WEBHOOK_URL") {
            Finding::ok("audit", "elsewhere", "checkpoints are kept outside")
        } else {
            let says =
                "no checkpoint is kept outside: who has everything could sign another history";
            let next = "Set AUDIT_CHECKPOINT_DIR, best on another machine, or AUDIT_CHECKPOINT_WEBHOOK_URL.";
            Finding::warn("audit", "elsewhere", says, next)
        },
    ]
}

/// What a database's URL says of where it is and how it is spoken with.
fn url(url: &SecretString) -> Option<Url> {
    Url::parse(url.expose_secret()).ok()
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        None => true,
        Some(Host::Domain(name)) => name.is_empty() || name == "localhost",
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
    }
}

fn databases(settings: &Settings) -> Vec<Finding> {
    let named = settings.databases().map(|(_, setting, it)| (setting, url(it)));
    let place = |it: &Url| (it.host_str().map(str::to_owned), it.port(), it.path().to_owned());
    let place = |it: &Option<Url>| it.as_ref().map(place);
    let mut together = Vec::new();
    for (at, (name, url)) in named.iter().enumerate() {
        let same = named[..at].iter().find(|it| url.is_some() && place(&it.1) == place(url));
        together.extend(same.map(|(other, _)| format!("{other} and {name}")));
    }
    let encrypts = |it: &Url| {
        let mode = it.query_pairs().find(|it| it.0 == "sslmode" || it.0 == "ssl-mode");
        let is_tls = it.scheme().starts_with("esdb")
            && !it.query_pairs().any(|it| it.0 == "tls" && it.1 == "false");
        is_tls || mode.is_some_and(|it| ["require", "verify-ca", "verify-full"].contains(&&*it.1))
    };
    let is_clear = |it: &Option<Url>| it.as_ref().is_some_and(|it| !is_near(it) && !encrypts(it));
    let clear: Vec<_> = named.iter().filter(|it| is_clear(&it.1)).map(|it| it.0).collect();
    vec![
        if together.is_empty() {
            Finding::ok("databases", "apart", "four, none of them another's")
        } else {
            let next = "Give each a database of its own: who may read one must not read the vault.";
            Finding::fail("databases", "apart", format!("{} are one", together.join(", ")), next)
        },
        if clear.is_empty() {
            Finding::ok("databases", "encrypted", "on this machine, or spoken TLS with")
        } else {
            let says = format!("spoken with in clear, if the server likes: {}", clear.join(", "));
            let next = "Put sslmode=verify-full into each URL, with sslrootcert if you need it.";
            Finding::warn("databases", "encrypted", says, next)
        },
    ]
}

fn broker(settings: &Settings) -> Finding {
    match url(&settings.amqp_url) {
        Some(it) if it.username() == "guest" || it.username().is_empty() => Finding::fail(
            "broker",
            "account",
            "the one that every RabbitMQ begins with",
            "Make a user of its own, delete guest, and correct AMQP_URL.",
        ),
        Some(it) if it.scheme() == "amqp" && !is_near(&it) => Finding::warn(
            "broker",
            "account",
            "spoken with in clear",
            "Let AMQP_URL begin with amqps.",
        ),
        _ => Finding::ok("broker", "account", "one of its own"),
    }
}

fn logs(settings: &Settings) -> Finding {
    if settings.log_json {
        return Finding::ok("logs", "form", "JSON; ops/logs says how to ship them");
    }
    let next = "Take LOG_FORMAT out, or set it to json.";
    Finding::warn("logs", "form", "text: no collector can index it", next)
}
