//! Where it happens: databases made anew, a venue with its courts, and people who are logged in.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::tokens::Issuer;
use anyhow::Context;
use domain::courts::{CourtCommand, CourtState};
use domain::ids::{CourtCode, SessionId, VenueId};
use domain::policies::{DayHours, Policy, Prices, Week};
use domain::users::{Register, Role, User, UserCommand};
use domain::venues::{VenueCommand, VenueState};
use event_store::Metadata;
use futures::{StreamExt, TryStreamExt};
use jiff::ToSpan;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use runtime::{Platform, Settings, Shutdown, ids, migrations, postgres};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use vault::Vault;

use super::places;
use crate::server::Server;

/// Streams that are written at one time while the scene is set.
const AT_ONCE: usize = 256;

const VAULT_CONNECTIONS: u32 = 8;

/// For a few thousand events.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the settings name, and nothing in them yet.
const DATABASES: [(&str, &str); 4] = [
    ("EVENT_STORE_URL", "log"),
    ("READ_DATABASE_URL", "read"),
    ("EDGE_DATABASE_URL", "edge"),
    ("VAULT_DATABASE_URL", "vault"),
];

pub struct Scene {
    pub name: &'static str,
    /// What processes are started with: the settings that differ from ours.
    pub environment: BTreeMap<String, String>,
    pub platform: Platform,
    /// One for each person.
    pub tokens: Arc<Vec<String>>,
    pub log: PgPool,
    pub read: PgPool,
}

impl Scene {
    /// Makes the databases anew and opens the log in this process too.
    pub async fn open(
        server: &Server,
        name: &'static str,
        more: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut environment = BTreeMap::new();
        for (setting, part) in DATABASES {
            let url = server.database(&format!("bench_{name}_{part}")).await?;
            environment.insert(setting.to_owned(), url);
        }
        let own = [
            // Longer than any bench: nobody logs in again.
            ("ACCESS_TOKEN_SECONDS", "7200"),
            ("LOG_FORMAT", "json"),
            ("AMQP_QUEUE_PREFIX", "bench."),
            ("HASH_THREADS", "1"),
            // Counted, and never full.
            ("RATE_LIMIT_FACTOR", "10000"),
        ];
        for (setting, value) in own.iter().chain(more) {
            environment.insert((*setting).to_owned(), (*value).to_owned());
        }
        let settings = settings(&environment)?;
        let urls = [
            (&settings.event_store_url, &migrations::LOG),
            (&settings.vault_database_url, &vault::MIGRATOR),
            (&settings.edge_database_url, &migrations::EDGE),
        ];
        for (url, migrator) in urls {
            migrations::on("the bench's URL", url, migrator).await?;
        }
        let pool = |setting: &str| {
            PgPoolOptions::new().max_connections(2).connect_lazy(&environment[setting])
        };
        let (log, read) = (pool("EVENT_STORE_URL")?, pool("READ_DATABASE_URL")?);
        migrations::apply(&read, &migrations::READ).await?;
        let platform = Platform::start(settings, Shutdown::new()).await?;
        Ok(Self { name, environment, platform, tokens: Arc::default(), log, read })
    }

    /// Today and the days that can be booked as a whole, by UTC, where the venues are.
    pub fn dates(&self) -> Vec<Date> {
        let today = self.platform.clock.now().to_zoned(TimeZone::UTC).date();
        (1..=13).map(|it| today + it.days()).collect()
    }

    /// A venue whose courts are `courts`: open from six to eleven, with no quota that anybody here would reach.
    pub async fn open_venue(
        &self,
        id: &str,
        hold_seconds: u32,
        courts: std::ops::Range<usize>,
    ) -> anyhow::Result<Vec<CourtCode>> {
        let id: VenueId = id.parse()?;
        let opens = time(places::OPENS, 0, 0, 0);
        let hours = DayHours { open: opens, close: opens + 17.hours() };
        let policy = Policy {
            hold_seconds,
            max_open_holds: 1_000,
            max_bookings_per_day: 1_000,
            max_upcoming: 1_000,
            ..Policy::default()
        };
        let today = self.platform.clock.now().to_zoned(TimeZone::UTC).date();
        let steps = [
            VenueCommand::Open {
                name: format!("Venue {id}"),
                zone: "Etc/UTC".to_owned(),
                day_starts_at: time(4, 0, 0, 0),
            },
            VenueCommand::SetHours { from: today, week: Week::every_day(hours) },
            VenueCommand::SetPolicy { policy },
        ];
        for it in steps {
            self.platform
                .executor
                .execute::<VenueState>(&id.stream(), it, &self.meta())
                .await
                .with_context(|| format!("venue {id}"))?;
        }
        let codes = courts.map(places::court).collect::<anyhow::Result<Vec<_>>>()?;
        let adding = codes.iter().map(|code| self.add_court(&id, code));
        let adding: Vec<()> =
            futures::stream::iter(adding).buffer_unordered(AT_ONCE).try_collect().await?;
        anyhow::ensure!(adding.len() == codes.len(), "not all courts were added");
        Ok(codes)
    }

