//! The search over a million bookings, beside what Postgres's own bench makes of the very statements it asks.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::ids::CourtCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgPool};

use super::crowd::{Caller, Told, Turnstile, Until, let_in};
use super::http::{Connection, get};
use super::places::{HOURS, OPENS};
use super::processes::Process;
use super::progress::Progress;
use super::scene::Scene;
use crate::pgbench::Script;
use crate::server::cpu;

pub const VENUES: usize = 50;
pub const COURTS: usize = 500;
/// As many clients as the read database has connections for, less some for others.
const CLIENTS: usize = 16;
/// Addresses that searches come from.
const PEOPLE: usize = 5_000;
/// Scripts for pgbench, one for each of so many venues: their courts stand in them.
const SCRIPTS: usize = 10;
/// Searches whose answers are compared with what the tables say.
const COMPARED: usize = 100;

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    /// The route, or pgbench.
    pub route: bool,
    pub a_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of query-api, for each request.
    pub cpu_us: Option<f64>,
}

pub struct Search<'a> {
    scene: &'a Scene,
    server: Process,
    script: Script,
    pub bookings: u64,
    next: usize,
}

/// What is searched for, by number.
struct Question {
    venue: usize,
    date: Date,
    hour: i8,
}

impl Question {
    fn number(n: usize, dates: &[Date]) -> Self {
        let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let part = |shift: u32, of: usize| {
            usize::try_from(mixed >> shift & 0xffff).unwrap_or_default() % of
        };
        let hour = OPENS + i8::try_from(part(40, HOURS)).unwrap_or_default();
        Self { venue: part(20, VENUES), date: dates[part(30, dates.len())], hour }
    }

    fn target(&self) -> String {
        let Self { venue, date, hour } = self;
        let end = hour + 1;
        format!(
            "/v1/courts/available?date={date}&start_time={hour:02}:00&end_time={end:02}:00&venue={}",
            venue_name(*venue)
        )
    }

    fn times(&self) -> anyhow::Result<(Timestamp, Timestamp)> {
        let start = self.date.at(self.hour, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        Ok((start, start + 1.hour()))
    }
}

pub fn venue_name(number: usize) -> String {
    format!("venue-{number:02}")
}

pub fn courts_of(venue: usize) -> std::ops::Range<usize> {
    let each = COURTS / VENUES;
    venue * each..(venue + 1) * each
}

impl<'a> Search<'a> {
    /// Fills the read model, which the projector has made: as long as nothing happens it stays as it is.
    pub async fn prepare(
        scene: &'a Scene,
        server: Process,
        script: PathBuf,
        program: PathBuf,
        days: i32,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        progress.doing("filling the read model");
        let bookings = fill(scene, days).await?;
        let script = Script {
            program,
            url: scene.environment["READ_DATABASE_URL"].clone(),
            folder: script,
            scripts: (0..SCRIPTS).map(|it| statements(scene, it)).collect::<Result<_, _>>()?,
        };
        script.write()?;
        Ok(Self { scene, server, script, bookings, next: 0 })
    }

    pub async fn by_route(&mut self, round: usize, seconds: f64) -> anyhow::Result<Measurement> {
        let dates: Arc<[Date]> = self.scene.dates().into();
        let connections = Connection::open_many(self.server.address, CLIENTS).await?;
        let callers = connections
            .into_iter()
            .map(|connection| Searcher { connection, dates: dates.clone() })
            .collect();
        let until = Until::Time(Instant::now() + Duration::from_secs_f64(seconds));
        let cpu = self.server.pid().and_then(cpu::of);
        let mut tally = let_in(callers, Turnstile::new(self.next, 1, until)).await?;
        let cpu =
            self.server.pid().and_then(cpu::of).zip(cpu).map(|(after, before)| after - before);
        ensure!(tally.failed == 0, "{} searches failed: {:?}", tally.failed, tally.error);
        let asked = tally.latencies_us.len();
        self.next += asked;
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let asked = asked as f64;
        Ok(Measurement {
            round,
            route: true,
            a_second: asked / tally.seconds,
            p50_ms: tally.quantile_ms(0.5),
            p99_ms: tally.quantile_ms(0.99),
            cpu_us: cpu.map(|it| it * 1_000_000.0 / asked),
        })
    }

    pub async fn by_pgbench(&self, round: usize, seconds: f64) -> anyhow::Result<Measurement> {
        let mut reply = self.script.run(CLIENTS, seconds).await?;
        let (p50, p99) = crate::results::quantiles(&mut reply);
        let ms = |it: Option<u64>| {
            f64::from(u32::try_from(it.unwrap_or_default()).unwrap_or(u32::MAX)) / 1_000.0
        };
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let a_second = reply.acked as f64 / reply.seconds;
        Ok(Measurement {
            round,
            route: false,
            a_second,
            p50_ms: ms(p50),
            p99_ms: ms(p99),
            cpu_us: None,
        })
    }

