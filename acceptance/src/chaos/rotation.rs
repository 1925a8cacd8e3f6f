//! Every credential of `ops/runbooks/rotation.md` is exchanged as it says there, while people are answered.
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use testing::eventually;

use super::{End, Fleet, Ledger, ROLES, Wire, World};
use crate::{PASSWORD, Process};

/// A row of the runbook. `INDEX_KEY` has none that could be followed, and the demo's mail server no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    SigningKey,
    Kek,
    Postgres,
    Rabbitmq,
    Redis,
    WebhookSecret,
    RefreshKey,
    MailKey,
    AuditKey,
    MetricsSecret,
    Pepper,
}

const SOON: Duration = Duration::from_mins(2);
const DATABASES: [&str; 4] =
    ["EVENT_STORE_URL", "READ_DATABASE_URL", "EDGE_DATABASE_URL", "VAULT_DATABASE_URL"];

impl Credential {
    pub const ALL: [Self; 11] = [
        Self::SigningKey,
        Self::Kek,
        Self::Postgres,
        Self::Rabbitmq,
        Self::Redis,
        Self::WebhookSecret,
        Self::RefreshKey,
        Self::MailKey,
        Self::AuditKey,
        Self::MetricsSecret,
        Self::Pepper,
    ];

    /// How often its processes are restarted.
    fn rounds(self) -> usize {
        match self {
            Self::Kek | Self::AuditKey => 3,
            Self::WebhookSecret | Self::Pepper => 2,
            _ => 1,
        }
    }

    /// Whose processes those are.
    fn roles(self) -> &'static [&'static str] {
        match self {
            Self::SigningKey => &[],
            Self::Kek | Self::Postgres | Self::MetricsSecret => &ROLES,
            Self::Rabbitmq | Self::AuditKey => &["scheduler"],
            Self::Redis => &["command-api", "query-api"],
            Self::WebhookSecret | Self::RefreshKey | Self::Pepper => &["command-api"],
            Self::MailKey => &["scheduler", "command-api"],
        }
    }
}

pub struct Rotation<'a> {
    world: &'a mut World,
    fleet: &'a mut Fleet,
    ledger: &'a Ledger,
}

impl<'a> Rotation<'a> {
    pub fn new(world: &'a mut World, fleet: &'a mut Fleet, ledger: &'a Ledger) -> Self {
        Self { world, fleet, ledger }
    }

    /// Exchanges these together: what one restart can do for several is done in one.
    pub async fn exchange(&mut self, those: &[Credential]) {
        let rounds = those.iter().map(|it| it.rounds()).max().unwrap_or_default();
        for round in 0..rounds {
            let these: Vec<_> = those.iter().filter(|it| round < it.rounds()).collect();
            for it in &these {
                self.begin(**it, round).await;
            }
            let roles: BTreeSet<_> = these.iter().flat_map(|it| it.roles()).copied().collect();
            let roles: Vec<_> = roles.into_iter().collect();
            self.fleet.roll_those(&roles, End::Asked, self.ledger).await;
            for it in &these {
                self.end(**it, round).await;
            }
        }
        self.run(&["doctor"]).await;
    }

    /// Before the restarts.
    async fn begin(&mut self, it: Credential, round: usize) {
        use Credential as C;
        match (it, round) {
            // The same without `--now` but for the five minutes in which others hear of the next one.
            (C::SigningKey, _) => self.run(&["keys", "rotate", "--now"]).await,
            (C::Kek, 0) => self.set("KEK_ALSO", &secret()),
            (C::Kek, 1) => self.swap("KEK", "KEK_ALSO"),
            (C::Kek, _) => self.unset("KEK_ALSO"),
            (C::AuditKey, 0) => self.set("AUDIT_KEY_ALSO", &secret()),
            (C::AuditKey, 1) => self.swap("AUDIT_KEY", "AUDIT_KEY_ALSO"),
            (C::AuditKey, _) => self.unset("AUDIT_KEY_ALSO"),
            (C::Pepper, 0) => self.set("PEPPER_ALSO", &format!("2:{}", secret())),
            (C::Pepper, _) => {
                let (former, next) = (self.now("PEPPER"), self.now("PEPPER_ALSO"));
                self.set("PEPPER", next.trim_start_matches("2:"));
                self.set("PEPPER_VERSION", "2");
                self.set("PEPPER_ALSO", &format!("1:{former}"));
            }
            (C::Postgres, _) => self.second_postgres_users().await,
            (C::Rabbitmq, _) => self.second_rabbitmq_user(),
            (C::Redis, _) => self.second_redis_password(),
            (C::WebhookSecret, 0) => {
                let both = format!("{} {}", webhook_secret(), self.now("PAYMENT_WEBHOOK_SECRET"));
                self.set("PAYMENT_WEBHOOK_SECRET", &both);
            }
            (C::WebhookSecret, _) => {
                let both = self.now("PAYMENT_WEBHOOK_SECRET");
                self.set("PAYMENT_WEBHOOK_SECRET", both.split(' ').next().unwrap_or_default());
            }
            (C::RefreshKey, _) => self.set("REFRESH_KEY", &secret()),
            (C::MailKey, _) => self.set("MAIL_KEY", &secret()),
            (C::MetricsSecret, _) => self.set("METRICS_SECRET", &secret()),
        }
    }