    async fn add_court(&self, venue: &VenueId, code: &CourtCode) -> anyhow::Result<()> {
        let prices = Prices {
            currency: "EUR".to_owned(),
            off_peak_per_hour_minor: 2_400,
            peak_per_hour_minor: 3_200,
            peak: Vec::new(),
        };
        let steps = [
            CourtCommand::Add {
                venue: venue.clone(),
                name: format!("Court {code}"),
                kind: "tennis".to_owned(),
                surface: "clay".to_owned(),
                indoor: false,
            },
            CourtCommand::Price { from: None, prices },
        ];
        for it in steps {
            let executor = &self.platform.executor;
            executor.execute::<CourtState>(&code.stream(), it, &self.meta()).await?;
        }
        Ok(())
    }

    /// So many people with an account and a token. Nobody's password is hashed: what a request passes is the token's
    /// signature, the account in the log and the session, and those are all there.
    pub async fn invite(&mut self, count: usize) -> anyhow::Result<()> {
        let vault = self.vault()?;
        let joining = (0..count).map(|it| self.join(&vault, it));
        let joined: Vec<()> =
            futures::stream::iter(joining).buffer_unordered(AT_ONCE).try_collect().await?;
        anyhow::ensure!(joined.len() == count, "not everybody has joined");
        let settings = &self.platform.settings;
        let Platform { executor, clock, .. } = &self.platform;
        let issuer = Issuer::start(settings, executor.clone(), vault, clock.clone(), None).await?;
        let mut tokens = Vec::with_capacity(count);
        for it in 0..count {
            tokens.push(issuer.issue(places::person(it), SessionId(ids::new()), 0, false).await?);
        }
        self.tokens = Arc::new(tokens);
        Ok(())
    }

    /// Sealed as command-api does it: the projector opens it.
    async fn join(&self, vault: &Vault, number: usize) -> anyhow::Result<()> {
        let (meta, stream) = (self.meta(), places::person(number).stream());
        let (username, email) =
            (format!("person-{number}"), format!("person-{number}@example.test"));
        let fields = [
            ("email", &*email),
            ("username", &*username),
            ("display_name", &*username),
            ("verifier", "of no use"),
        ];
        let mut sealed = vault.seal_many(&stream, meta.command, &fields).await?.into_iter();
        let mut next = || sealed.next().context("as many as were given");
        let register = Register {
            email: next()?,
            username: next()?,
            display_name: next()?,
            phone: None,
            email_claim: format!("claim-email-{number}"),
            username_claim: format!("claim-username-{number}"),
            role: Role::Player,
            verification_required: false,
            verifier: next()?,
            pepper: 1,
        };
        let command = UserCommand::Register(Box::new(register));
        self.platform.executor.execute::<User>(&stream, command, &meta).await?;
        Ok(())
    }

    /// Connections enough for all who join at once.
    pub fn vault(&self) -> anyhow::Result<Vault> {
        let settings = &self.platform.settings;
        let db = postgres::pool(&settings.vault_database_url, VAULT_CONNECTIONS)?;
        let kek = settings.keys.kek.as_ref().context("KEK is not given")?;
        Ok(Vault::new(db, kek)?)
    }

    fn meta(&self) -> Metadata {
        Metadata::new(ids::new(), self.platform.clock.now()).actor("bench")
    }

    /// Waits until the live builds that a search asks have come to the end of the log.
    pub async fn projected(&self) -> anyhow::Result<()> {
        let head = i64::try_from(self.platform.store.head().await?)?;
        let end = Instant::now() + PATIENCE;
        let arrived = "SELECT count(*) FROM builds
            JOIN checkpoints ON name = projection || '@' || build
            WHERE state = 'live' AND position >= $1 AND projection IN ('courts', 'availability')";
        while sqlx::query_scalar::<_, i64>(arrived).bind(head).fetch_one(&self.read).await? < 2 {
            anyhow::ensure!(Instant::now() < end, "the read models do not come to {head}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Drops the databases; the processes that use them have ended.
    pub async fn close(self, server: &Server) -> anyhow::Result<()> {
        self.platform.shutdown.cancel();
        for (_, part) in DATABASES {
            server.drop_database(&format!("bench_{}_{part}", self.name)).await?;
        }
        Ok(())
    }
}

/// Ours, but for what the scene has of its own.
fn settings(own: &BTreeMap<String, String>) -> anyhow::Result<Settings> {
    let mut all: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    all.extend(own.iter().map(|(name, value)| (name.into(), value.into())));
    Ok(Settings::read(all)?)
}