    /// Answers, held against what the tables say.
    pub async fn compare(&self) -> anyhow::Result<()> {
        let dates = self.scene.dates();
        let mut connection = Connection::open(self.server.address).await?;
        for n in 0..COMPARED {
            let question = Question::number(n, &dates);
            let (status, body) = connection.send(&get(&question.target(), n)).await?;
            ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(body));
            let body: serde_json::Value = serde_json::from_slice(body)?;
            let items = body["items"].as_array().context("a search answers items")?;
            let found: Vec<&str> = items.iter().filter_map(|it| it["code"].as_str()).collect();
            let free = free(&self.scene.read, &question).await?;
            ensure!(
                found == free,
                "{}: {found:?} were found, {free:?} are free",
                question.target()
            );
        }
        Ok(())
    }

    pub async fn leave(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}

/// Asks one search after the other.
pub struct Searcher {
    pub connection: Connection,
    pub dates: Arc<[Date]>,
}

impl Caller for Searcher {
    async fn ask(&mut self, n: usize) -> anyhow::Result<Told> {
        let request = get(&Question::number(n, &self.dates).target(), n % PEOPLE);
        let (status, body) = self.connection.send(&request).await?;
        ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(body));
        Ok(Told::Held)
    }
}

async fn fill(scene: &Scene, days: i32) -> anyhow::Result<u64> {
    let schema: String = sqlx::query_scalar(
        "SELECT projection || '_b' || build FROM builds
         WHERE projection = 'availability' AND state = 'live'",
    )
    .fetch_one(&scene.read)
    .await?;
    let last = *scene.dates().last().context("there are days to come")?;
    let mut db = scene.read.acquire().await?;
    let enter = format!("SET search_path = {schema}, public; SET timezone = 'UTC'");
    sqlx::raw_sql(AssertSqlSafe(enter)).execute(&mut *db).await?;
    let filled = sqlx::query(include_str!("search/fill.sql"))
        .bind(i32::try_from(COURTS)?)
        .bind(days)
        .bind(last.to_sqlx())
        .bind(0.6_f64)
        .execute(&mut *db)
        .await?;
    sqlx::raw_sql("VACUUM ANALYZE taken").execute(&mut *db).await?;
    sqlx::raw_sql("RESET search_path").execute(&mut *db).await?;
    Ok(filled.rows_affected())
}

async fn free(read: &PgPool, question: &Question) -> anyhow::Result<Vec<String>> {
    let codes = courts_of(question.venue)
        .map(|it| super::places::court(it).map(|it: CourtCode| it.to_string()))
        .collect::<anyhow::Result<Vec<String>>>()?;
    let (from, to) = question.times()?;
    Ok(sqlx::query_scalar(include_str!("search/free.sql"))
        .bind(codes)
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .fetch_all(read)
        .await?)
}

/// What query-api asks for one search of a venue, word for word: its files, with values in the place of parameters.
fn statements(scene: &Scene, venue: usize) -> anyhow::Result<String> {
    let name = format!("'{}'", venue_name(venue));
    let codes = courts_of(venue)
        .map(|it| super::places::court(it).map(|it| format!("'{it}'")))
        .collect::<anyhow::Result<Vec<String>>>()?;
    let courts = format!("ARRAY[{}]", codes.join(", "));
    let dates = scene.dates();
    let first = dates.first().context("there are days to come")?;
    let last = dates.len() - 1;
    let at = |hours: &str| {
        format!("('{first} 00:00Z'::timestamptz + make_interval(days => :day, hours => {hours}))")
    };
    let all = "NULL";
    let no_text = "NULL::text";
    let positions = with(
        include_str!("../../../../../query-api/src/snapshot/positions.sql"),
        &["ARRAY['courts', 'availability']"],
    );
    let venues =
        with(include_str!("../../../../../query-api/src/venues/list.sql"), &[no_text, all]);
    let select = with(
        include_str!("../../../../../query-api/src/courts/list.sql"),
        &[&name, no_text, no_text, "NULL::boolean", no_text, all],
    );
    let taken = with(
        include_str!("../../../../../query-api/src/availability/taken.sql"),
        &[&courts, &at(":hour"), &at(":hour + 1"), "now()"],
    );
    Ok(format!(
        "\\set day random(0, {last})\n\\set hour random({OPENS}, {})\n\
         BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n{positions};\n{venues};\n{select};\n{taken};\nCOMMIT;\n",
        usize::from(OPENS.unsigned_abs()) + HOURS - 1
    ))
}

/// A statement with values for `$1`, `$2`, …, and without its comments and its end.
fn with(statement: &str, values: &[&str]) -> String {
    let lines = statement.lines().filter(|it| !it.starts_with("--"));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    for (number, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", number + 1), value);
    }
    text
}