    /// When all have restarted.
    async fn end(&mut self, it: Credential, round: usize) {
        use Credential as C;
        match (it, round) {
            (C::Kek, 1) => {
                self.run(&["vault", "rotate-kek"]).await;
                self.run(&["vault", "check"]).await;
            }
            (C::AuditKey, 0) => self.signed_by(2).await,
            (C::AuditKey, 2) => self.signed_by(1).await,
            (C::Postgres, _) => {
                for owner in OWNERS {
                    self.sql(&format!("ALTER ROLE {owner} NOLOGIN")).await;
                }
            }
            (C::Rabbitmq, _) => self.world.rabbitmqctl(&["delete_user", "courtside"]),
            (C::Redis, _) => self.former_redis_password_goes(),
            _ => {}
        }
    }

    async fn run(&self, command: &[&str]) {
        let (well, said) = Process::run(command, &self.world.environment).await;
        assert!(well, "{command:?}: {said}");
    }

    async fn sql(&self, statement: &str) {
        testing::execute(&self.world.superuser_url(), statement).await;
    }

    fn now(&self, name: &str) -> String {
        let found = self.world.environment.iter().find(|it| it.0 == name);
        found.map_or_else(|| panic!("no {name}"), |it| it.1.clone())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.fleet.set(name, Some(value));
        self.world.environment.push((name.to_owned(), value.to_owned()));
    }

    fn unset(&mut self, name: &str) {
        self.fleet.set(name, None);
        self.world.environment.retain(|it| it.0 != name);
    }

    fn swap(&mut self, one: &str, other: &str) {
        let (first, second) = (self.now(one), self.now(other));
        self.set(one, &second);
        self.set(other, &first);
    }

    /// Waits for a checkpoint of the audit with so many signatures.
    async fn signed_by(&self, signatures: usize) {
        let auditor = self.fleet.client().login("auditor", PASSWORD).await;
        let year = crate::in_days(0).year();
        eventually("a checkpoint is signed by the keys there are", SOON, async || {
            let note = auditor.get(&format!("/v1/audit/log/{year}/checkpoint")).await;
            let note = note.body.as_str().unwrap_or_default().to_owned();
            note.lines().filter(|it| it.starts_with('—')).count() == signatures
        })
        .await;
    }

    async fn second_postgres_users(&mut self) {
        let password = secret();
        for owner in OWNERS {
            let second = format!("{owner}_2");
            self.sql(&format!("CREATE ROLE {second} LOGIN PASSWORD '{password}' IN ROLE {owner}"))
                .await;
            self.sql(&format!("ALTER ROLE {second} SET role = '{owner}'")).await;
            for name in DATABASES {
                let url = self.now(name);
                if url.contains(&format!("//{owner}:")) {
                    self.set(name, &with_user(&url, &second, &password));
                }
            }
        }
    }

    fn second_rabbitmq_user(&mut self) {
        let password = secret();
        self.world.rabbitmqctl(&["add_user", "courtside_2", &password]);
        self.world.rabbitmqctl(&["set_permissions", "courtside_2", ".*", ".*", ".*"]);
        let url = with_user(&self.now("AMQP_URL"), "courtside_2", &password);
        self.set("AMQP_URL", &url);
    }

    fn second_redis_password(&mut self) {
        let password = secret();
        acl(self.world, &[&format!(">{password}")]);
        let url = with_user(&self.now("RATE_LIMIT_REDIS_URL"), REDIS_USER, &password);
        self.set("RATE_LIMIT_REDIS_URL", &url);
    }

    fn former_redis_password_goes(&self) {
        acl(self.world, &[&format!("<{FIRST_REDIS_PASSWORD}")]);
    }
}

/// Whose databases those are; they own everything, so they are not dropped.
const OWNERS: [&str; 2] = ["courtside", "courtside_vault"];
const REDIS_USER: &str = "limits";
const FIRST_REDIS_PASSWORD: &str = "the-first-one";

/// What the demo goes without, and an installation has.
pub fn with_all_credentials(world: &mut World) {
    acl(world, &["on", "~*", "&*", "+@all", &format!(">{FIRST_REDIS_PASSWORD}")]);
    let at = format!("127.0.0.1:{}/0", world.wire(Wire::Redis).port);
    let redis = format!("redis://{REDIS_USER}:{FIRST_REDIS_PASSWORD}@{at}");
    world.environment.retain(|it| it.0 != "RATE_LIMIT_REDIS_URL");
    for (name, value) in [
        ("RATE_LIMIT_REDIS_URL", redis),
        ("PAYMENT_WEBHOOK_SECRET", webhook_secret()),
        ("METRICS_GUARD", "secret".to_owned()),
        ("METRICS_SECRET", secret()),
    ] {
        world.environment.push((name.to_owned(), value));
    }
}

/// By the user that every Redis has, straight to the server.
fn acl(world: &World, rules: &[&str]) {
    let mut command = Command::new("redis-cli");
    command.args(["-u", &world.redis.url(), "ACL", "SETUSER", REDIS_USER]).args(rules);
    let said = command.output().expect("redis-cli comes with redis-server");
    // It ends well whatever the server says.
    assert_eq!(said.stdout.trim_ascii(), b"OK", "{}", String::from_utf8_lossy(&said.stdout));
}

fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Hexadecimal digits are base64, too.
fn webhook_secret() -> String {
    format!("whsec_{}", secret())
}

fn with_user(url: &str, user: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
    let (_, rest) = rest.split_once('@').expect("a URL of ours has a user");
    format!("{scheme}://{user}:{password}@{rest}")
}
